/* The transforms of Winograd's F(4x4, 3x3) for blocks of 16 channels or filters.

   A tile of 4 x 4 outputs y of a filter g over 6 x 6 pixels d is, in two dimensions,

       y = A^T [(G g G^T) * (B^T d B)] A        and for gradients, its adjoint
       dg = G^T [(A dy A^T) * (B^T d B)] G

   with `*` element by element (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks,
   arXiv 1509.09308). points.h has B, G and A.

   What has 36 values, one per pair of points, lies in 36 planes; a plane is an odd number of cache
   lines, or the 36 stores of one transform would fall upon few sets of the first-level cache. */

#ifndef CNNCLI_WINOGRAD_TRANSFORMS_H
#define CNNCLI_WINOGRAD_TRANSFORMS_H

#include <string.h>

#include "vectors.h"

enum { POINTS = 6, OUTPUTS = 4, FILTER = 3, PLANES = POINTS * POINTS };

typedef struct {                 /* pixels to transform: 6 x 6 of an image, 4 x 4 of a gradient */
    const float *rows[POINTS];   /* the first pixel of each row; zeros if outside the image */
    ptrdiff_t step;              /* floats from one pixel to the next */
    int first, last;             /* columns inside the image; the others count as zeros */
    int channels;                /* those of the last block may be fewer than 16 */
} Window;

typedef struct {                 /* where a tile's outputs go, for up to 16 filters */
    float *y;
    const float *residual;       /* added, and laid out as y; or NULL */
    ptrdiff_t row_stride, step;  /* floats from one row, and one pixel, to the next */
    int rows, columns;           /* outputs inside the image, of 4 x 4 */
    int filters;
    const float *bias;           /* 16 floats */
    int activation; /* see vectors.h */
    int pools;                   /* store the largest of every 2 x 2 outputs alone */
} Target;

#define WIDTH LANES
#include "points.h"

/* Two rows of the 6 x 6 values of WIDTH channels. */
TILE void OF(transform_rows)(
    const Window *window, ptrdiff_t channel, const int pair, const int size, const int inside,
    float *to, ptrdiff_t plane
) {
    OF(floats) half[POINTS][2], line[POINTS], values[2];
    UNROLL for (int j = 0; j < size; j++) {
        const int read = inside || (j >= window->first && j < window->last);
        UNROLL for (int i = 0; i < size; i++) {
            const float *pixel = window->rows[i] + j * window->step + channel;
            if (pair == 0 && j >= size - OUTPUTS) /* the next tile's */
                __builtin_prefetch(pixel + OUTPUTS * window->step);
            line[i] = read ? OF(load)(pixel) : OF(all)(0);
        }
        OF(at_pair)(pair, size, line, half[j]);
    }
    UNROLL for (int i = 0; i < 2; i++) {
        float *row = to + point_of(pair, i) * POINTS * plane;
        UNROLL for (int j = 0; j < size; j++) line[j] = half[j][i];
        UNROLL for (int k = 0; k < 3; k++) {
            OF(at_pair)(k, size, line, values);
            UNROLL for (int second = 0; second < 2; second++)
                OF(store)(row + point_of(k, second) * plane, values[second]);
        }
    }
}

/* Transform WIDTH channels of a window; `size` is 6 for an image, 4 for a gradient. Rows come in
   pairs, whose values fit into registers: to read pixels again is cheaper than to spill. */
TILE void OF(transform_pixels)(
    const Window *window, ptrdiff_t channel, const int size, const int inside, float *to,
    ptrdiff_t plane
) {
    UNROLL for (int pair = 0; pair < 3; pair++) {
        OF(transform_rows)(window, channel, pair, size, inside, to, plane);
        __asm__("" ::: "memory"); /* or GCC would keep the pixels, and spill */
    }
}

/* Copy the last, narrower block of a window, with zeros in the channels that it lacks. */
static Window narrow_block(const Window *window, ptrdiff_t channel, int size, float *copy) {
    const ptrdiff_t floats = window->channels - channel;
    Window block = *window;
    memset(copy, 0, PLANES * PANEL * sizeof(float));
    for (int i = 0; i < size; i++) {
        block.rows[i] = copy + i * size * PANEL;
        for (int j = window->first; j < window->last; j++)
            memcpy(copy + (i * size + j) * PANEL, window->rows[i] + j * window->step + channel,
                floats * sizeof(float));
    }
    block.step = PANEL;
    return block;
}

