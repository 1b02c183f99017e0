/* The transforms of Winograd's algorithm for blocks of 16 channels or filters, in these forms:

                     filter   stride   outputs of a tile   pixels under it   products
       F4X4_3X3      3 x 3      1            4 x 4              6 x 6           36
       F4X4_5X5      5 x 5      1            4 x 4              8 x 8           64
       STRIDED_2X2   3 x 3      2            2 x 2              5 x 5           25, of 16 weights
       STRIDED_4X4   3 x 3      2            4 x 4              9 x 9           81, of 36 weights
       BACKWARD_4X4  through STRIDED_2X2     4 x 4              3 x 3           25, of 16 weights
       BACKWARD_8X8  through STRIDED_4X4     8 x 8              5 x 5           81, of 36 weights

   The outputs y of a tile of a filter g over pixels d are, in two dimensions,

       y = A^T [(G g G^T) * (B^T d B)] A        and for gradients, its adjoint
       dg = G^T [(A dy A^T) * (B^T d B)] G

   with `*` element by element (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks,
   arXiv 1509.09308). six_points.h, eight_points.h and strided_points.h have B, G and A.

   What has a value per product lies in as many planes; a plane is an odd number of cache lines, or
   the stores of one transform would fall upon few sets of the first-level cache. */

#ifndef CNNCLI_WINOGRAD_TRANSFORMS_H
#define CNNCLI_WINOGRAD_TRANSFORMS_H

#include <string.h>

#include "vectors.h"

enum { F4X4_3X3, F4X4_5X5, STRIDED_2X2, STRIDED_4X4, BACKWARD_4X4, BACKWARD_8X8 };

/* Along an axis: products, different weights of theirs, outputs and pixels of a tile, pixels from
   one tile to the next, and taps. */
enum { MOST_POINTS = 9, MOST_OUTPUTS = 8, MOST_FILTER = 5 };
typedef struct { int points, weights, outputs, pixels, step, filter; } Sizes;
static const Sizes SIZES[] = {
    [F4X4_3X3] = {6, 6, 4, 6, 4, 3},     [F4X4_5X5] = {8, 8, 4, 8, 4, 5},
    [STRIDED_2X2] = {5, 4, 2, 5, 4, 3},  [STRIDED_4X4] = {9, 6, 4, 9, 8, 3},
    [BACKWARD_4X4] = {5, 4, 4, 3, 2, 3}, [BACKWARD_8X8] = {9, 6, 8, 5, 4, 3},
};
TILE int form_points(const int form) { return SIZES[form].points; }
TILE int form_weights(const int form) { return SIZES[form].weights; }
TILE int form_outputs(const int form) { return SIZES[form].outputs; }
TILE int form_pixels(const int form) { return SIZES[form].pixels; }
TILE int form_step(const int form) { return SIZES[form].step; }
TILE int form_filter(const int form) { return SIZES[form].filter; }

typedef struct {                 /* pixels to transform, of an image or of a gradient */
    const float *rows[MOST_POINTS]; /* the first pixel of each row; zeros if outside the image */
    ptrdiff_t step;              /* floats from one pixel to the next */
    int first, last;             /* columns inside the image; the others count as zeros */
    int channels;                /* those of the last block may be fewer than 16 */
} Window;

typedef struct {                 /* where a tile's outputs go, for up to 16 filters */
    float *y;
    const float *residual;       /* added, and laid out as y; or NULL */
    ptrdiff_t row_stride, step;  /* floats from one row, and one pixel, to the next */
    int form;
    int first_row, first_column; /* outputs inside the image, from these */
    int rows, columns;           /* up to, but without, these */
    int filters;
    const float *bias;           /* 16 floats */
    int activation; /* see vectors.h */
    int pools;                   /* store the largest of every 2 x 2 outputs alone */
} Target;

#define WIDTH LANES
#include "six_points.h"
#include "eight_points.h"
#include "strided_points.h"

/* Two of the values of B^T d, or of A dy if `size` is not that of an image. */
TILE void OF(at_pair)(
    const int form, const int pair, const int size, const OF(floats) line[], OF(floats) v[2]
) {
    const int is_image = size == form_pixels(form);
    if (form == F4X4_3X3 && is_image) OF(image_at_six)(pair, line, v);
    else if (form == F4X4_3X3) OF(gradient_at_six)(pair, line, v);
    else if (form == F4X4_5X5 && is_image) OF(image_at_eight)(pair, line, v);
    else if (form == F4X4_5X5) OF(gradient_at_eight)(pair, line, v);
    else if (form == STRIDED_2X2) OF(strided_image_at_two)(pair, line, v);
    else if (form == BACKWARD_4X4) OF(backward_at_two)(pair, line, v);
    else OF(strided_at_four)(pair, form == STRIDED_4X4 ? 2 : 1, line, v);
}

