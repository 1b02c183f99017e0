/* The register tile under Winograd convolutions, for vectors of WIDTH floats.

   Up to 28 rows x (vectors * WIDTH) filters of sums over terms. Forward, rows are tiles of outputs
   and terms are channels; for the weight gradient, rows are channels and terms are tiles. `row` and
   `step` are the floats of the left factor from one row and from one term to the next. */

#define MULTIPLY_TERM                                                                        \
    {                                                                                        \
        OF(floats) factor[4];                                                                \
        UNROLL for (int j = 0; j < vectors; j++)                                             \
            factor[j] = OF(load)(b + j / per_panel * b_panel + j % per_panel * WIDTH);       \
        UNROLL for (int i = 0; i < rows; i++) {                                              \
            OF(floats) value = OF(all)(x[i * row]);                                          \
            UNROLL for (int j = 0; j < vectors; j++) ADD_PRODUCT(sum[i][j], value, factor[j]); \
        }                                                                                    \
        x += step;                                                                           \
        b += PANEL;                                                                          \
    }

TILE void OF(run_product)(
    const Product *product, const int rows, const int vectors, const int row, const int step
) {
    const int per_panel = PANEL / WIDTH;
    const ptrdiff_t b_panel = product->b_panel;
    const float *a = product->a, *b = product->b;
    ptrdiff_t terms = product->terms;
    for (int adds = product->adds; terms > 0; adds = 1) {
        OF(floats) sum[28][4];
        UNROLL for (int i = 0; i < rows; i++)
            UNROLL for (int j = 0; j < vectors; j++) sum[i][j] = OF(all)(0);
        for (int chain = CHAIN_BLOCKS; chain > 0 && terms > 0; chain--, terms -= PANEL) {
            const float *x = a;
            if (terms >= PANEL) {
                NO_UNROLL for (int c = 0; c < PANEL; c += TERMS)
                    UNROLL for (int k = 0; k < TERMS; k++) MULTIPLY_TERM;
            } else {
                NO_UNROLL for (ptrdiff_t c = terms; c > 0; c--) MULTIPLY_TERM;
            }
            a += product->a_block;
        }
        UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < vectors; j++) {
            float *to = product->sums + i * product->sums_row
                + j / per_panel * product->sums_panel + j % per_panel * WIDTH;
            if (adds) sum[i][j] += OF(load)(to);
            OF(store)(to, sum[i][j]);
        }
    }
}
#undef MULTIPLY_TERM
#undef WIDTH
