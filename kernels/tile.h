/* The register tile under every convolution: up to 14 pixels x 32 filters at a time.

   A tile multiplies a packed source (16 channels per pixel, pixels side by side) by panels of
   weights (16 filters per channel) and keeps all its sums in registers.

   A sum is cut into chains of at most 144 products (16 channels under 9 taps), each started from
   zero and then added to a second sum in memory, which keeps rounding errors small (Higham,
   Accuracy and Stability of Numerical Algorithms, section 4.2). Chains depend on channels and taps
   alone, never on the tile: a pixel's result is the same bits whatever its neighbors are. */

#ifndef CNNCLI_TILE_H
#define CNNCLI_TILE_H

#include <string.h>

#include "vectors.h"

enum { CHAIN = 144 / PANEL, MOST_FILTERS = 32 };

typedef struct {
    ptrdiff_t source, weight; /* floats from the start of the piece, and of the panel */
} Tap;

typedef struct {
    const float *source;     /* the source under the first pixel */
    ptrdiff_t x_pixel;       /* floats from one pixel to the next: 16 in a packed source */
    ptrdiff_t block_stride;  /* floats from one block of 16 channels to the next */
    ptrdiff_t channels;
    const Tap *taps;
    ptrdiff_t tap_count;
    const float *weight;     /* the first panel; 16 floats per channel */
    ptrdiff_t panel_stride;
    ptrdiff_t ahead;         /* floats from a weight to the one to fetch beside its use */
    float *sums;             /* pixels x 32 floats, for sums of more than one chain */
    int resumes, continues;  /* earlier channels are in sums; later ones will follow */
    const float *bias;
    int relu;
    const float *residual;   /* added before the relu, laid out like y; NULL for none */
    float *y;
    ptrdiff_t y_stride;      /* floats from one pixel to the next */
    int filters;             /* how many to store of a tile's 8, 16 or 32 */
} Piece;

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

typedef void (*PieceFunction)(const Piece *);

#define WIDTH LANES
#include "piece.h"
#define DEFINE_PIECE(PIXELS, FILTERS)                                        \
    static void piece_##FILTERS##_##PIXELS(const Piece *piece) {             \
        OF_WIDTH(run_piece, LANES)(piece, PIXELS, FILTERS / LANES, 1);       \
    }                                                                        \
    static void direct_##FILTERS##_##PIXELS(const Piece *piece) {            \
        OF_WIDTH(run_piece, LANES)(piece, PIXELS, FILTERS / LANES, 0);       \
    }
#define ENTER_PIECE(PIXELS, FILTERS) piece_##FILTERS##_##PIXELS,
#define ENTER_DIRECT(PIXELS, FILTERS) direct_##FILTERS##_##PIXELS,

#if defined(__AVX512F__) /* 32 registers: 28 sums, weights, and a pixel */

#define WIDTH 8
#include "piece.h"
#define DEFINE_HALF_PIECE(PIXELS, FILTERS)                                   \
    static void piece_##FILTERS##_##PIXELS(const Piece *piece) {             \
        run_piece_8(piece, PIXELS, 1, 1);                                    \
    }                                                                        \
    static void direct_##FILTERS##_##PIXELS(const Piece *piece) {            \
        run_piece_8(piece, PIXELS, 1, 0);                                    \
    }
UP_TO_28(DEFINE_HALF_PIECE, 8) UP_TO_28(DEFINE_PIECE, 16) UP_TO_14(DEFINE_PIECE, 32)
#define PIECES_OF(F) {{UP_TO_28(F, 8)}, {UP_TO_28(F, 16)}, {UP_TO_14(F, 32)}}
static const int MOST_PIXELS[3] = {28, 28, 14};

#elif defined(__AVX2__) /* 16 registers: 12 sums */

UP_TO_12(DEFINE_PIECE, 8) UP_TO_6(DEFINE_PIECE, 16)
#define PIECES_OF(F) {{UP_TO_12(F, 8)}, {UP_TO_6(F, 16)}}
static const int MOST_PIXELS[3] = {12, 6, 0};

#elif defined(__aarch64__) /* 32 registers: 24 sums */

UP_TO_12(DEFINE_PIECE, 8) UP_TO_6(DEFINE_PIECE, 16)
#define PIECES_OF(F) {{UP_TO_12(F, 8)}, {UP_TO_6(F, 16)}}
static const int MOST_PIXELS[3] = {12, 6, 0};

#else /* 16 registers, of which products need one: 8 sums */

UP_TO_4(DEFINE_PIECE, 8) UP_TO_2(DEFINE_PIECE, 16)
#define PIECES_OF(F) {{UP_TO_4(F, 8)}, {UP_TO_2(F, 16)}}
static const int MOST_PIXELS[3] = {4, 2, 0};

#endif

static const PieceFunction PIECES[2][3][28] = {PIECES_OF(ENTER_DIRECT), PIECES_OF(ENTER_PIECE)};

/* Return the filters of the tile, 8, 16 or 32, that suits so many filters best. */
static inline int tile_filters(ptrdiff_t filters) {
    return filters <= 8 ? 8 : filters <= 24 || MOST_PIXELS[2] == 0 ? 16 : 32;
}

/* Return how many pixels a tile of so many filters can take. */
static inline int most_pixels(int filters) { return MOST_PIXELS[filters / 16]; }

/* Compute pixels side by side for the 8, 16 or 32 filters of a tile. */
static inline void multiply_piece(const Piece *piece, int pixels, int filters) {
    PIECES[piece->x_pixel == PANEL][filters / 16][pixels - 1](piece);
}

#endif