/* Transform all channels of a window, from one block of 16 of them to the next. */
TILE void transform_window(
    const Window *window, const int size, float *to, ptrdiff_t plane, ptrdiff_t block_stride
) {
    const int inside = window->first == 0 && window->last == size;
    ptrdiff_t channel = 0;
    for (; channel + PANEL <= window->channels; channel += PANEL, to += block_stride)
        for (int lane = 0; lane < PANEL; lane += WIDTH) {
            if (inside) OF(transform_pixels)(window, channel + lane, size, 1, to + lane, plane);
            else OF(transform_pixels)(window, channel + lane, size, 0, to + lane, plane);
        }
    if (channel < window->channels) {
        float copy[PLANES * PANEL];
        const Window block = narrow_block(window, channel, size, copy);
        for (int lane = 0; lane < PANEL; lane += WIDTH)
            OF(transform_pixels)(&block, lane, size, 0, to + lane, plane);
    }
}

/* B^T d B of a tile's 6 x 6 pixels. */
static void transform_image(
    const Window *window, float *to, ptrdiff_t plane, ptrdiff_t block_stride
) {
    transform_window(window, POINTS, to, plane, block_stride);
}

/* A dy A^T of a tile's 4 x 4 gradients. */
static void transform_gradient(
    const Window *window, float *to, ptrdiff_t plane, ptrdiff_t block_stride
) {
    transform_window(window, OUTPUTS, to, plane, block_stride);
}

/* G g G^T of 16 filters for some channels; `tap` floats lie between the taps of g. */
static void transform_filters(
    const float *g, ptrdiff_t tap, ptrdiff_t channels, float *to, ptrdiff_t plane
) {
    for (ptrdiff_t lane = 0; lane < channels * PANEL; lane += WIDTH) {
        OF(floats) half[FILTER][POINTS], line[FILTER], values[POINTS];
        UNROLL for (int s = 0; s < FILTER; s++) {
            UNROLL for (int r = 0; r < FILTER; r++)
                line[r] = OF(load)(g + (r * FILTER + s) * tap + lane);
            OF(filter_at_points)(line, half[s]);
        }
        UNROLL for (int i = 0; i < POINTS; i++) {
            UNROLL for (int s = 0; s < FILTER; s++) line[s] = half[s][i];
            OF(filter_at_points)(line, values);
            UNROLL for (int j = 0; j < POINTS; j++)
                OF(store)(to + (i * POINTS + j) * plane + lane, values[j]);
        }
    }
}

/* G^T m G of 16 filters for some channels, stored in dg or added to it. */
static void transform_sums(
    const float *m, ptrdiff_t plane, ptrdiff_t channels, float *dg, ptrdiff_t tap, int adds
) {
    for (ptrdiff_t lane = 0; lane < channels * PANEL; lane += WIDTH) {
        OF(floats) half[POINTS][FILTER], line[POINTS], values[FILTER];
        UNROLL for (int j = 0; j < POINTS; j++) {
            UNROLL for (int i = 0; i < POINTS; i++)
                line[i] = OF(load)(m + (i * POINTS + j) * plane + lane);
            OF(filter_of_points)(line, half[j]);
        }
        UNROLL for (int r = 0; r < FILTER; r++) {
            UNROLL for (int j = 0; j < POINTS; j++) line[j] = half[j][r];
            OF(filter_of_points)(line, values);
            UNROLL for (int s = 0; s < FILTER; s++) {
                float *to = dg + (r * FILTER + s) * tap + lane;
                if (adds) values[s] += OF(load)(to);
                OF(store)(to, values[s]);
            }
        }
    }
}

/* A^T m A for WIDTH filters from `lane` on, then bias, residual and activation, or instead of a residual
   the largest of every 2 x 2 outputs, visited in the order of a pool. */