/* Return which of the points is the first or second of a pair; the last of 5 or 9 is alone. */
TILE int point_of(const int form, const int pair, const int second) {
    if (form >= STRIDED_2X2) return 2 * pair + second;
    return pair == 0 ? (second ? form_points(form) - 1 : 0) : 2 * pair - 1 + second;
}

TILE void OF(outputs_of)(const int form, const OF(floats) m[], OF(floats) y[]) {
    if (form == F4X4_3X3) OF(outputs_of_six)(m, y);
    else if (form == F4X4_5X5) OF(outputs_of_eight)(m, y);
    else if (form < BACKWARD_4X4) OF(strided_outputs)(form_outputs(form), m, y);
    else OF(backward_outputs)(form_outputs(form), m, y);
}

TILE void OF(filter_at)(const int form, const OF(floats) g[], OF(floats) u[]) {
    if (form == F4X4_3X3) OF(filter_at_six)(g, u);
    else if (form == F4X4_5X5) OF(filter_at_eight)(g, u);
    else OF(strided_filter_at)(form_weights(form) - 2, g, u);
}

TILE void OF(filter_of)(const int form, const OF(floats) m[], OF(floats) dg[]) {
    if (form == F4X4_3X3) OF(filter_of_six)(m, dg);
    else OF(filter_of_eight)(m, dg);
}

/* Two rows of the values of WIDTH channels. */
TILE void OF(transform_rows)(
    const int form, const Window *window, ptrdiff_t channel, const int pair, const int size,
    const int inside, float *to, ptrdiff_t plane
) {
    const int points = form_points(form);
    OF(floats) half[MOST_POINTS][2], line[MOST_POINTS], values[2];
    UNROLL for (int j = 0; j < size; j++) {
        const int read = inside || (j >= window->first && j < window->last);
        UNROLL for (int i = 0; i < size; i++) {
            const float *pixel = window->rows[i] + j * window->step + channel;
            if (pair == 0 && j >= size - form_step(form)) /* the next tile's */
                __builtin_prefetch(pixel + form_step(form) * window->step);
            line[i] = read ? OF(load)(pixel) : OF(all)(0);
        }
        OF(at_pair)(form, pair, size, line, half[j]);
    }
    UNROLL for (int i = 0; i < 2; i++) {
        if (point_of(form, pair, i) >= points) continue;
        float *row = to + point_of(form, pair, i) * points * plane;
        UNROLL for (int j = 0; j < size; j++) line[j] = half[j][i];
        UNROLL for (int k = 0; k < (points + 1) / 2; k++) {
            OF(at_pair)(form, k, size, line, values);
            UNROLL for (int second = 0; second < 2; second++)
                if (point_of(form, k, second) < points)
                    OF(store)(row + point_of(form, k, second) * plane, values[second]);
        }
    }
}

/* Transform WIDTH channels of a window; `size` is form_pixels, or form_outputs for a gradient. Rows
   come in pairs, whose values fit into registers: to read pixels again is cheaper than to spill. */
TILE void OF(transform_pixels)(
    const int form, const Window *window, ptrdiff_t channel, const int size, const int inside,
    float *to, ptrdiff_t plane
) {
    UNROLL for (int pair = 0; pair < (form_points(form) + 1) / 2; pair++) {
        OF(transform_rows)(form, window, channel, pair, size, inside, to, plane);
        __asm__("" ::: "memory"); /* or GCC would keep the pixels, and spill */
    }
}

/* Copy the last channels of a window, fewer than WIDTH, beside zeros in place of those it lacks. */
static Window narrow_window(const Window *window, ptrdiff_t channel, int size, float *copy) {
    const ptrdiff_t floats = window->channels - channel;
    Window narrow = *window;
    memset(copy, 0, size * size * WIDTH * sizeof(float));
    for (int i = 0; i < size; i++) {
        narrow.rows[i] = copy + i * size * WIDTH;
        for (int j = window->first; j < window->last; j++)
            memcpy(copy + (i * size + j) * WIDTH, window->rows[i] + j * window->step + channel,
                floats * sizeof(float));
    }
    narrow.step = WIDTH;
    return narrow;
}

