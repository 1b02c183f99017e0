/* Batch normalization and relu of packed pixels: see normalize.pxd. */

#ifndef CNNCLI_NORMALIZE_H
#define CNNCLI_NORMALIZE_H

#include "vectors.h"

/* Normalize 16 channels of pixels side by side, in place. */
static inline void normalize_pixels(
    const float *mean, const float *scale, const float *shift, ptrdiff_t pixels, float *x
) {
    typedef OF_WIDTH(floats, LANES) floats;
    for (int lane = 0; lane < PANEL; lane += LANES) {
        const floats m = OF_WIDTH(load, LANES)(mean + lane);
        const floats a = OF_WIDTH(load, LANES)(scale + lane);
        const floats b = OF_WIDTH(load, LANES)(shift + lane);
        for (ptrdiff_t i = 0; i < pixels; i++) {
            float *at = x + i * PANEL + lane;
            const floats z = (OF_WIDTH(load, LANES)(at) - m) * a + b;
            OF_WIDTH(store, LANES)(at, OF_WIDTH(positive, LANES)(z));
        }
    }
}

#endif
