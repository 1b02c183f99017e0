/* The register tiles under depthwise convolution: strips of pixels of one row.

   There is little arithmetic per pixel, so nothing is packed: strips read and write images in
   place, LANES channels at a time, and fewer where fewer are left.

   Results are sums over at most R x S products, or over one row of pixels: short chains, added in
   an order that does not depend on the strip. */

#ifndef CNNCLI_DEPTHWISE_TILE_H
#define CNNCLI_DEPTHWISE_TILE_H

#include "vectors.h"

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

#define WIDTH 1
#include "strip.h"
#define WIDTH 4
#include "strip.h"
#if LANES > 4
#define WIDTH LANES
#include "strip.h"
#endif

/* Return how many of so many channels the widest vector takes. */
static inline int widest(ptrdiff_t channels) {
    return channels >= LANES ? LANES : channels >= 4 ? 4 : 1;
}

/* Compute `columns` pixels of y for `width` channels from `channel` on. */
static inline void multiply_strip(const Strip *strip, ptrdiff_t channel, int width, int columns) {
    if (width == 1) multiply_strip_1(strip, channel, columns);
    else if (width == 4) multiply_strip_4(strip, channel, columns);
    else OF_WIDTH(multiply_strip, LANES)(strip, channel, columns);
}

/* Add the products of `taps` taps of one row to dw for `width` channels from `channel` on. */
static inline void multiply_taps(const RowGradient *row, ptrdiff_t channel, int width, int taps) {
    if (width == 1) multiply_taps_1(row, channel, taps);
    else if (width == 4) multiply_taps_4(row, channel, taps);
    else OF_WIDTH(multiply_taps, LANES)(row, channel, taps);
}

#endif
