/* Activations, forward and backward: what each kind makes of a number, and the loops over them. */

#ifndef CNNCLI_ACTIVATIONS_H
#define CNNCLI_ACTIVATIONS_H

#include <stddef.h>

#include "vector_math.h"

enum Activation {
    RELU, RELU6, LEAKY_RELU, ELU, GELU, SILU, SIGMOID, TANH, HARD_SIGMOID, HARD_SWISH
};

static inline __attribute__((always_inline)) float activate(
    enum Activation kind, float slope, float x
) {
    float density;
    switch (kind) {
    case RELU: return x < 0 ? 0 : x;
    case RELU6: x = x < 0 ? 0 : x; return x > 6 ? 6 : x;
    case LEAKY_RELU: return x > 0 ? x : slope * x;
    case ELU: return choose(x >= 0, x, exponential_minus_one(at_most(0, x)));
    case GELU: x = at_least(-16, x); return x * normal_distribution(x, &density); /* not 0 * inf */
    case SILU: x = at_least(-110, x); return x * logistic(x);
    case SIGMOID: return logistic(x);
    case TANH: return hyperbolic_tangent(x);
    case HARD_SIGMOID: return x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6;
    case HARD_SWISH: return x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6;
    }
    return x;
}

/* dx of dy and of `known`: x for leaky_relu, gelu, silu and hard_swish, y for the others. */
static inline __attribute__((always_inline)) float differentiate(
    enum Activation kind, float slope, float known, float dy
) {
    float density, probability;
    switch (kind) {
    case RELU: return known > 0 ? dy : 0;
    case RELU6: return (known > 0) & (known < 6) ? dy : 0;
    case LEAKY_RELU: return known > 0 ? dy : slope * dy;
    case ELU: return dy * (known > 0 ? 1 : known + 1);
    case GELU:
        known = at_most(16, at_least(-16, known));
        probability = normal_distribution(known, &density);
        return dy * (probability + known * density);
    case SILU:
        known = at_most(110, at_least(-110, known));
        probability = logistic(known);
        return dy * (probability + probability * known * logistic(-known));
    case SIGMOID: return dy * (known * (1.0 - known)); /* in double */
    case TANH: return dy * ((1.0 - known) * (1.0 + known));
    case HARD_SIGMOID: return (known > 0) & (known < 1) ? dy / 6 : 0;
    case HARD_SWISH: return known <= -3 ? 0 : known >= 3 ? dy : dy * (known / 3 + 0.5f);
    }
    return dy;
}

#define FOR_EACH_KIND(F) \
    F(RELU) F(RELU6) F(LEAKY_RELU) F(ELU) F(GELU) F(SILU) F(SIGMOID) F(TANH) \
    F(HARD_SIGMOID) F(HARD_SWISH)

/* y = activate(x); y may be x. */
static void activate_block(
    enum Activation kind, ptrdiff_t size, float slope, const float *x, float *y
) {
#define CASE(KIND) \
    case KIND: for (ptrdiff_t i = 0; i < size; i++) y[i] = activate(KIND, slope, x[i]); break;
    switch (kind) { FOR_EACH_KIND(CASE) }
#undef CASE
}

/* dx = differentiate(known, dy); dx may be dy. */
static void differentiate_block(
    enum Activation kind, ptrdiff_t size, float slope, const float *known, const float *dy,
    float *dx
) {
#define CASE(KIND) \
    case KIND: \
        for (ptrdiff_t i = 0; i < size; i++) dx[i] = differentiate(KIND, slope, known[i], dy[i]); \
        break;
    switch (kind) { FOR_EACH_KIND(CASE) }
#undef CASE
}

#endif
