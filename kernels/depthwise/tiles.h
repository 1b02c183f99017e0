/* The register tiles under depthwise convolution: strips of pixels of one row, and
   3x3 windows of one row or two.

   There is little arithmetic per pixel, so nothing is packed: strips read and write images in
   place, a vector of channels at a time. The last vector overlaps the one before it where the
   channels are not a multiple.

   Results are sums over at most R x S products, or over a few rows of pixels: short chains, added
   in an order that does not depend on the strip. */

#ifndef CNNCLI_DEPTHWISE_TILES_H
#define CNNCLI_DEPTHWISE_TILES_H

#include "vectors.h"

enum { MOST_COLUMNS = 14, MOST_TAPS = 6 };

typedef struct {          /* strides are in floats; all pointers are to channel 0 */
    const float *x;       /* under the first tap of the first pixel */
    ptrdiff_t x_pixel;    /* to the next pixel of y, tap of a row, row of taps */
    ptrdiff_t x_col, x_row;
    const float *w;
    ptrdiff_t w_col, w_row;
    ptrdiff_t rows, cols; /* of taps */
    const float *bias;    /* or NULL */
    int activation; /* see vectors.h */
    float *y;
    ptrdiff_t y_pixel;
} Strip;

typedef struct {
    const float *x;       /* under the first tap of the first pixel */
    ptrdiff_t x_pixel;    /* to the next pixel of dy, tap of a row, row of dy */
    ptrdiff_t x_col, x_row;
    const float *dy;
    ptrdiff_t dy_pixel, dy_row;
    ptrdiff_t rows, columns;
    float *dw;            /* of the first channel that is summed; added to */
    ptrdiff_t dw_col;
} TapSums;

typedef struct {             /* 3x3 windows, for one row of y or two */
    const float *x[5];       /* source rows under the taps, from the first column of the image on */
    ptrdiff_t x_pixel[5];    /* to the next pixel; 0 for a row of padding */
    const float *w;
    ptrdiff_t w_col, w_row;
    const float *bias;       /* or NULL */
    int activation; /* see vectors.h */
    float *y;
    ptrdiff_t y_pixel, y_row;
    ptrdiff_t columns;
    int padded_left, padded_right; /* whether the first and the last window stand out by a column */
} Three;

static const float ZEROS[LANES] = {0};

#define WIDTH 1
#include "strip_tile_body.h"
#define WIDTH 1
#include "window3x3_tile_body.h"
#define WIDTH 4
#include "strip_tile_body.h"
#define WIDTH 4
#include "window3x3_tile_body.h"
#if LANES >= 8
#define WIDTH 8
#include "strip_tile_body.h"
#define WIDTH 8
#include "window3x3_tile_body.h"
#endif
#if LANES >= 16
#define WIDTH 16
#include "strip_tile_body.h"
#define WIDTH 16
#include "window3x3_tile_body.h"
#endif

/* Copy `width` channels of pixels that lie `step` floats apart. */
static inline void copy_pixels(
    const float *x, ptrdiff_t step, ptrdiff_t count, int width, float *to
) {
    for (; count > 0; count--, x += step, to += width) switch (width) {
        case 1: *to = *x; break;
        case 4: store_4(to, load_4(x)); break;
#if LANES >= 8
        case 8: store_8(to, load_8(x)); break;
#endif
#if LANES >= 16
        case 16: store_16(to, load_16(x)); break;
#endif
        }
}

/* Return the width of the vectors that so many channels are cut into. */
static inline int vector_width(ptrdiff_t channels) {
    int width = LANES;
    while (width > channels) width = width > 4 ? width / 2 : 1;
    return width;
}

/* Compute `columns` pixels of y for `width` channels from `channel` on. */
static inline void multiply_strip(const Strip *strip, ptrdiff_t channel, int width, int columns) {
    switch (width) {
    case 1: multiply_strip_1(strip, channel, columns); break;
    case 4: multiply_strip_4(strip, channel, columns); break;
#if LANES >= 8
    case 8: multiply_strip_8(strip, channel, columns); break;
#endif
#if LANES >= 16
    case 16: multiply_strip_16(strip, channel, columns); break;
#endif
    }
}

/* Compute one row or two of y for `width` channels from `channel` on. */
static inline void multiply_three(
    const Three *z, ptrdiff_t channel, int width, int stride, int rows
) {
    switch (width) {
    case 1: multiply_three_1(z, channel, stride, rows); break;
    case 4: multiply_three_4(z, channel, stride, rows); break;
#if LANES >= 8
    case 8: multiply_three_8(z, channel, stride, rows); break;
#endif
#if LANES >= 16
    case 16: multiply_three_16(z, channel, stride, rows); break;
#endif
    }
}

/* Add the products of `taps` taps of a row to dw for `width` channels from `channel` on. */
static inline void multiply_taps(const TapSums *z, ptrdiff_t channel, int width, int taps) {
    switch (width) {
    case 1: multiply_taps_1(z, channel, taps); break;
    case 4: multiply_taps_4(z, channel, taps); break;
#if LANES >= 8
    case 8: multiply_taps_8(z, channel, taps); break;
#endif
#if LANES >= 16
    case 16: multiply_taps_16(z, channel, taps); break;
#endif
    }
}

#endif
