/* Pooling over windows of 2 x 2 pixels side by side, in all three kinds.

   C channels per pixel; x and dx point to the first window's first pixel, `below` is the distance
   to the row under it; y and dy point to the first of Q outputs.

   A window function does n channels of one window. Where n exceeds C it writes nonsense into the
   pixels behind, so pixels are written in their order and the right numbers come last. */

#ifndef CNNCLI_POOL_2X2_H
#define CNNCLI_POOL_2X2_H

#include <math.h>
#include <stddef.h>

#include "vector_math.h"

#define INLINE static inline __attribute__((always_inline))
#define IN const float *restrict
#define OUT float *restrict

enum { LANES = 8 };

INLINE float larger(float a, float b) { /* NaN where there is one */
    return choose((b > a) | (b != b), b, a);
}

INLINE void max_window(ptrdiff_t n, ptrdiff_t C, ptrdiff_t below, IN x, OUT y) {
    IN z = x + below;
    for (ptrdiff_t i = 0; i < n; i++)
        y[i] = larger(larger(x[i], x[i + C]), larger(z[i], z[i + C]));
}

INLINE void average_window(ptrdiff_t n, ptrdiff_t C, ptrdiff_t below, IN x, OUT y) {
    IN z = x + below;
    for (ptrdiff_t i = 0; i < n; i++)
        y[i] = ((x[i] + x[i + C]) + (z[i] + z[i + C])) * 0.25f;
}

INLINE void root_window(ptrdiff_t n, ptrdiff_t C, ptrdiff_t below, IN x, OUT y) {
    IN z = x + below;
    for (ptrdiff_t i = 0; i < n; i++)
        y[i] = sqrtf((x[i] * x[i] + x[i + C] * x[i + C]) + (z[i] * z[i] + z[i + C] * z[i + C]));
}

/* The first pixel that is the maximum takes the gradient that is left. */
INLINE void take(ptrdiff_t n, IN x, IN y, OUT left, OUT dx) {
    for (ptrdiff_t i = 0; i < n; i++) {
        float gradient = left[i];
        int hit = (x[i] == y[i]) | (x[i] != x[i]);
        dx[i] = choose(hit, gradient, 0.0f);
        left[i] = choose(hit, 0.0f, gradient);
    }
}

INLINE void max_window_gradient(
    ptrdiff_t n, ptrdiff_t C, ptrdiff_t below, IN x, IN y, IN dy, OUT dx
) {
    float left[LANES];
    for (ptrdiff_t i = 0; i < n; i++) left[i] = dy[i];
    take(n, x, y, left, dx);
    take(n, x + C, y, left, dx + C);
    take(n, x + below, y, left, dx + below);
    take(n, x + below + C, y, left, dx + below + C);
}

INLINE void average_window_gradient(
    ptrdiff_t n, ptrdiff_t C, ptrdiff_t below, IN x, IN y, IN dy, OUT dx
) {
    for (ptrdiff_t i = 0; i < n; i++) dx[i] = dy[i] * 0.25f;
    for (ptrdiff_t i = 0; i < n; i++) dx[C + i] = dy[i] * 0.25f;
    for (ptrdiff_t i = 0; i < n; i++) dx[below + i] = dy[i] * 0.25f;
    for (ptrdiff_t i = 0; i < n; i++) dx[below + C + i] = dy[i] * 0.25f;
}

INLINE void root_window_gradient(
    ptrdiff_t n, ptrdiff_t C, ptrdiff_t below, IN x, IN y, IN dy, OUT dx
) {
    float ratio[LANES];
    for (ptrdiff_t i = 0; i < n; i++) {
        ratio[i] = choose(y[i] == 0.0f, 0.0f, dy[i] / y[i]);
    }
    for (ptrdiff_t i = 0; i < n; i++) dx[i] = x[i] * ratio[i];
    for (ptrdiff_t i = 0; i < n; i++) dx[C + i] = x[C + i] * ratio[i];
    for (ptrdiff_t i = 0; i < n; i++) dx[below + i] = x[below + i] * ratio[i];
    for (ptrdiff_t i = 0; i < n; i++) dx[below + C + i] = x[below + C + i] * ratio[i];
}

typedef void (*window_forward)(ptrdiff_t, ptrdiff_t, ptrdiff_t, const float *, float *);
typedef void (*window_backward)(
    ptrdiff_t, ptrdiff_t, ptrdiff_t, const float *, const float *, const float *, float *
);

/* Pixels of LANES channels or more end with a full vector that overlaps the one before. */
INLINE ptrdiff_t vector_start(ptrdiff_t c, ptrdiff_t C) {
    return c < C - LANES ? c : C - LANES;
}

INLINE void forward_row(
    window_forward window, ptrdiff_t Q, ptrdiff_t C, ptrdiff_t below, IN x, OUT y
) {
    for (ptrdiff_t q = 0; q < Q; q++, x += 2 * C, y += C)
        if (C >= LANES)
            for (ptrdiff_t c = 0; c < C; c += LANES) {
                ptrdiff_t at = vector_start(c, C);
                window(LANES, C, below, x + at, y + at);
            }
        else if ((Q - q) * C >= LANES)
            window(LANES, C, below, x, y);
        else
            window(C, C, below, x, y);
}

INLINE void backward_row(
    window_backward window, ptrdiff_t Q, ptrdiff_t C, ptrdiff_t below, IN x, IN y, IN dy, OUT dx
) {
    for (ptrdiff_t q = 0; q < Q; q++, x += 2 * C, dx += 2 * C, y += C, dy += C)
        if (C >= LANES)
            for (ptrdiff_t c = 0; c < C; c += LANES) {
                ptrdiff_t at = vector_start(c, C);
                window(LANES, C, below, x + at, y + at, dy + at, dx + at);
            }
        else if ((Q - q) * C >= LANES)
            window(LANES, C, below, x, y, dy, dx);
        else
            window(C, C, below, x, y, dy, dx);
}

static void max_row(ptrdiff_t Q, ptrdiff_t C, ptrdiff_t below, IN x, OUT y) {
    forward_row(max_window, Q, C, below, x, y);
}

static void average_row(ptrdiff_t Q, ptrdiff_t C, ptrdiff_t below, IN x, OUT y) {
    forward_row(average_window, Q, C, below, x, y);
}

static void root_row(ptrdiff_t Q, ptrdiff_t C, ptrdiff_t below, IN x, OUT y) {
    forward_row(root_window, Q, C, below, x, y);
}

static void max_row_gradient(
    ptrdiff_t Q, ptrdiff_t C, ptrdiff_t below, IN x, IN y, IN dy, OUT dx
) {
    backward_row(max_window_gradient, Q, C, below, x, y, dy, dx);
}

static void average_row_gradient(
    ptrdiff_t Q, ptrdiff_t C, ptrdiff_t below, IN x, IN y, IN dy, OUT dx
) {
    backward_row(average_window_gradient, Q, C, below, x, y, dy, dx);
}

static void root_row_gradient(
    ptrdiff_t Q, ptrdiff_t C, ptrdiff_t below, IN x, IN y, IN dy, OUT dx
) {
    backward_row(root_window_gradient, Q, C, below, x, y, dy, dx);
}

#endif
