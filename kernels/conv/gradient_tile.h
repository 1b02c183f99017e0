/* The register tile under every weight gradient: up to 8 channels x 32 filters at a time.

   It multiplies a packed source by a packed output gradient and sums over pixels in registers: few
   enough that rounding errors stay small (see forward_tile.h). Where an image has few channels, a
   tile takes several taps side by side, as it would have too few sums to be worth its loads. */

#ifndef CNNCLI_GRADIENT_TILE_H
#define CNNCLI_GRADIENT_TILE_H

#include "forward_tile.h"

typedef struct {
    const float *x;                  /* the first channel of the first pixel under one tap */
    ptrdiff_t x_image, x_row;        /* floats to the next image, to the next row */
    ptrdiff_t x_pixel;               /* floats to the next pixel; from tap to tap it is always 16 */
    const float *dy;                 /* the first filter of the first pixel */
    ptrdiff_t dy_image, dy_row;
    ptrdiff_t dy_panel;              /* floats to the next 16 filters */
    ptrdiff_t images, rows, columns; /* pixels to sum over */
    float *dw;                       /* 16 floats per channel; added to */
    ptrdiff_t dw_panel, dw_tap;      /* floats to the next 16 filters, to the next tap of x */
} Outer;

enum { FEW_CHANNELS = 4 };

/* The most rows, channels times taps, of a tile of 8, 16 and 32 filters; 0: there is none. */
#if defined(__AVX512F__)
static const int MOST_ROWS[3] = {12, 12, 12};
#elif defined(__AVX2__) || defined(__aarch64__)
static const int MOST_ROWS[3] = {12, 6, 0};
#else
static const int MOST_ROWS[3] = {4, 2, 0};
#endif

typedef void (*OuterFunction)(const Outer *);

/* [8, 16, 32 filters][channels - 1][taps - 1]: see gradient_tiles.c. */
extern const OuterFunction GRADIENT_TILES[3][8][8] HIDDEN;

/* Return how many channels a tile of so many filters can take. */
static inline int most_channels(int filters) {
    return MOST_ROWS[filters / 16] < 8 ? MOST_ROWS[filters / 16] : 8;
}

/* Return how many taps a tile of so many channels and filters can take. */
static inline int most_taps(ptrdiff_t channels, int filters) {
    ptrdiff_t taps = MOST_ROWS[filters / 16] / channels;
    return channels > FEW_CHANNELS || taps < 1 ? 1 : taps < 8 ? taps : 8;
}

/* Add the products of taps side by side for some channels and the 8, 16 or 32 filters of a tile. */
static inline void multiply_outer(const Outer *outer, int channels, int taps, int filters) {
    GRADIENT_TILES[filters / 16][channels - 1][taps - 1](outer);
}

#endif
