/* Transcendental functions without branches, so that loops over them are vectorized.

   Errors stay below 5 ulp; infinities, NaN and results below the smallest normal number come out
   right. Rounding to an integer is done by adding 1.5 * 2^23, which leaves the integer in the low
   bits of the sum: unlike a conversion it cannot overflow. */

#ifndef CNNCLI_VECTOR_MATH_H
#define CNNCLI_VECTOR_MATH_H

#include <math.h>
#include <stdint.h>

#define ROUNDER 12582912.0f /* 1.5 * 2^23 */
#define LOG2_E 1.44269504088896341f
#define LN2_HIGH 0.693359375f /* few digits, so that products with an exponent are exact */
#define LN2_LOW -2.12194440e-4f

static inline uint32_t bits_of(float x) {
    uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits) {
    float x;
    __builtin_memcpy(&x, &bits, sizeof x);
    return x;
}

/* condition ? a : b, which compilers turn into two versions of all that follows. */
static inline float choose(int condition, float a, float b) {
    uint32_t mask = -(uint32_t)condition;
    return float_of((bits_of(a) & mask) | (bits_of(b) & ~mask));
}

static inline float at_least(float limit, float x) { /* NaN stays NaN */
    return choose(x < limit, limit, x);
}

static inline float at_most(float limit, float x) {
    return choose(x > limit, limit, x);
}

/* 2^n for -126 <= n <= 127. */
static inline float power_of_two(int32_t n) {
    return float_of((uint32_t)(n + 127) << 23);
}

/* Split x into n ln(2) + r with |r| <= ln(2) / 2 and return e^r - 1: S. Moshier, Cephes, expf.c.
   `low` adds to x what a float cannot hold. */
static inline float reduced_exponential_minus_one(float x, float low, int32_t *n) {
    float rounded = x * LOG2_E + ROUNDER;
    float whole = rounded - ROUNDER;
    float r = x - whole * LN2_HIGH - whole * LN2_LOW + low;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    *n = (int32_t)(bits_of(rounded) - bits_of(ROUNDER));
    return p * (r * r) + r;
}

/* e^(x + low) for -110 <= x <= 0; 2^n in two factors, because the result may not be normal. */
static inline float small_exponential(float x, float low) {
    int32_t n;
    float e = reduced_exponential_minus_one(x, low, &n) + 1.0f;
    return e * power_of_two(n + 64) * 0x1p-64f;
}

/* e^x for x <= 0. */
static inline float exponential(float x) {
    return small_exponential(at_least(-110.0f, x), 0.0f);
}

/* e^x - 1 for x <= 0, without cancellation. */
static inline float exponential_minus_one(float x) {
    int32_t n;
    float e = reduced_exponential_minus_one(at_least(-25.0f, x), 0.0f, &n);
    float scale = power_of_two(n);
    return e * scale + (scale - 1.0f);
}

static inline float hyperbolic_tangent(float x) {
    float e = exponential_minus_one(-2.0f * fabsf(x));
    return copysignf(e / (e + 2.0f), x);
}

/* 1 / (1 + e^-x). */
static inline float logistic(float x) {
    float e = exponential(-fabsf(x));
    return choose(x < 0.0f, e, 1.0f) / (1.0f + e);
}

/* The probability that a standard normal variable is below x, precise in both tails, and its
   density. With u = |x|, t = 1 / (1 + u/2) and r = u t, the lower tail is e^(-u^2/2) t P(r), P a
   minimax fit of degree 10 for u <= 14.5 (relative error 2e-8), where everything has become 0.
   u^2 is computed in two parts, because an error of its last digit is multiplied by u^2. */
static inline float normal_distribution(float x, float *density) {
    float u = at_most(14.5f, fabsf(x));
    float high = float_of(bits_of(u) & 0xfffff000u);
    float e = small_exponential(-0.5f * high * high, -0.5f * (u - high) * (u + high));
    float t = 1.0f / (1.0f + 0.5f * u);
    float r = u * t;
    float p = -3.815365271e-5f;
    p = p * r + 3.969170804e-4f;
    p = p * r - 1.493265948e-3f;
    p = p * r + 2.677654856e-3f;
    p = p * r - 3.206208303e-3f;
    p = p * r + 2.856774759e-3f;
    p = p * r + 2.379054138e-3f;
    p = p * r + 5.543376513e-3f;
    p = p * r - 2.397128449e-2f;
    p = p * r - 1.489408569e-1f;
    p = p * r + 4.999999884e-1f;
    float tail = e * (p * t);
    *density = e * 0.39894228040143268f;
    return choose(x < 0.0f, tail, 1.0f - tail);
}

#endif
