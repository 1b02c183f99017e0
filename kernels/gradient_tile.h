/* The register tile under every weight gradient: up to 8 channels x 32 filters at a time.

   It multiplies a packed source by a packed output gradient and sums over pixels in registers, in
   chains of a few rows of pixels each (see tile.h for why). Where an image has few channels, a tile
   takes several taps side by side, as it would have too few sums to be worth its loads. */

#ifndef CNNCLI_GRADIENT_TILE_H
#define CNNCLI_GRADIENT_TILE_H

#include "tile.h"

typedef struct {
    const float *x;                  /* the first channel of the first pixel under one tap */
    ptrdiff_t x_image, x_row;        /* floats to the next image, to the next row */
    const float *dy;                 /* the first filter of the first pixel */
    ptrdiff_t dy_image, dy_row;
    ptrdiff_t dy_panel;              /* floats to the next 16 filters */
    ptrdiff_t images, rows, columns; /* pixels to sum over */
    ptrdiff_t chain;                 /* rows in a chain */
    float *sums;                     /* 12 x 32 floats, for sums of more than one chain */
    float *dw;                       /* 16 floats per channel; added to */
    ptrdiff_t dw_panel, dw_tap;      /* floats to the next 16 filters, to the next tap of x */
} Outer;

enum { FEW_CHANNELS = 4 };

typedef void (*OuterFunction)(const Outer *);

#define WIDTH LANES
#include "outer.h"
#define NAME_OUTER(CHANNELS, TAPS, FILTERS) outer_##FILTERS##_##CHANNELS##_##TAPS
#define DEFINE_OUTER(CHANNELS, TAPS, FILTERS)                                \
    static void NAME_OUTER(CHANNELS, TAPS, FILTERS)(const Outer *outer) {    \
        OF_WIDTH(run_outer, LANES)(outer, CHANNELS, TAPS, FILTERS / LANES);  \
    }
#define ENTER_OUTER(CHANNELS, TAPS, FILTERS)                                 \
    [CHANNELS - 1][TAPS - 1] = NAME_OUTER(CHANNELS, TAPS, FILTERS),

/* The tiles of up to 2, 4, 6, 8, 12 rows: F(channels, taps, x). */
#define ROWS_2(F, x) F(1, 1, x) F(1, 2, x) F(2, 1, x)
#define ROWS_4(F, x) ROWS_2(F, x) F(1, 3, x) F(1, 4, x) F(2, 2, x) F(3, 1, x) F(4, 1, x)
#define ROWS_6(F, x)                                                                         \
    ROWS_4(F, x) F(1, 5, x) F(1, 6, x) F(2, 3, x) F(3, 2, x) F(5, 1, x) F(6, 1, x)
#define ROWS_8(F, x)                                                                         \
    ROWS_6(F, x) F(1, 7, x) F(1, 8, x) F(2, 4, x) F(4, 2, x) F(7, 1, x) F(8, 1, x)
#define ROWS_12(F, x) ROWS_8(F, x) F(2, 5, x) F(2, 6, x) F(3, 3, x) F(3, 4, x) F(4, 3, x)

#if defined(__AVX512F__)

#define WIDTH 8
#include "outer.h"
#define DEFINE_HALF_OUTER(CHANNELS, TAPS, FILTERS)                           \
    static void NAME_OUTER(CHANNELS, TAPS, FILTERS)(const Outer *outer) {    \
        run_outer_8(outer, CHANNELS, TAPS, 1);                               \
    }
ROWS_12(DEFINE_HALF_OUTER, 8) ROWS_12(DEFINE_OUTER, 16) ROWS_12(DEFINE_OUTER, 32)
static const OuterFunction OUTERS[3][8][8] = {
    {ROWS_12(ENTER_OUTER, 8)}, {ROWS_12(ENTER_OUTER, 16)}, {ROWS_12(ENTER_OUTER, 32)}
};
static const int MOST_ROWS[3] = {12, 12, 12};

#elif defined(__AVX2__) || defined(__aarch64__)

ROWS_12(DEFINE_OUTER, 8) ROWS_6(DEFINE_OUTER, 16)
static const OuterFunction OUTERS[3][8][8] = {{ROWS_12(ENTER_OUTER, 8)}, {ROWS_6(ENTER_OUTER, 16)}};
static const int MOST_ROWS[3] = {12, 6, 0};

#else

ROWS_4(DEFINE_OUTER, 8) ROWS_2(DEFINE_OUTER, 16)
static const OuterFunction OUTERS[3][8][8] = {{ROWS_4(ENTER_OUTER, 8)}, {ROWS_2(ENTER_OUTER, 16)}};
static const int MOST_ROWS[3] = {4, 2, 0};

#endif

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
    OUTERS[filters / 16][channels - 1][taps - 1](outer);
}

#endif
