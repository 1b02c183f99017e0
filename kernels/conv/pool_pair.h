/* Pooling of two rows of a convolution's outputs while they are in the first-level cache. */

#ifndef CNNCLI_POOL_PAIR_H
#define CNNCLI_POOL_PAIR_H

#include <string.h>

#include "vectors.h"

/* Write the largest of every 2 x 2 pixels for some filters, visited in the order of a pool.

   `step` floats lie between pixels, of which the lanes beyond the last filter may be anything, and
   `y_stride` between those of y. */
static void pool_pair(
    const float *top, const float *bottom, ptrdiff_t step, ptrdiff_t windows, ptrdiff_t filters,
    float *y, ptrdiff_t y_stride
) {
    for (; windows > 0; windows--, top += 2 * step, bottom += 2 * step, y += y_stride)
        for (ptrdiff_t k = 0; k < filters; k += LANES) {
            OF_WIDTH(floats, LANES) largest = OF_WIDTH(load, LANES)(top + k);
            largest = OF_WIDTH(larger, LANES)(largest, OF_WIDTH(load, LANES)(top + step + k));
            largest = OF_WIDTH(larger, LANES)(largest, OF_WIDTH(load, LANES)(bottom + k));
            largest = OF_WIDTH(larger, LANES)(largest, OF_WIDTH(load, LANES)(bottom + step + k));
            if (filters - k >= LANES) OF_WIDTH(store, LANES)(y + k, largest);
            else memcpy(y + k, &largest, (filters - k) * sizeof(float));
        }
}

#endif
