/* The register tiles under depthwise convolution: strips of pixels of one row.

   Results are sums over at most R x S products, or over one row of pixels: short chains, added in
   an order that does not depend on the strip. */

#ifndef CNNCLI_DEPTHWISE_TILE_H
#define CNNCLI_DEPTHWISE_TILE_H

#include "tile.h"

#define MOST_COLUMNS 8
#define MOST_TAPS 5

typedef struct {          /* strides are in floats; all pointers are to channel 0 */
    const float *x;       /* under the first tap of the first pixel */
    ptrdiff_t x_pixel;    /* to the next pixel of y, tap of a row, row of taps */
    ptrdiff_t x_col, x_row;
    const float *w;
    ptrdiff_t w_col, w_row;
    ptrdiff_t rows, cols; /* of taps */
    const float *bias;    /* or NULL */
    int relu;
    float *y;
    ptrdiff_t y_pixel;
} Strip;

typedef struct {
    const float *x;
    ptrdiff_t x_pixel, x_col;
    const float *dy;
    ptrdiff_t dy_pixel;
    ptrdiff_t pixels;
    float *dw;            /* added to */
    ptrdiff_t dw_col;
} RowGradient;

#define JOIN(name, width) name##_##width
#define JOINED(name, width) JOIN(name, width)
#define NAME(name) JOINED(name, WIDTH)

#define WIDTH 1
#include "depthwise_strip.h"
#define WIDTH 4
#include "depthwise_strip.h"
#if LANES > 4
#define WIDTH LANES
#include "depthwise_strip.h"
#endif

/* Return how many of so many channels the widest vector takes. */
static inline int widest(ptrdiff_t channels) {
    return channels >= LANES ? LANES : channels >= 4 ? 4 : 1;
}

/* Compute `columns` pixels of y for `width` channels from `channel` on. */
static inline void multiply_strip(const Strip *strip, ptrdiff_t channel, int width, int columns) {
    if (width == 1) multiply_strip_1(strip, channel, columns);
    else if (width == 4) multiply_strip_4(strip, channel, columns);
    else JOINED(multiply_strip, LANES)(strip, channel, columns);
}

/* Add the products of `taps` taps of one row to dw for `width` channels from `channel` on. */
static inline void multiply_taps(const RowGradient *row, ptrdiff_t channel, int width, int taps) {
    if (width == 1) multiply_taps_1(row, channel, taps);
    else if (width == 4) multiply_taps_4(row, channel, taps);
    else JOINED(multiply_taps, LANES)(row, channel, taps);
}

#endif
