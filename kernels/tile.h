/* The register tile under every convolution: up to 14 pixels x 32 filters at a time.

   A tile multiplies a packed source (16 channels per pixel, pixels side by side) by panels of
   weights (16 filters per channel) and keeps all its sums in registers. The file is compiled once
   per instruction set, so LANES is all that differs; GCC's vector extensions do the rest.

   A sum is cut into chains of at most 256 products, each started from zero and then added to a
   second sum in memory, which keeps rounding errors small (Higham, Accuracy and Stability of
   Numerical Algorithms, section 4.2). Chains depend on channels and taps alone, never on the tile:
   a pixel's result is the same bits whatever its neighbors are. */

#ifndef CNNCLI_TILE_H
#define CNNCLI_TILE_H

#include <stddef.h>

#define PANEL 16 /* filters in a panel of weights, and channels in a block of the packed source */

#if defined(__AVX512F__)
#define LANES 16
#define MOST_PANELS 2
#define MOST_PIXELS(panels) ((panels) == 2 ? 14 : 28)
#elif defined(__AVX2__)
#define LANES 8
#define MOST_PANELS 1
#define MOST_PIXELS(panels) 6
#elif defined(__aarch64__)
#define LANES 4
#define MOST_PANELS 1
#define MOST_PIXELS(panels) 6
#else
#define LANES 4
#define MOST_PANELS 1
#define MOST_PIXELS(panels) 2
#endif

typedef float vector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int mask __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

#define TILE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 28")
enum { VECTORS = PANEL / LANES, CHAIN = 256 / PANEL };

typedef struct {
    ptrdiff_t source, weight; /* floats from the start of the piece, and of the panel */
} Tap;

typedef struct {
    const float *source;     /* the packed source under the first pixel */
    ptrdiff_t block_stride;  /* floats from one block of 16 channels to the next */
    ptrdiff_t channels;
    const Tap *taps;
    ptrdiff_t tap_count;
    const float *weight;     /* the first panel; 16 floats per channel */
    ptrdiff_t panel_stride;
    float *sums;             /* pixels x 32 floats, for sums of more than one chain */
    int resumes, continues;  /* earlier channels are in sums; later ones will follow */
    const float *bias;       /* 16 per panel */
    int relu;
    float *y;
    ptrdiff_t y_stride;      /* floats from one pixel to the next */
    int filters;             /* how many to store, of 16 per panel */
} Piece;

TILE vector load(const float *from) { return *(const vector *)from; }
TILE void store(float *to, vector value) { *(vector *)to = value; }
TILE vector broadcast(float value) { return value - (vector){0}; }
TILE vector positive(vector x) { return (vector)(~(x < 0) & (mask)x); } /* keeps NaN */

