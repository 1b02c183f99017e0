/* The register tile under every weight gradient: up to 8 channels x 32 filters at a time.

   It multiplies a packed source by a packed output gradient and sums over pixels in registers:
   at most 256 of them, so that each sum is one short chain, which is then added to the gradient
   in memory (see tile.h for why). */

#ifndef CNNCLI_GRADIENT_TILE_H
#define CNNCLI_GRADIENT_TILE_H

#include "tile.h"

#if LANES == 16
#define MOST_CHANNELS 8
#elif LANES == 8
#define MOST_CHANNELS 6
#else
#define MOST_CHANNELS 2
#endif

typedef struct {
    const float *x;                  /* the first channel of the first pixel under one tap */
    ptrdiff_t x_image, x_row;        /* floats to the next image, to the next row */
    const float *dy;                 /* the first of 16 filters of the first pixel */
    ptrdiff_t dy_image, dy_row;
    ptrdiff_t dy_panel;              /* floats to the next 16 filters */
    ptrdiff_t images, rows, columns; /* pixels to sum over */
    float *dw;                       /* 16 floats per channel; added to */
    ptrdiff_t dw_panel;
} Outer;

TILE void run_outer(const Outer *outer, const int channels, const int panels) {
    const int width = panels * VECTORS;
    ptrdiff_t dy_panel = outer->dy_panel;
    vector sum[8][8];
    UNROLL for (int i = 0; i < channels; i++)
        UNROLL for (int j = 0; j < width; j++) sum[i][j] = (vector){0};
    for (ptrdiff_t image = 0; image < outer->images; image++)
        for (ptrdiff_t row = 0; row < outer->rows; row++) {
            const float *x = outer->x + image * outer->x_image + row * outer->x_row;
            const float *dy = outer->dy + image * outer->dy_image + row * outer->dy_row;
            for (ptrdiff_t column = outer->columns; column > 0; column--) {
                vector b[8];
                UNROLL for (int j = 0; j < width; j++)
                    b[j] = load(dy + j / VECTORS * dy_panel + j % VECTORS * LANES);
                UNROLL for (int i = 0; i < channels; i++) {
                    vector a = broadcast(x[i]);
                    UNROLL for (int j = 0; j < width; j++) sum[i][j] += a * b[j];
                }
                x += PANEL;
                dy += PANEL;
            }
        }
    UNROLL for (int i = 0; i < channels; i++)
        UNROLL for (int j = 0; j < width; j++) {
            float *dw = outer->dw + i * PANEL
                + j / VECTORS * outer->dw_panel + j % VECTORS * LANES;
            store(dw, load(dw) + sum[i][j]);
        }
}

#define OUTER(CHANNELS, PANELS)                                              \
    static void outer_##CHANNELS##_##PANELS(const Outer *outer) {            \
        run_outer(outer, CHANNELS, PANELS);                                  \
    }
OUTER(1, 1) OUTER(2, 1) OUTER(3, 1) OUTER(4, 1) OUTER(5, 1) OUTER(6, 1) OUTER(7, 1) OUTER(8, 1)
#if MOST_PANELS == 2
OUTER(1, 2) OUTER(2, 2) OUTER(3, 2) OUTER(4, 2) OUTER(5, 2) OUTER(6, 2) OUTER(7, 2) OUTER(8, 2)
#endif

typedef void (*OuterFunction)(const Outer *);
static const OuterFunction OUTERS[][MOST_CHANNELS] = {
    {outer_1_1, outer_2_1, outer_3_1, outer_4_1, outer_5_1, outer_6_1, outer_7_1, outer_8_1},
#if MOST_PANELS == 2
    {outer_1_2, outer_2_2, outer_3_2, outer_4_2, outer_5_2, outer_6_2, outer_7_2, outer_8_2},
#endif
};

/* Add one tap's gradient for `channels` channels and 16 or 32 filters. */
static inline void multiply_outer(const Outer *outer, int channels, int panels) {
    OUTERS[panels - 1][channels - 1](outer);
}

#endif
