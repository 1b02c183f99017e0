/* The tile of gradient_tile.h for vectors of WIDTH floats.

   (taps * channels) x (vectors * WIDTH) sums; rows of the tile are channels under taps. */

#define MULTIPLY_PIXEL                                                                       \
    {                                                                                        \
        OF(floats) b[4];                                                                     \
        UNROLL for (int j = 0; j < vectors; j++)                                             \
            b[j] = OF(load)(dy + j / per_panel * dy_panel + j % per_panel * WIDTH);          \
        UNROLL for (int i = 0; i < rows; i++) {                                              \
            OF(floats) a = OF(all)(x[i / channels * PANEL + i % channels]);                  \
            UNROLL for (int j = 0; j < vectors; j++) ADD_PRODUCT(sum[i][j], a, b[j]);        \
        }                                                                                    \
        x += x_pixel;                                                                        \
        dy += PANEL;                                                                         \
        OPAQUE(x); /* or GCC would keep some of its values for the next pixel's taps */      \
    }

TILE void OF(run_outer)(
    const Outer *outer, const int channels, const int taps, const int vectors
) {
    const int per_panel = PANEL / WIDTH, rows = taps * channels;
    const ptrdiff_t dy_panel = outer->dy_panel, dw_panel = outer->dw_panel, dw_tap = outer->dw_tap;
    const ptrdiff_t x_pixel = outer->x_pixel;
    float *const dw = outer->dw;
    OF(floats) sum[12][4];
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++) sum[i][j] = OF(all)(0);
    for (ptrdiff_t image = 0; image < outer->images; image++)
        for (ptrdiff_t row = 0; row < outer->rows; row++) {
            const float *x = outer->x + image * outer->x_image + row * outer->x_row;
            const float *dy = outer->dy + image * outer->dy_image + row * outer->dy_row;
            ptrdiff_t column = outer->columns;
            NO_UNROLL for (; column >= 2; column -= 2) {
                MULTIPLY_PIXEL;
                MULTIPLY_PIXEL;
            }
            if (column) MULTIPLY_PIXEL;
        }
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++) {
            float *total = dw + i / channels * dw_tap + i % channels * PANEL
                + j / per_panel * dw_panel + j % per_panel * WIDTH;
            OF(store)(total, OF(load)(total) + sum[i][j]);
        }
}
#undef MULTIPLY_PIXEL
#undef WIDTH
