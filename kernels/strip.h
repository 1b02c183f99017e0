/* The tiles of depthwise_tile.h for vectors of WIDTH channels. */

TILE void OF(run_strip)(const Strip *strip, ptrdiff_t channel, const int columns) {
    const ptrdiff_t x_pixel = strip->x_pixel, x_col = strip->x_col;
    OF(floats) sum[14];
    UNROLL for (int i = 0; i < columns; i++) sum[i] = OF(all)(0);
    for (ptrdiff_t r = 0; r < strip->rows; r++) {
        const float *x = strip->x + r * strip->x_row + channel;
        const float *w = strip->w + r * strip->w_row + channel;
        for (ptrdiff_t s = strip->cols; s > 0; s--) {
            OF(floats) weight = OF(load)(w);
            const float *pixel = x;
            UNROLL for (int i = 0; i < columns; i++) {
                sum[i] += weight * OF(load)(pixel);
                pixel += x_pixel;
                OPAQUE(pixel); /* or GCC would keep a register for every multiple of x_pixel */
            }
            x += x_col;
            w += strip->w_col;
        }
    }
    UNROLL for (int i = 0; i < columns; i++) {
        OF(floats) total = sum[i];
        if (strip->bias) total += OF(load)(strip->bias + channel);
        if (strip->relu) total = OF(positive)(total);
        OF(store)(strip->y + i * strip->y_pixel + channel, total);
    }
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