TILE void OF(transform_lanes)(
    const float *m, ptrdiff_t plane, int lane, const Target *target, const int whole,
    const int pools
) {
    OF(floats) half[POINTS][OUTPUTS], line[POINTS], values[OUTPUTS], largest[OUTPUTS / 2];
    const OF(floats) bias = OF(load)(target->bias + lane);
    UNROLL for (int j = 0; j < POINTS; j++) {
        UNROLL for (int i = 0; i < POINTS; i++)
            line[i] = OF(load)(m + (i * POINTS + j) * plane + lane);
        OF(outputs_of_points)(line, half[j]);
    }
    UNROLL for (int i = 0; i < OUTPUTS; i++) {
        if (!whole && i >= target->rows) return;
        UNROLL for (int j = 0; j < POINTS; j++) line[j] = half[j][i];
        OF(outputs_of_points)(line, values);
        UNROLL for (int j = 0; j < OUTPUTS; j++) {
            const ptrdiff_t row = i >> pools, column = j >> pools, columns = OUTPUTS >> pools;
            const ptrdiff_t place = row * target->row_stride + column * target->step + lane;
            OF(floats) y = values[j] + bias;
            if (!whole && j >= target->columns) break;
            if (!pools || (i % 2 == 0 && j % 2 == 0)) /* the next tile's */
                __builtin_prefetch(target->y + place + columns * target->step, 1);
            if (!pools && target->residual) y += OF(load)(target->residual + place);
            y = OF(activate)(y, target->activation);
            if (pools) {
                if (i % 2 || j % 2) y = OF(larger)(largest[column], y);
                largest[column] = y;
                if (i % 2 == 0 || j % 2 == 0) continue;
            }
            OF(store)(target->y + place, y);
        }
    }
}

/* The outputs of a tile for 16 filters, pooled or not. */
TILE void transform_sixteen(
    const float *m, ptrdiff_t plane, const Target *target, const int pools
) {
    const int whole = target->rows == OUTPUTS && target->columns == OUTPUTS;
    for (int lane = 0; lane < PANEL; lane += WIDTH) {
        if (whole) OF(transform_lanes)(m, plane, lane, target, 1, pools);
        else OF(transform_lanes)(m, plane, lane, target, 0, pools);
    }
}

/* Not inlined, or what is not pooled would take longer. */
static __attribute__((noinline)) void transform_pooled(
    const float *m, ptrdiff_t plane, const Target *target
) {
    transform_sixteen(m, plane, target, 1);
}

static void transform_panel(const float *m, ptrdiff_t plane, const Target *target) {
    if (target->pools) transform_pooled(m, plane, target);
    else transform_sixteen(m, plane, target, 0);
}

/* Copy the outputs of a tile that lie inside the image, or their pools. */
static void copy_outputs(
    const Target *target, const float *from, ptrdiff_t from_row, ptrdiff_t from_step, float *to,
    ptrdiff_t to_row, ptrdiff_t to_step
) {
    for (int i = 0; i < target->rows >> target->pools; i++)
        for (int j = 0; j < target->columns >> target->pools; j++)
            memcpy(to + i * to_row + j * to_step, from + i * from_row + j * from_step,
                target->filters * sizeof(float));
}

/* The outputs of a tile for the filters of a last panel, fewer than 16. */
static void transform_narrow_panel(const float *m, ptrdiff_t plane, const Target *target) {
    float copy[OUTPUTS * OUTPUTS * PANEL] = {0};
    const ptrdiff_t row = OUTPUTS * PANEL, step = PANEL;
    Target whole = *target;
    whole.y = copy;
    whole.row_stride = row;
    whole.step = step;
    if (target->residual) {
        copy_outputs(
            target, target->residual, target->row_stride, target->step, copy, row, step);
        whole.residual = copy;
    }
    transform_panel(m, plane, &whole);
    copy_outputs(target, copy, row, step, target->y, target->row_stride, target->step);
}

/* A^T m A, bias, residual and activation of a tile for up to 16 filters. */
static void transform_outputs(const float *m, ptrdiff_t plane, const Target *target) {
    if (target->filters == PANEL) transform_panel(m, plane, target);
    else transform_narrow_panel(m, plane, target);
}
#undef WIDTH

#endif
