/* The tile for convolutions of a few channels by a few filters: pixels side by side in a vector.

   Vectors of filters would be mostly empty. Here a filter is a scalar that multiplies 2 vectors of
   neighboring pixels, which lie side by side in an image of one plane per channel. */

#ifndef CNNCLI_PLANAR_ROW_H
#define CNNCLI_PLANAR_ROW_H

#include "vectors.h"

enum { PLANAR_FILTERS = 8, PLANAR_PIXELS = 2 * LANES };

typedef struct {
    const float *x;               /* the first tap's pixel of the first output */
    ptrdiff_t row, plane;         /* floats to the next row, to the next channel */
    ptrdiff_t R, S, C;
    const float *weight;          /* [R][S][C][16] */
    float bias[PLANAR_FILTERS];
    int relu;
    float *y;                     /* [pixels][filters] */
    ptrdiff_t pixels;
} PlanarRow;

#define WIDTH LANES
TILE void OF(run_planar)(const PlanarRow *z, const int filters) {
    float maps[PLANAR_FILTERS][PLANAR_PIXELS];
    for (ptrdiff_t first = 0; first < z->pixels; first += PLANAR_PIXELS) {
        const float *weight = z->weight;
        const ptrdiff_t left = z->pixels - first, count = left < PLANAR_PIXELS ? left : PLANAR_PIXELS;
        float *y = z->y + first * filters;
        OF(floats) sum[PLANAR_FILTERS][2];
        UNROLL for (int k = 0; k < filters; k++) sum[k][0] = sum[k][1] = OF(all)(z->bias[k]);
        for (ptrdiff_t r = 0; r < z->R; r++)
            for (ptrdiff_t s = 0; s < z->S; s++)
                for (ptrdiff_t c = 0; c < z->C; c++) {
                    const float *x = z->x + first + r * z->row + c * z->plane + s;
                    OF(floats) near = OF(load)(x), far = OF(load)(x + WIDTH);
                    UNROLL for (int k = 0; k < filters; k++) {
                        sum[k][0] += near * weight[k];
                        sum[k][1] += far * weight[k];
                    }
                    weight += PANEL;
                }
        UNROLL for (int k = 0; k < filters; k++)
            UNROLL for (int j = 0; j < 2; j++)
                OF(store)(maps[k] + j * WIDTH, z->relu ? OF(positive)(sum[k][j]) : sum[k][j]);
        for (ptrdiff_t i = 0; i < count; i++)
            UNROLL for (int k = 0; k < filters; k++) y[i * filters + k] = maps[k][i];
    }
}

#define CASE(FILTERS, _) case FILTERS: OF_WIDTH(run_planar, LANES)(z, FILTERS); break;
static void multiply_planar(const PlanarRow *z, ptrdiff_t filters) {
    switch (filters) { UP_TO_8(CASE, 0) }
}
#undef CASE
#undef WIDTH

#endif
