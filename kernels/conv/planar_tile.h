/* The tile for convolutions of a few channels by a few filters: pixels side by side in a vector.

   Vectors of filters would be mostly empty. Here a filter is a scalar that multiplies 2 vectors of
   neighboring pixels, which lie side by side in an image of one plane per channel. */

#ifndef CNNCLI_PLANAR_TILE_H
#define CNNCLI_PLANAR_TILE_H

#include "vectors.h"

enum { PLANAR_FILTERS = 8, PLANAR_PIXELS = 2 * LANES };

typedef struct {
    const float *x;               /* the first tap's pixel of the first output */
    ptrdiff_t row, plane;         /* floats to the next row, to the next channel */
    ptrdiff_t R, S, C;
    const float *weight;          /* [R][S][C][16] */
    float bias[PLANAR_FILTERS];
    int activation, pools;              /* two rows of x are to be pooled: see run_pooled */
    float *y;                     /* [pixels][filters] */
    ptrdiff_t pixels;             /* of a row of x */
} PlanarRow;

#define EVERY_SECOND_4(i) {i, i + 2, i + 4, i + 6}
#define EVERY_SECOND_8(i) {i, i + 2, i + 4, i + 6, i + 8, i + 10, i + 12, i + 14}
#define EVERY_SECOND_16(i)                                                                   \
    {i, i + 2, i + 4, i + 6, i + 8, i + 10, i + 12, i + 14, i + 16, i + 18, i + 20, i + 22,  \
     i + 24, i + 26, i + 28, i + 30}

#define WIDTH LANES
/* The outputs of PLANAR_PIXELS pixels side by side. */
TILE void OF(sum_planar)(
    const PlanarRow *z, const float *pixels, const int filters, OF(floats) (*sum)[2]
) {
    const float *weight = z->weight;
    UNROLL for (int k = 0; k < filters; k++) sum[k][0] = sum[k][1] = OF(all)(z->bias[k]);
    for (ptrdiff_t r = 0; r < z->R; r++)
        for (ptrdiff_t s = 0; s < z->S; s++)
            for (ptrdiff_t c = 0; c < z->C; c++) {
                const float *x = pixels + r * z->row + c * z->plane + s;
                OF(floats) near = OF(load)(x), far = OF(load)(x + WIDTH);
                UNROLL for (int k = 0; k < filters; k++) {
                    sum[k][0] += near * weight[k];
                    sum[k][1] += far * weight[k];
                }
                weight += PANEL;
            }
    UNROLL for (int k = 0; k < filters; k++)
        UNROLL for (int j = 0; j < 2; j++)
            sum[k][j] = OF(activate)(sum[k][j], z->activation);
}

TILE void OF(run_planar)(const PlanarRow *z, const int filters) {
    float maps[PLANAR_FILTERS][PLANAR_PIXELS];
    for (ptrdiff_t first = 0; first < z->pixels; first += PLANAR_PIXELS) {
        const ptrdiff_t left = z->pixels - first;
        const ptrdiff_t count = left < PLANAR_PIXELS ? left : PLANAR_PIXELS;
        float *y = z->y + first * filters;
        OF(floats) sum[PLANAR_FILTERS][2];
        OF(sum_planar)(z, z->x + first, filters, sum);
        UNROLL for (int k = 0; k < filters; k++)
            UNROLL for (int j = 0; j < 2; j++) OF(store)(maps[k] + j * WIDTH, sum[k][j]);
        for (ptrdiff_t i = 0; i < count; i++)
            UNROLL for (int k = 0; k < filters; k++) y[i * filters + k] = maps[k][i];
    }
}

/* The largest of every 2 x 2 outputs of two rows, visited in the order of a pool. */
TILE void OF(run_pooled)(const PlanarRow *z, const int filters) {
    const OF(ints) even = OF_WIDTH(EVERY_SECOND, LANES)(0), odd = OF_WIDTH(EVERY_SECOND, LANES)(1);
    float maps[PLANAR_FILTERS][WIDTH];
    for (ptrdiff_t first = 0; first < z->pixels; first += PLANAR_PIXELS) {
        const ptrdiff_t left = (z->pixels - first) / 2, count = left < WIDTH ? left : WIDTH;
        float *y = z->y + first / 2 * filters;
        OF(floats) sum[PLANAR_FILTERS][2], largest[PLANAR_FILTERS];
        UNROLL for (int row = 0; row < 2; row++) {
            OF(sum_planar)(z, z->x + first + row * z->row, filters, sum);
            UNROLL for (int k = 0; k < filters; k++) {
                const OF(floats) left = __builtin_shuffle(sum[k][0], sum[k][1], even);
                const OF(floats) right = __builtin_shuffle(sum[k][0], sum[k][1], odd);
                largest[k] = row ? OF(larger)(largest[k], left) : left;
                largest[k] = OF(larger)(largest[k], right);
            }
        }
        UNROLL for (int k = 0; k < filters; k++) OF(store)(maps[k], largest[k]);
        for (ptrdiff_t i = 0; i < count; i++)
            UNROLL for (int k = 0; k < filters; k++) y[i * filters + k] = maps[k][i];
    }
}

#define CASE(FILTERS, FUNCTION) case FILTERS: OF_WIDTH(FUNCTION, LANES)(z, FILTERS); break;
static void multiply_planar(const PlanarRow *z, ptrdiff_t filters) {
    if (z->pools) switch (filters) { UP_TO_8(CASE, run_pooled) }
    else switch (filters) { UP_TO_8(CASE, run_planar) }
}
#undef CASE
#undef WIDTH

#endif
