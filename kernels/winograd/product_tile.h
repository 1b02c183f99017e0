/* Products of transformed tiles, weights and gradients at one pair of points.

   Sums are cut into chains of at most 144 products, for the reason that forward_tile.h gives. */

#ifndef CNNCLI_WINOGRAD_PRODUCT_TILE_H
#define CNNCLI_WINOGRAD_PRODUCT_TILE_H

#include "vectors.h"

enum {
    CHAIN_BLOCKS = 144 / PANEL,
    PAIR_FILTERS = 32,
    TERMS = 64 / LANES / 2, /* from one test for the end of the loop to the next */
};

typedef struct Product Product;
typedef void (*ProductFunction)(const Product *);
struct Product {
    const float *a;                   /* the first row and term of the left factor */
    ptrdiff_t a_row, a_block;         /* floats to the next row, and to the next 16 terms */
    const float *b;                   /* the first panel of the right factor, 16 filters per term */
    ptrdiff_t b_panel;
    ptrdiff_t terms;
    float *sums;
    ptrdiff_t sums_row, sums_panel;
    int adds;                         /* to what is in sums, or else replaces it */
    int pieces, fewer, larger, parts; /* rows and filters in tiles: see split_product */
    const ProductFunction *functions;
};

#define WIDTH LANES
#include "product_tile_body.h"
#define DEFINE_FORWARD(TILES, FILTERS)                                                       \
    static void forward_##FILTERS##_##TILES(const Product *product) {                        \
        OF_WIDTH(run_product, LANES)(product, TILES, FILTERS / LANES, PANEL, 1);             \
    }
#define DEFINE_GRADIENT(CHANNELS, FILTERS)                                                   \
    static void gradient_##FILTERS##_##CHANNELS(const Product *product) {                    \
        OF_WIDTH(run_product, LANES)(product, CHANNELS, FILTERS / LANES, 1, PANEL);          \
    }
#define ENTER_FORWARD(TILES, FILTERS) forward_##FILTERS##_##TILES,
#define ENTER_GRADIENT(CHANNELS, FILTERS) gradient_##FILTERS##_##CHANNELS,

#if defined(__AVX512F__) /* 32 registers: 28 sums */

UP_TO_28(DEFINE_FORWARD, 16) UP_TO_14(DEFINE_FORWARD, 32)
UP_TO_8(DEFINE_GRADIENT, 16) UP_TO_8(DEFINE_GRADIENT, 32)
static const ProductFunction FORWARD[2][28] = {
    {UP_TO_28(ENTER_FORWARD, 16)}, {UP_TO_14(ENTER_FORWARD, 32)}
};
static const ProductFunction GRADIENT[2][8] = {
    {UP_TO_8(ENTER_GRADIENT, 16)}, {UP_TO_8(ENTER_GRADIENT, 32)}
};
static const int MOST_TILES[2] = {28, 14}, MOST_CHANNELS = 8, WIDEST = 32;

#elif defined(__AVX2__) || defined(__aarch64__) /* 16 registers or more: 12 or 24 sums */

UP_TO_6(DEFINE_FORWARD, 16) UP_TO_6(DEFINE_GRADIENT, 16)
static const ProductFunction FORWARD[2][6] = {{UP_TO_6(ENTER_FORWARD, 16)}};
static const ProductFunction GRADIENT[2][6] = {{UP_TO_6(ENTER_GRADIENT, 16)}};
static const int MOST_TILES[2] = {6, 0}, MOST_CHANNELS = 6, WIDEST = 16;

#else /* 16 registers, of which products need one: 8 sums */

UP_TO_2(DEFINE_FORWARD, 16) UP_TO_2(DEFINE_GRADIENT, 16)
static const ProductFunction FORWARD[2][2] = {{UP_TO_2(ENTER_FORWARD, 16)}};
static const ProductFunction GRADIENT[2][2] = {{UP_TO_2(ENTER_GRADIENT, 16)}};
static const int MOST_TILES[2] = {2, 0}, MOST_CHANNELS = 2, WIDEST = 16;

#endif

/* Split rows evenly into pieces no larger than a tile, and 32 filters into parts if they must be:
   the first `larger` pieces have one row more than the `fewer` of the others. */
static inline void split_product(
    Product *product, int rows, int filters, int most, const ProductFunction *functions
) {
    product->pieces = (rows + most - 1) / most;
    product->fewer = rows / product->pieces;
    product->larger = rows % product->pieces;
    product->parts = filters > WIDEST ? filters / WIDEST : 1;
    product->functions = functions;
}

/* Prepare products of tiles, for 16 or 32 filters, summed over channels. */
static inline void split_tiles(Product *product, int tiles, int filters) {
    const int wide = filters > PANEL && WIDEST > PANEL;
    product->a_row = PANEL;
    split_product(product, tiles, filters, MOST_TILES[wide], FORWARD[wide]);
}

/* Prepare products of up to 16 channels, with 16 or 32 filters, summed over tiles. */
static inline void split_channels(Product *product, int channels, int filters) {
    product->a_row = 1;
    split_product(
        product, channels, filters, MOST_CHANNELS, GRADIENT[filters > PANEL && WIDEST > PANEL]
    );
}

/* Compute a product that one of these has prepared. */
static inline void multiply(Product product) {
    const float *a = product.a;
    float *sums = product.sums;
    for (int part = 0; part < product.parts; part++) {
        product.a = a;
        product.sums = sums + part * product.sums_panel;
        for (int piece = 0; piece < product.pieces; piece++) {
            const int rows = product.fewer + (piece < product.larger);
            product.functions[rows - 1](&product);
            product.a += rows * product.a_row;
            product.sums += rows * product.sums_row;
        }
        product.b += product.b_panel;
    }
}

#endif
