/* The register tile under every convolution: up to 14 pixels x 32 filters at a time.

   A tile multiplies a packed source (16 channels per pixel, pixels side by side) by panels of
   weights (16 filters per channel) and keeps all its sums in registers.

   A sum is cut into chains of at most 144 products (16 channels under 9 taps), each started from
   zero and then added to a second sum in memory, which keeps rounding errors small (Higham,
   Accuracy and Stability of Numerical Algorithms, section 4.2). Chains depend on channels and taps
   alone, never on the tile: a pixel's result is the same bits whatever its neighbors are. */

#ifndef CNNCLI_FORWARD_TILE_H
#define CNNCLI_FORWARD_TILE_H

#include "vectors.h"

enum { MOST_FILTERS = 32 };

typedef struct {
    ptrdiff_t source;    /* floats from the start of the piece */
    ptrdiff_t weight[2]; /* from that of a block of weights: a whole one, one of fewer channels */
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
    ptrdiff_t weight_stride; /* floats from one block of 16 channels to the next */
    ptrdiff_t ahead;         /* floats from a weight to the one to fetch before its use; 0: none */
    float *sums;             /* pixels x 32 floats, for sums of more than one chain */
    int resumes, continues;  /* earlier channels are in sums; later ones will follow */
    const float *bias;
    int activation; /* see vectors.h */
    const float *residual;   /* added before the activation, laid out like y; NULL for none */
    float *y;
    ptrdiff_t y_stride;      /* floats from one pixel to the next */
    int filters;             /* how many to store of a tile's 8, 16 or 32 */
} Piece;

/* The most pixels of a tile of 8, 16 and 32 filters; 0: there is none. */
#if defined(__AVX512F__) /* 32 registers: 28 sums, weights, and a pixel */
static const int MOST_PIXELS[3] = {28, 28, 14};
#elif defined(__AVX2__) || defined(__aarch64__) /* 16 registers: 12 sums; or 32: 24 sums */
static const int MOST_PIXELS[3] = {12, 6, 0};
#else /* 16 registers, of which products need one: 8 sums */
static const int MOST_PIXELS[3] = {4, 2, 0};
#endif

typedef void (*PieceFunction)(const Piece *);

/* [source as it lies, packed source][8, 16, 32 filters][pixels - 1]: see forward_tiles.c. */
extern const PieceFunction FORWARD_TILES[2][3][28] HIDDEN;

/* Return the filters of the tile, 8, 16 or 32, that suits so many filters best. */
static inline int tile_filters(ptrdiff_t filters) {
    return filters <= 8 ? 8 : filters <= 24 || MOST_PIXELS[2] == 0 ? 16 : 32;
}

/* Return how many pixels a tile of so many filters can take. */
static inline int most_pixels(int filters) { return MOST_PIXELS[filters / 16]; }

/* Compute pixels side by side for the 8, 16 or 32 filters of a tile. */
static inline void multiply_piece(const Piece *piece, int pixels, int filters) {
    FORWARD_TILES[piece->x_pixel == PANEL][filters / 16][pixels - 1](piece);
}

#endif
