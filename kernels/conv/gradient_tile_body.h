/* The tile of gradient_tile.h for vectors of WIDTH floats.

   (taps * channels) x (vectors * WIDTH) sums; rows of the tile are channels under taps. */

TILE void OF(run_outer)(
    const Outer *outer, const int channels, const int taps, const int vectors
) {
    const int per_panel = PANEL / WIDTH, rows = taps * channels;
    const ptrdiff_t dy_panel = outer->dy_panel;
    ptrdiff_t left = outer->chain;
    int resumes = 0;
    OF(floats) sum[12][4];
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++) sum[i][j] = OF(all)(0);
    for (ptrdiff_t image = 0; image < outer->images; image++)
        for (ptrdiff_t row = 0; row < outer->rows; row++) {
            const float *x = outer->x + image * outer->x_image + row * outer->x_row;
            const float *dy = outer->dy + image * outer->dy_image + row * outer->dy_row;
            for (ptrdiff_t column = outer->columns; column > 0; column--) {
                OF(floats) b[4];
                UNROLL for (int j = 0; j < vectors; j++)
                    b[j] = OF(load)(dy + j / per_panel * dy_panel + j % per_panel * WIDTH);
                UNROLL for (int i = 0; i < rows; i++) {
                    OF(floats) a = OF(all)(x[i / channels * PANEL + i % channels]);
                    UNROLL for (int j = 0; j < vectors; j++) sum[i][j] += a * b[j];
                }
                x += PANEL;
                dy += PANEL;
                OPAQUE(x); /* or GCC would keep some of its values for the next pixel's taps */
            }
            if (--left > 0) continue;
            UNROLL for (int i = 0; i < rows; i++)
                UNROLL for (int j = 0; j < vectors; j++) {
                    float *second = outer->sums + (i * vectors + j) * WIDTH;
                    if (resumes) sum[i][j] += OF(load)(second);
                    OF(store)(second, sum[i][j]);
                    sum[i][j] = OF(all)(0);
                }
            left = outer->chain;
            resumes = 1;
        }
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++) {
            float *dw = outer->dw + i / channels * outer->dw_tap + i % channels * PANEL
                + j / per_panel * outer->dw_panel + j % per_panel * WIDTH;
            if (resumes) sum[i][j] += OF(load)(outer->sums + (i * vectors + j) * WIDTH);
            OF(store)(dw, OF(load)(dw) + sum[i][j]);
        }
}
#undef WIDTH
