/* Vectors of the widest kind this file is compiled for, in GCC's and Clang's vector extensions. */

#ifndef CNNCLI_VECTORS_H
#define CNNCLI_VECTORS_H

#include <stddef.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX2__)
#define LANES 8
#else
#define LANES 4
#endif

#define PANEL 16 /* filters in a panel of weights, and channels in a block of a packed source */

/* A tile is written once, for vectors of WIDTH floats and for numbers of pixels and vectors that
   are constants wherever it is inlined, so that its loops unroll and its sums stay in registers.
   What depends on WIDTH is named OF(name): name_16, name_8, ... */
#define HIDDEN __attribute__((visibility("hidden"))) /* from other modules */
#define TILE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 32")
#define NO_UNROLL _Pragma("GCC unroll 1")
/* The compiler can no longer tell where a pointer points, so it reloads what it points to. */
#define OPAQUE(pointer) __asm__("" : "+r"(pointer))

/* sum += a * b; left to itself, GCC copies sums from register to register as it goes. */
#if defined(__FMA__)
#define ADD_PRODUCT(sum, a, b) __asm__("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b))
#else
#define ADD_PRODUCT(sum, a, b) ((sum) += (a) * (b))
#endif

/* The same, rounded once by every processor that can. Left to itself, GCC rounds the product, too,
   where a condition has come between it and the sum. */
#if defined(__aarch64__)
#define JOIN_PRODUCT(sum, a, b) __asm__("fmla %0.4s, %1.4s, %2.4s" : "+w"(sum) : "w"(a), "w"(b))
#else
#define JOIN_PRODUCT ADD_PRODUCT
#endif

/* What a kernel does to its results before it writes them. */
enum { WITHOUT_ACTIVATION, WITH_RELU, WITH_RELU6, WITH_HARD_SWISH };

#define JOIN(name, width) name##_##width
#define OF_WIDTH(name, width) JOIN(name, width)
#define OF(name) OF_WIDTH(name, WIDTH)

#define VECTOR_OF(width)                                                                     \
    typedef float floats_##width __attribute__((vector_size(4 * width), aligned(4), may_alias)); \
    typedef int ints_##width __attribute__((vector_size(4 * width), aligned(4), may_alias));    \
    TILE floats_##width load_##width(const float *from) {                                    \
        return *(const floats_##width *)from;                                                \
    }                                                                                        \
    TILE void store_##width(float *to, floats_##width x) { *(floats_##width *)to = x; }      \
    TILE floats_##width all_##width(float x) { return x - (floats_##width){0}; }             \
    TILE floats_##width positive_##width(floats_##width x) { /* keeps NaN */                 \
        return (floats_##width)(~(x < 0) & (ints_##width)x);                                 \
    }                                                                                        \
    TILE floats_##width choose_##width(                                                      \
        ints_##width takes, floats_##width x, floats_##width y                               \
    ) {                                                                                      \
        return (floats_##width)((takes & (ints_##width)x) | (~takes & (ints_##width)y));     \
    }                                                                                        \
    TILE floats_##width larger_##width(floats_##width y, floats_##width x) { /* as pools do */ \
        return choose_##width((x > y) | (x != x), x, y);                                     \
    }                                                                                        \
    TILE floats_##width activate_##width(floats_##width x, int activation) { /* keeps NaN */ \
        const floats_##width zero = {0}, six = zero + 6;                                     \
        switch (activation) {                                                                \
        case WITH_RELU: return positive_##width(x);                                          \
        case WITH_RELU6: return choose_##width(x > 6, six, positive_##width(x));             \
        case WITH_HARD_SWISH:                                                                \
            return choose_##width(                                                           \
                x <= -3, zero, choose_##width(x >= 3, x, x * (x + 3) / 6)                    \
            );                                                                               \
        }                                                                                    \
        return x;                                                                            \
    }

VECTOR_OF(1)
VECTOR_OF(4)
#if LANES >= 8
VECTOR_OF(8)
#endif
#if LANES >= 16
VECTOR_OF(16)
#endif

/* F(1, x) F(2, x) ... up to a number: to define kernels of as many pixels, and to list them. */
#define UP_TO_2(F, x) F(1, x) F(2, x)
#define UP_TO_4(F, x) UP_TO_2(F, x) F(3, x) F(4, x)
#define UP_TO_6(F, x) UP_TO_4(F, x) F(5, x) F(6, x)
#define UP_TO_8(F, x) UP_TO_6(F, x) F(7, x) F(8, x)
#define UP_TO_12(F, x) UP_TO_8(F, x) F(9, x) F(10, x) F(11, x) F(12, x)
#define UP_TO_14(F, x) UP_TO_12(F, x) F(13, x) F(14, x)
#define UP_TO_28(F, x)                                                                       \
    UP_TO_14(F, x) F(15, x) F(16, x) F(17, x) F(18, x) F(19, x) F(20, x) F(21, x) F(22, x)   \
    F(23, x) F(24, x) F(25, x) F(26, x) F(27, x) F(28, x)

#endif
