/* The tiles of forward_tile.h, one function for every number of pixels and filters. */

#include <string.h>

#include "forward_tile.h"

enum {
    CHAIN = 144 / PANEL,       /* blocks of 16 channels under one tap */
    CHANNELS = 64 / LANES / 2, /* from one test for the end of the loop to the next */
};

/* Copy to y what is wanted of sums that were kept for `width` filters, a multiple of 8.

   If a pixel of y has no other filters, copies may run over into the next pixel, whose own copy
   then comes after. */
static void store_filters(const Piece *piece, int pixels, int width) {
    const ptrdiff_t filters = piece->filters, all = pixels * filters;
    for (int i = 0; i < pixels; i++) {
        const float *from = piece->sums + i * MOST_FILTERS;
        float *y = piece->y + i * piece->y_stride;
        if (piece->y_stride == filters && i * filters + width <= all)
            for (int k = 0; k < width; k += 8) memcpy(y + k, from + k, 8 * sizeof(float));
        else
            memcpy(y, from, filters * sizeof(float));
    }
}

#define WIDTH LANES
#include "forward_tile_body.h"
#define DEFINE_TILES(PIXELS, FILTERS)                                        \
    static void packed_##FILTERS##_##PIXELS(const Piece *piece) {            \
        OF_WIDTH(run_piece, LANES)(piece, PIXELS, FILTERS / LANES, 1);       \
    }                                                                        \
    static void direct_##FILTERS##_##PIXELS(const Piece *piece) {            \
        OF_WIDTH(run_piece, LANES)(piece, PIXELS, FILTERS / LANES, 0);       \
    }
#define ENTER_PACKED(PIXELS, FILTERS) packed_##FILTERS##_##PIXELS,
#define ENTER_DIRECT(PIXELS, FILTERS) direct_##FILTERS##_##PIXELS,

#if defined(__AVX512F__)

#define WIDTH 8
#include "forward_tile_body.h"
#define DEFINE_HALF_TILES(PIXELS, FILTERS)                                   \
    static void packed_##FILTERS##_##PIXELS(const Piece *piece) {            \
        run_piece_8(piece, PIXELS, 1, 1);                                    \
    }                                                                        \
    static void direct_##FILTERS##_##PIXELS(const Piece *piece) {            \
        run_piece_8(piece, PIXELS, 1, 0);                                    \
    }
UP_TO_28(DEFINE_HALF_TILES, 8) UP_TO_28(DEFINE_TILES, 16) UP_TO_14(DEFINE_TILES, 32)
#define TILES_OF(F) {{UP_TO_28(F, 8)}, {UP_TO_28(F, 16)}, {UP_TO_14(F, 32)}}

#elif defined(__AVX2__) || defined(__aarch64__)

UP_TO_12(DEFINE_TILES, 8) UP_TO_6(DEFINE_TILES, 16)
#define TILES_OF(F) {{UP_TO_12(F, 8)}, {UP_TO_6(F, 16)}}

#else

UP_TO_4(DEFINE_TILES, 8) UP_TO_2(DEFINE_TILES, 16)
#define TILES_OF(F) {{UP_TO_4(F, 8)}, {UP_TO_2(F, 16)}}

#endif

const PieceFunction FORWARD_TILES[2][3][28] = {TILES_OF(ENTER_DIRECT), TILES_OF(ENTER_PACKED)};
