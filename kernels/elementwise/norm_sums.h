/* The sums behind the gradients of batch normalization, over a block of rows. */

#ifndef CNNCLI_NORM_SUMS_H
#define CNNCLI_NORM_SUMS_H

#include <string.h>

#include "vectors.h"

typedef struct {
    const float *x, *dy;
    ptrdiff_t stride;                     /* floats from one row to the next */
    const float *means, *scales, *shifts; /* of each lane */
    int relu;
    float *sums, *products;
} SumBlock;

#define WIDTH LANES
#include "norm_rows.h"
#define WIDTH 1
#include "norm_rows.h"

/* Write sum(g) and sum(g (x - mean)) of each lane, g = dy through the relu. */
static void sum_block(const SumBlock *z, ptrdiff_t depth, ptrdiff_t lanes) {
    memset(z->sums, 0, lanes * sizeof(float));
    memset(z->products, 0, lanes * sizeof(float));
    for (ptrdiff_t row = 0; row < depth;) {
        const int four = depth - row >= 4;
        ptrdiff_t lane = 0;
        for (; lane + LANES <= lanes; lane += LANES)
            OF_WIDTH(add_rows, LANES)(z, row, lane, four ? 4 : 1);
        for (; lane < lanes; lane++) add_rows_1(z, row, lane, four ? 4 : 1);
        row += four ? 4 : 1;
    }
}

#endif