TILE void run_piece(const Piece *piece, const int pixels, const int panels) {
    const int width = panels * VECTORS;
    const Tap *tap = piece->taps, *end = tap + piece->tap_count;
    const float *source = piece->source, *weight = piece->weight;
    ptrdiff_t channels = piece->channels, panel_stride = piece->panel_stride;
    ptrdiff_t steps = piece->tap_count * ((channels + PANEL - 1) / PANEL);
    int resumes = piece->resumes;
    vector sum[28][8];

    for (;;) {
        UNROLL for (int i = 0; i < pixels; i++)
            UNROLL for (int j = 0; j < width; j++) sum[i][j] = (vector){0};
        ptrdiff_t chain = steps < CHAIN ? steps : CHAIN;
        for (steps -= chain; chain > 0; chain--) {
            const float *x = source + tap->source, *w = weight + tap->weight;
            for (ptrdiff_t c = channels < PANEL ? channels : PANEL; c > 0; c--) {
                vector b[8];
                UNROLL for (int j = 0; j < width; j++)
                    b[j] = load(w + j / VECTORS * panel_stride + j % VECTORS * LANES);
                UNROLL for (int i = 0; i < pixels; i++) {
                    vector a = broadcast(x[i * PANEL]);
                    UNROLL for (int j = 0; j < width; j++) sum[i][j] += a * b[j];
                }
                x += 1;
                w += PANEL;
            }
            if (++tap == end) {
                tap = piece->taps;
                source += piece->block_stride;
                weight += PANEL * PANEL;
                channels -= PANEL;
            }
        }
        if (steps == 0 && !piece->continues) break;
        UNROLL for (int i = 0; i < pixels; i++) UNROLL for (int j = 0; j < width; j++) {
            float *second = piece->sums + i * 2 * PANEL + j * LANES;
            if (resumes) sum[i][j] += load(second);
            store(second, sum[i][j]);
        }
        if (steps == 0) return;
        resumes = 1;
    }

    const int whole = piece->filters == panels * PANEL;
    UNROLL for (int i = 0; i < pixels; i++) {
        float *second = piece->sums + i * 2 * PANEL, *y = piece->y + i * piece->y_stride;
        UNROLL for (int j = 0; j < width; j++) {
            vector total = sum[i][j];
            if (resumes) total += load(second + j * LANES);
            total += load(piece->bias + j * LANES);
            if (piece->relu) total = positive(total);
            store((whole ? y : second) + j * LANES, total);
        }
        if (!whole)
            for (int k = 0; k < piece->filters; k++) y[k] = second[k];
    }
}

#define PIECE(PIXELS, PANELS)                                                \
    static void piece_##PIXELS##_##PANELS(const Piece *piece) {              \
        run_piece(piece, PIXELS, PANELS);                                    \
    }
#define ONE(PIXELS) PIECE(PIXELS, 1)
#define TWO(PIXELS) PIECE(PIXELS, 2)

ONE(1) ONE(2)
#if defined(__AVX512F__) || defined(__AVX2__) || defined(__aarch64__)
ONE(3) ONE(4) ONE(5) ONE(6)
#endif
#if defined(__AVX512F__)
ONE(7) ONE(8) ONE(9) ONE(10) ONE(11) ONE(12) ONE(13) ONE(14) ONE(15) ONE(16) ONE(17) ONE(18)
ONE(19) ONE(20) ONE(21) ONE(22) ONE(23) ONE(24) ONE(25) ONE(26) ONE(27) ONE(28)
TWO(1) TWO(2) TWO(3) TWO(4) TWO(5) TWO(6) TWO(7) TWO(8) TWO(9) TWO(10) TWO(11) TWO(12) TWO(13)
TWO(14)
#endif

typedef void (*PieceFunction)(const Piece *);
static const PieceFunction PIECES[][28] = {
#if defined(__AVX512F__)
    {piece_1_1, piece_2_1, piece_3_1, piece_4_1, piece_5_1, piece_6_1, piece_7_1,
     piece_8_1, piece_9_1, piece_10_1, piece_11_1, piece_12_1, piece_13_1, piece_14_1,
     piece_15_1, piece_16_1, piece_17_1, piece_18_1, piece_19_1, piece_20_1, piece_21_1,
     piece_22_1, piece_23_1, piece_24_1, piece_25_1, piece_26_1, piece_27_1, piece_28_1},
    {piece_1_2, piece_2_2, piece_3_2, piece_4_2, piece_5_2, piece_6_2, piece_7_2,
     piece_8_2, piece_9_2, piece_10_2, piece_11_2, piece_12_2, piece_13_2, piece_14_2},
#elif defined(__AVX2__) || defined(__aarch64__)
    {piece_1_1, piece_2_1, piece_3_1, piece_4_1, piece_5_1, piece_6_1},
#else
    {piece_1_1, piece_2_1},
#endif
};

/* Compute `pixels` pixels side by side for 16 or 32 filters. */
static inline void multiply_piece(const Piece *piece, int pixels, int panels) {
    PIECES[panels - 1][pixels - 1](piece);
}

#endif
