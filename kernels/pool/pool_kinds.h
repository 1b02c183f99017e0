/* One pooling window, forward and backward, of a vector of channels, in all three kinds. */

#ifndef CNNCLI_POOL_KINDS_H
#define CNNCLI_POOL_KINDS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define IN const float *restrict
#define OUT float *restrict

#ifdef __AVX__
enum { CHANNELS = 8 };
#else
enum { CHANNELS = 4 };
#endif
typedef float lanes __attribute__((vector_size(4 * CHANNELS)));
typedef int32_t lane_mask __attribute__((vector_size(4 * CHANNELS)));

enum Kind { MAXIMUM, AVERAGE, ROOT };

/* H x W pixels of C channels; P x Q windows of R x S pixels, one every sh rows and sw columns, the
   first one pt rows above and pl columns left of the image. With include_pad, an average counts the
   padding, which is pb rows below and pr columns right of the image, but not what a window has
   beyond it. Forward, a pixel of x begins `step` floats after the one before. */
typedef struct {
    ptrdiff_t H, W, C, P, Q, R, S, sh, sw, pt, pl, pb, pr, step;
    int include_pad;
} Windows;

INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
INLINE ptrdiff_t larger(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }

INLINE lanes load(const float *from, ptrdiff_t n) {
    lanes x = {0};
    __builtin_memcpy(&x, from, n * sizeof(float));
    return x;
}

INLINE void store(float *to, lanes x, ptrdiff_t n) {
    __builtin_memcpy(to, &x, n * sizeof(float));
}

INLINE lanes choose(lane_mask condition, lanes a, lanes b) {
    return (lanes)((condition & (lane_mask)a) | (~condition & (lane_mask)b));
}

/* What a window starts with, does with each pixel x, and ends with. */

INLINE lanes start(enum Kind kind) {
    return (lanes){0} - (kind == MAXIMUM ? INFINITY : 0.0f);
}

INLINE lanes visit(enum Kind kind, lanes y, lanes x) {
    if (kind == MAXIMUM) return choose((x > y) | (x != x), x, y);
    return kind == AVERAGE ? y + x : y + x * x;
}

INLINE lanes finish(enum Kind kind, lanes y, float pixels) {
    if (kind == AVERAGE) return y / pixels;
    if (kind == ROOT)
        for (int i = 0; i < CHANNELS; i++) y[i] = sqrtf(y[i]);
    return y;
}

/* What there is to give to the pixels of a window, and what pixel x gets of it: all of it, if x is
   the maximum, and then nothing is left. */

INLINE lanes share(enum Kind kind, lanes y, lanes dy, float pixels) {
    if (kind == AVERAGE) return dy / pixels;
    return kind == ROOT ? choose(y == 0.0f, (lanes){0}, dy / y) : dy;
}

INLINE lanes give(enum Kind kind, lanes x, lanes y, lanes *left) {
    if (kind == AVERAGE) return *left;
    if (kind == ROOT) return x * *left;
    lane_mask hit = (x == y) | (x != x);
    lanes gift = choose(hit, *left, (lanes){0});
    *left = choose(hit, (lanes){0}, *left);
    return gift;
}

/* One window of CHANNELS channels, of which `in` are read and `out` written; rows x columns of its
   pixels are in the image, and an average counts `pixels`. */

INLINE void forward_window(
    enum Kind kind, ptrdiff_t in, ptrdiff_t out, ptrdiff_t rows, ptrdiff_t columns,
    float pixels, const Windows *g, IN x, OUT y
) {
    lanes all = start(kind);
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t s = 0; s < columns; s++)
            all = visit(kind, all, load(x + (r * g->W + s) * g->step, in));
    store(y, finish(kind, all, pixels), out);
}

/* One window of n channels, of which the `valid` ones count; with `add` dx += instead of =. */
INLINE void backward_window(
    enum Kind kind, int add, ptrdiff_t n, lane_mask valid, ptrdiff_t rows, ptrdiff_t columns,
    float pixels, const Windows *g, IN x, IN y, IN dy, OUT dx
) {
    lanes zero = {0}, top = load(y, n);
    lanes left = choose(valid, share(kind, top, load(dy, n), pixels), zero);
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t s = 0; s < columns; s++) {
            ptrdiff_t at = (r * g->W + s) * g->C;
            lanes pixel = kind == AVERAGE ? zero : load(x + at, n);
            lanes gift = give(kind, pixel, top, &left);
            store(dx + at, add ? load(dx + at, n) + gift : gift, n);
        }
}

#endif
