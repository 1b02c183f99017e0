/* The tiles of depthwise_tile.h for vectors of WIDTH channels. */

TILE void OF(run_strip)(const Strip *strip, ptrdiff_t channel, const int columns) {
    OF(floats) sum[8];
    UNROLL for (int i = 0; i < columns; i++) sum[i] = OF(all)(0);
    for (ptrdiff_t r = 0; r < strip->rows; r++) {
        const float *x = strip->x + r * strip->x_row + channel;
        const float *w = strip->w + r * strip->w_row + channel;
        for (ptrdiff_t s = strip->cols; s > 0; s--) {
            OF(floats) weight = OF(load)(w);
            UNROLL for (int i = 0; i < columns; i++)
                sum[i] += weight * OF(load)(x + i * strip->x_pixel);
            x += strip->x_col;
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
    switch (columns) {
    case 1: OF(run_strip)(strip, channel, 1); break;
    case 2: OF(run_strip)(strip, channel, 2); break;
    case 3: OF(run_strip)(strip, channel, 3); break;
    case 4: OF(run_strip)(strip, channel, 4); break;
    case 5: OF(run_strip)(strip, channel, 5); break;
    case 6: OF(run_strip)(strip, channel, 6); break;
    case 7: OF(run_strip)(strip, channel, 7); break;
    case 8: OF(run_strip)(strip, channel, 8); break;
    }
}

TILE void OF(run_row)(const RowGradient *row, ptrdiff_t channel, const int taps) {
    OF(floats) sum[5];
    const float *x = row->x + channel, *dy = row->dy + channel;
    UNROLL for (int i = 0; i < taps; i++) sum[i] = OF(all)(0);
    for (ptrdiff_t pixel = row->pixels; pixel > 0; pixel--) {
        OF(floats) gradient = OF(load)(dy);
        UNROLL for (int i = 0; i < taps; i++) sum[i] += gradient * OF(load)(x + i * row->x_col);
        x += row->x_pixel;
        dy += row->dy_pixel;
    }
    UNROLL for (int i = 0; i < taps; i++) {
        float *dw = row->dw + i * row->dw_col + channel;
        OF(store)(dw, OF(load)(dw) + sum[i]);
    }
}

static void OF(multiply_taps)(const RowGradient *row, ptrdiff_t channel, int taps) {
    switch (taps) {
    case 1: OF(run_row)(row, channel, 1); break;
    case 2: OF(run_row)(row, channel, 2); break;
    case 3: OF(run_row)(row, channel, 3); break;
    case 4: OF(run_row)(row, channel, 4); break;
    case 5: OF(run_row)(row, channel, 5); break;
    }
}
#undef WIDTH
