/* The tiles of tiles.h for vectors of WIDTH channels. */

/* A row of three taps side by side: a pixel under several of them is read once. */
TILE void OF(add_three)(
    const float *x, ptrdiff_t x_pixel, const float *w, ptrdiff_t w_col, OF(floats) *sum,
    const int columns
) {
    const OF(floats) left = OF(load)(w), middle = OF(load)(w + w_col);
    const OF(floats) right = OF(load)(w + 2 * w_col);
    UNROLL for (int i = 0; i < columns + 2; i++) {
        const OF(floats) pixel = OF(load)(x);
        if (i < columns) sum[i] += left * pixel;
        if (i > 0 && i <= columns) sum[i - 1] += middle * pixel;
        if (i > 1) sum[i - 2] += right * pixel;
        x += x_pixel;
        OPAQUE(x); /* or GCC would keep a register for every multiple of x_pixel */
    }
}

TILE void OF(run_strip)(const Strip *strip, ptrdiff_t channel, const int columns) {
    const ptrdiff_t x_pixel = strip->x_pixel, x_col = strip->x_col;
    const int three = strip->cols == 3 && x_col == x_pixel;
    OF(floats) sum[14];
    UNROLL for (int i = 0; i < columns; i++) sum[i] = OF(all)(0);
    for (ptrdiff_t r = 0; r < strip->rows; r++) {
        const float *x = strip->x + r * strip->x_row + channel;
        const float *w = strip->w + r * strip->w_row + channel;
        if (three) {
            OF(add_three)(x, x_pixel, w, strip->w_col, sum, columns);
            continue;
        }
        for (ptrdiff_t s = strip->cols; s > 0; s--) {
            OF(floats) weight = OF(load)(w);
            const float *pixel = x;
            UNROLL for (int i = 0; i < columns; i++) {
                sum[i] += weight * OF(load)(pixel);
                pixel += x_pixel;
                OPAQUE(pixel);
            }
            x += x_col;
            w += strip->w_col;
        }
    }
    if (strip->bias) {
        const OF(floats) bias = OF(load)(strip->bias + channel);
        UNROLL for (int i = 0; i < columns; i++) sum[i] += bias;
    }
    const int activation = strip->activation;
    if (activation)
        UNROLL for (int i = 0; i < columns; i++) sum[i] = OF(activate)(sum[i], activation);
    float *y = strip->y + channel;
    const ptrdiff_t y_pixel = strip->y_pixel;
    UNROLL for (int i = 0; i < columns; i++) OF(store)(y + i * y_pixel, sum[i]);
}

static void OF(multiply_strip)(const Strip *strip, ptrdiff_t channel, int columns) {
#define CASE(COLUMNS, _) case COLUMNS: OF(run_strip)(strip, channel, COLUMNS); break;
    switch (columns) { UP_TO_14(CASE, 0) }
#undef CASE
}

TILE void OF(run_taps)(const TapSums *z, ptrdiff_t channel, const int taps) {
    const ptrdiff_t x_col = z->x_col, x_pixel = z->x_pixel, dy_pixel = z->dy_pixel;
    OF(floats) even[6], odd[6]; /* pixels: more sums at a time than there are taps */
    UNROLL for (int i = 0; i < taps; i++) even[i] = odd[i] = OF(all)(0);
    for (ptrdiff_t row = 0; row < z->rows; row++) {
        const float *x = z->x + row * z->x_row + channel;
        const float *dy = z->dy + row * z->dy_row + channel;
        for (ptrdiff_t column = z->columns; column > 0; column -= 2) {
            OF(floats) gradient = OF(load)(dy);
            UNROLL for (int i = 0; i < taps; i++) even[i] += gradient * OF(load)(x + i * x_col);
            if (column == 1) break;
            gradient = OF(load)(dy + dy_pixel);
            UNROLL for (int i = 0; i < taps; i++)
                odd[i] += gradient * OF(load)(x + x_pixel + i * x_col);
            x += 2 * x_pixel;
            dy += 2 * dy_pixel;
            OPAQUE(x);
        }
    }
    UNROLL for (int i = 0; i < taps; i++) {
        float *dw = z->dw + i * z->dw_col;
        OF(store)(dw, OF(load)(dw) + (even[i] + odd[i]));
    }
}

static void OF(multiply_taps)(const TapSums *z, ptrdiff_t channel, int taps) {
#define CASE(TAPS, _) case TAPS: OF(run_taps)(z, channel, TAPS); break;
    switch (taps) { UP_TO_6(CASE, 0) }
#undef CASE
}
#undef WIDTH
