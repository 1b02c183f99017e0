/* The tiles of gradient_tile.h, one function for every number of channels, taps and filters. */

#include "gradient_tile.h"

#define WIDTH LANES
#include "gradient_tile_body.h"
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
#include "gradient_tile_body.h"
#define DEFINE_HALF_OUTER(CHANNELS, TAPS, FILTERS)                           \
    static void NAME_OUTER(CHANNELS, TAPS, FILTERS)(const Outer *outer) {    \
        run_outer_8(outer, CHANNELS, TAPS, 1);                               \
    }
ROWS_12(DEFINE_HALF_OUTER, 8) ROWS_12(DEFINE_OUTER, 16) ROWS_12(DEFINE_OUTER, 32)
const OuterFunction GRADIENT_TILES[3][8][8] = {
    {ROWS_12(ENTER_OUTER, 8)}, {ROWS_12(ENTER_OUTER, 16)}, {ROWS_12(ENTER_OUTER, 32)}
};

#elif defined(__AVX2__) || defined(__aarch64__)

ROWS_12(DEFINE_OUTER, 8) ROWS_6(DEFINE_OUTER, 16)
const OuterFunction GRADIENT_TILES[3][8][8] = {
    {ROWS_12(ENTER_OUTER, 8)}, {ROWS_6(ENTER_OUTER, 16)}
};

#else

ROWS_4(DEFINE_OUTER, 8) ROWS_2(DEFINE_OUTER, 16)
const OuterFunction GRADIENT_TILES[3][8][8] = {
    {ROWS_4(ENTER_OUTER, 8)}, {ROWS_2(ENTER_OUTER, 16)}
};

#endif
