/* Depthwise strips for one vector type: include with WIDTH, the channels in a vector, defined.

   Depthwise convolution does little arithmetic per pixel, so nothing is packed: strips read and
   write images in place, LANES channels at a time, then the channels left over by fewer. */

typedef float NAME(floats) __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef int NAME(ints) __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));

TILE void NAME(run_strip)(const Strip *strip, ptrdiff_t channel, const int columns) {
    typedef NAME(floats) floats;
    floats sum[8];
    UNROLL for (int i = 0; i < columns; i++) sum[i] = (floats){0};
    for (ptrdiff_t r = 0; r < strip->rows; r++) {
        const float *x = strip->x + r * strip->x_row + channel;
        const float *w = strip->w + r * strip->w_row + channel;
        for (ptrdiff_t s = strip->cols; s > 0; s--) {
            floats weight = *(const floats *)w;
            UNROLL for (int i = 0; i < columns; i++)
                sum[i] += weight * *(const floats *)(x + i * strip->x_pixel);
            x += strip->x_col;
            w += strip->w_col;
        }
    }
    UNROLL for (int i = 0; i < columns; i++) {
        floats total = sum[i];
        if (strip->bias) total += *(const floats *)(strip->bias + channel);
        if (strip->relu) total = (floats)(~(total < 0) & (NAME(ints))total); /* keeps NaN */
        *(floats *)(strip->y + i * strip->y_pixel + channel) = total;
    }
}

static void NAME(multiply_strip)(const Strip *strip, ptrdiff_t channel, int columns) {
    switch (columns) {
    case 1: NAME(run_strip)(strip, channel, 1); break;
    case 2: NAME(run_strip)(strip, channel, 2); break;
    case 3: NAME(run_strip)(strip, channel, 3); break;
    case 4: NAME(run_strip)(strip, channel, 4); break;
    case 5: NAME(run_strip)(strip, channel, 5); break;
    case 6: NAME(run_strip)(strip, channel, 6); break;
    case 7: NAME(run_strip)(strip, channel, 7); break;
    case 8: NAME(run_strip)(strip, channel, 8); break;
    }
}

TILE void NAME(run_row)(const RowGradient *row, ptrdiff_t channel, const int taps) {
    typedef NAME(floats) floats;
    floats sum[8];
    const float *x = row->x + channel, *dy = row->dy + channel;
    UNROLL for (int i = 0; i < taps; i++) sum[i] = (floats){0};
    for (ptrdiff_t pixel = row->pixels; pixel > 0; pixel--) {
        floats gradient = *(const floats *)dy;
        UNROLL for (int i = 0; i < taps; i++)
            sum[i] += gradient * *(const floats *)(x + i * row->x_col);
        x += row->x_pixel;
        dy += row->dy_pixel;
    }
    UNROLL for (int i = 0; i < taps; i++)
        *(floats *)(row->dw + i * row->dw_col + channel) += sum[i];
}

static void NAME(multiply_taps)(const RowGradient *row, ptrdiff_t channel, int taps) {
    switch (taps) {
    case 1: NAME(run_row)(row, channel, 1); break;
    case 2: NAME(run_row)(row, channel, 2); break;
    case 3: NAME(run_row)(row, channel, 3); break;
    case 4: NAME(run_row)(row, channel, 4); break;
    case 5: NAME(run_row)(row, channel, 5); break;
    }
}

#undef WIDTH