/* Transform all channels of a window, from one block of 16 of them to the next; lanes of the last
   block without a channel become zeros. */
TILE void transform_window(
    const int form, const Window *window, const int size, float *to, ptrdiff_t plane,
    ptrdiff_t block_stride
) {
    const int inside = window->first == 0 && window->last == size, points = form_points(form);
    ptrdiff_t channel = 0;
    for (; channel + WIDTH <= window->channels; channel += WIDTH) {
        float *lane = to + channel / PANEL * block_stride + channel % PANEL;
        if (inside) OF(transform_pixels)(form, window, channel, size, 1, lane, plane);
        else OF(transform_pixels)(form, window, channel, size, 0, lane, plane);
    }
    to += channel / PANEL * block_stride;
    if (channel < window->channels) {
        float copy[MOST_POINTS * MOST_POINTS * WIDTH];
        const Window narrow = narrow_window(window, channel, size, copy);
        OF(transform_pixels)(form, &narrow, 0, size, 0, to + channel % PANEL, plane);
        channel += WIDTH;
    }
    for (; channel % PANEL; channel += WIDTH)
        for (int i = 0; i < points * points; i++)
            OF(store)(to + i * plane + channel % PANEL, OF(all)(0));
}

/* B^T d B of the pixels under a tile. */
static void transform_image(
    int form, const Window *window, float *to, ptrdiff_t plane, ptrdiff_t block_stride
) {
    switch (form) {
    case F4X4_3X3: transform_window(F4X4_3X3, window, 6, to, plane, block_stride); break;
    case F4X4_5X5: transform_window(F4X4_5X5, window, 8, to, plane, block_stride); break;
    case STRIDED_2X2: transform_window(STRIDED_2X2, window, 5, to, plane, block_stride); break;
    case STRIDED_4X4: transform_window(STRIDED_4X4, window, 9, to, plane, block_stride); break;
    case BACKWARD_4X4: transform_window(BACKWARD_4X4, window, 3, to, plane, block_stride); break;
    case BACKWARD_8X8: transform_window(BACKWARD_8X8, window, 5, to, plane, block_stride); break;
    }
}

/* A dy A^T of a tile's gradients, without a stride. */
static void transform_gradient(
    int form, const Window *window, float *to, ptrdiff_t plane, ptrdiff_t block_stride
) {
    if (form == F4X4_3X3) transform_window(F4X4_3X3, window, 4, to, plane, block_stride);
    else transform_window(F4X4_5X5, window, 4, to, plane, block_stride);
}

TILE void transform_filters_of(
    const int form, const float *g, ptrdiff_t tap, ptrdiff_t channels, float *to, ptrdiff_t plane
) {
    const int filter = form_filter(form), weights = form_weights(form);
    for (ptrdiff_t lane = 0; lane < channels * PANEL; lane += WIDTH) {
        OF(floats) half[MOST_FILTER][MOST_POINTS], line[MOST_FILTER], values[MOST_POINTS];
        UNROLL for (int s = 0; s < filter; s++) {
            UNROLL for (int r = 0; r < filter; r++)
                line[r] = OF(load)(g + (r * filter + s) * tap + lane);
            OF(filter_at)(form, line, half[s]);
        }
        UNROLL for (int i = 0; i < weights; i++) {
            UNROLL for (int s = 0; s < filter; s++) line[s] = half[s][i];
            OF(filter_at)(form, line, values);
            UNROLL for (int j = 0; j < weights; j++)
                OF(store)(to + (i * weights + j) * plane + lane, values[j]);
        }
    }
}

/* G g G^T of 16 filters for some channels; `tap` floats lie between the taps of g. */
static void transform_filters(
    int form, const float *g, ptrdiff_t tap, ptrdiff_t channels, float *to, ptrdiff_t plane
) {
    switch (form) { /* there and back through a stride are the same */
    case F4X4_3X3: transform_filters_of(F4X4_3X3, g, tap, channels, to, plane); break;
    case F4X4_5X5: transform_filters_of(F4X4_5X5, g, tap, channels, to, plane); break;
    case STRIDED_2X2:
    case BACKWARD_4X4: transform_filters_of(STRIDED_2X2, g, tap, channels, to, plane); break;
    default: transform_filters_of(STRIDED_4X4, g, tap, channels, to, plane);
    }
}

