/* Nothing but multiply-adds: what the fastest possible kernel would do. */

#ifndef CNNCLI_PEAK_H
#define CNNCLI_PEAK_H

#include "vectors.h"

enum { PEAK_SUMS = 12 }; /* enough independent ones to hide the latency of an addition */

/* Take `steps` steps of 12 multiply-adds. */
static void multiply_add(ptrdiff_t steps) {
    volatile float half = 0.5f; /* volatile, or the compiler would work out the result itself */
    OF_WIDTH(floats, LANES) sum[PEAK_SUMS], scale = OF_WIDTH(all, LANES)(half);
    UNROLL for (int i = 0; i < PEAK_SUMS; i++) sum[i] = OF_WIDTH(all, LANES)(i);
    for (; steps > 0; steps--)
        UNROLL for (int i = 0; i < PEAK_SUMS; i++) sum[i] = sum[i] * scale + scale;
    for (int i = 0; i < PEAK_SUMS; i++) half = sum[i][0];
}

#endif