TILE void transform_sums_of(
    const int form, const float *m, ptrdiff_t plane, ptrdiff_t channels, float *dg, ptrdiff_t tap,
    int adds
) {
    const int filter = form_filter(form), points = form_points(form);
    for (ptrdiff_t lane = 0; lane < channels * PANEL; lane += WIDTH) {
        OF(floats) half[MOST_POINTS][MOST_FILTER], line[MOST_POINTS], values[MOST_FILTER];
        UNROLL for (int j = 0; j < points; j++) {
            UNROLL for (int i = 0; i < points; i++)
                line[i] = OF(load)(m + (i * points + j) * plane + lane);
            OF(filter_of)(form, line, half[j]);
        }
        UNROLL for (int r = 0; r < filter; r++) {
            UNROLL for (int j = 0; j < points; j++) line[j] = half[j][r];
            OF(filter_of)(form, line, values);
            UNROLL for (int s = 0; s < filter; s++) {
                float *to = dg + (r * filter + s) * tap + lane;
                if (adds) values[s] += OF(load)(to);
                OF(store)(to, values[s]);
            }
        }
    }
}

/* G^T m G of 16 filters for some channels, stored in dg or added to it; without a stride. */
static void transform_sums(
    int form, const float *m, ptrdiff_t plane, ptrdiff_t channels, float *dg, ptrdiff_t tap,
    int adds
) {
    if (form == F4X4_3X3) transform_sums_of(F4X4_3X3, m, plane, channels, dg, tap, adds);
    else transform_sums_of(F4X4_5X5, m, plane, channels, dg, tap, adds);
}

TILE int is_inside(const Target *target, int column) {
    return column >= target->first_column && column < target->columns;
}

/* A^T m A for WIDTH filters from `lane` on, then bias, residual and activation, or instead of a
   residual the largest of every 2 x 2 outputs, visited in the order of a pool. What is the same for
   a row of outputs is asked once: to ask for each took more instructions than the arithmetic. */
TILE void OF(transform_lanes)(
    const int form, const float *m, ptrdiff_t plane, int lane, const Target *target,
    const int whole, const int pools
) {
    const int points = form_points(form), outputs = form_outputs(form);
    const int activation = target->activation;
    const ptrdiff_t row_stride = target->row_stride, step = target->step;
    const ptrdiff_t next_tile = (outputs >> pools) * step;
    const float *even = m + lane, *odd = even + points * plane; /* rows of products */
    const float *residual = target->residual ? target->residual + lane : NULL;
    float *to = target->y + lane;
    OF(floats) half[MOST_POINTS][MOST_OUTPUTS], line[MOST_POINTS];
    OF(floats) y[MOST_OUTPUTS], largest[MOST_OUTPUTS / 2] = {{0}};
    const OF(floats) bias = OF(load)(target->bias + lane);
    UNROLL for (int j = 0; j < points; j++) {
        UNROLL for (int i = 0; i < points; i++)
            line[i] = OF(load)((i % 2 ? odd : even) + i / 2 * 2 * points * plane);
        OF(outputs_of)(form, line, half[j]);
        even += plane;
        odd += plane;
        OPAQUE(even); /* or GCC would keep a pointer to every plane, in memory */
        OPAQUE(odd);
    }
    UNROLL for (int i = 0; i < outputs; i++) {
        if (!whole && i >= target->rows) return;
        if (whole || i >= target->first_row) {
            UNROLL for (int j = 0; j < points; j++) line[j] = half[j][i];
            OF(outputs_of)(form, line, y);
            UNROLL for (int j = 0; j < outputs; j++) y[j] += bias;
            if (!pools && residual)
                UNROLL for (int j = 0; j < outputs; j++)
                    if (whole || is_inside(target, j)) y[j] += OF(load)(residual + j * step);
            if (activation == WITH_RELU)
                UNROLL for (int j = 0; j < outputs; j++) y[j] = OF(positive)(y[j]);
            else if (activation)
                UNROLL for (int j = 0; j < outputs; j++) y[j] = OF(activate)(y[j], activation);
            if (pools)
                UNROLL for (int j = 0; j < outputs / 2; j++) {
                    if (i % 2) y[2 * j] = OF(larger)(largest[j], y[2 * j]);
                    largest[j] = OF(larger)(y[2 * j], y[2 * j + 1]);
                }
            UNROLL for (int j = 0; j < outputs >> pools; j++) {
                if (pools && i % 2 == 0) continue;
                if (!whole && !is_inside(target, j << pools)) continue;
                OF(store)(to + j * step, pools ? largest[j] : y[j]);
                __builtin_prefetch(to + j * step + next_tile, 1);
            }
        }
        if (pools && i % 2 == 0) continue;
        to += row_stride;
        OPAQUE(to);
        if (residual) residual += row_stride;
    }
}

/* The outputs of a tile for up to 16 filters, a multiple of WIDTH, pooled or not. */
TILE void transform_panel_of(
    const int form, const float *m, ptrdiff_t plane, const Target *target, const int pools
) {
    const int outputs = form_outputs(form);
    const int whole = target->rows == outputs && target->columns == outputs
        && target->first_row == 0 && target->first_column == 0;
    for (int lane = 0; lane + WIDTH <= target->filters; lane += WIDTH) {
        if (whole) OF(transform_lanes)(form, m, plane, lane, target, 1, pools);
        else OF(transform_lanes)(form, m, plane, lane, target, 0, pools);
    }
}

#define DEFINE_OUTPUTS(NAME, FORM, POOLS)                                                    \
    static __attribute__((noinline)) void NAME##_##FORM(                                     \
        const float *m, ptrdiff_t plane, const Target *target                                \
    ) {                                                                                      \
        transform_panel_of(FORM, m, plane, target, POOLS);                                   \
    }
DEFINE_OUTPUTS(outputs, F4X4_3X3, 0) DEFINE_OUTPUTS(pools, F4X4_3X3, 1)
DEFINE_OUTPUTS(outputs, F4X4_5X5, 0) DEFINE_OUTPUTS(pools, F4X4_5X5, 1)
DEFINE_OUTPUTS(outputs, STRIDED_2X2, 0) DEFINE_OUTPUTS(pools, STRIDED_2X2, 1)
DEFINE_OUTPUTS(outputs, STRIDED_4X4, 0) DEFINE_OUTPUTS(pools, STRIDED_4X4, 1)
DEFINE_OUTPUTS(outputs, BACKWARD_4X4, 0) DEFINE_OUTPUTS(outputs, BACKWARD_8X8, 0)

static void transform_panel(const float *m, ptrdiff_t plane, const Target *target) {
    static void (*const functions[][2])(const float *, ptrdiff_t, const Target *) = {
        {outputs_F4X4_3X3, pools_F4X4_3X3}, {outputs_F4X4_5X5, pools_F4X4_5X5},
        {outputs_STRIDED_2X2, pools_STRIDED_2X2}, {outputs_STRIDED_4X4, pools_STRIDED_4X4},
        {outputs_BACKWARD_4X4, NULL}, {outputs_BACKWARD_8X8, NULL},
    };
    functions[target->form][target->pools](m, plane, target);
}

/* Copy the outputs of a tile that lie inside the image, or their pools. */
static void copy_outputs(
    const Target *target, const float *from, ptrdiff_t from_row, ptrdiff_t from_step, float *to,
    ptrdiff_t to_row, ptrdiff_t to_step
) {
    for (int i = target->first_row; i < target->rows >> target->pools; i++)
        for (int j = target->first_column; j < target->columns >> target->pools; j++)
            memcpy(to + i * to_row + j * to_step, from + i * from_row + j * from_step,
                target->filters * sizeof(float));
}

/* The outputs of a tile for fewer filters than WIDTH. */
static void transform_few_filters(const float *m, ptrdiff_t plane, const Target *target) {
    float copy[MOST_OUTPUTS * MOST_OUTPUTS * WIDTH] = {0};
    const ptrdiff_t row = MOST_OUTPUTS * WIDTH, step = WIDTH;
    Target whole = *target;
    whole.y = copy;
    whole.row_stride = row;
    whole.step = step;
    whole.filters = WIDTH;
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
    const int rest = target->filters % WIDTH, done = target->filters - rest;
    if (done) transform_panel(m, plane, target);
    if (rest) {
        Target last = *target;
        last.y += done;
        last.bias += done;
        if (last.residual) last.residual += done;
        last.filters = rest;
        transform_few_filters(m + done, plane, &last);
    }
}
#undef WIDTH

#endif
