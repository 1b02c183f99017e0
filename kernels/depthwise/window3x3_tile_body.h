/* Depthwise 3x3 windows, for vectors of WIDTH channels: a row of y, or two that share their source.

   The filter and the pixels under three columns of taps stay in registers as the window moves. */

TILE void OF(load_column)(const Three *z, const float **x, const int lines, OF(floats) *column) {
    UNROLL for (int i = 0; i < lines; i++) {
        column[i] = OF(load)(x[i]);
        x[i] += z->x_pixel[i];
    }
}

TILE void OF(clear_column)(const int lines, OF(floats) *column) {
    UNROLL for (int i = 0; i < lines; i++) column[i] = OF(all)(0);
}

TILE void OF(sum_pixels)(
    const Three *z, OF(floats) w[3][3], OF(floats) *const *columns, OF(floats) bias, float *y,
    const int stride, const int rows
) {
    UNROLL for (int j = 0; j < rows; j++) {
        OF(floats) sum = OF(all)(0);
        UNROLL for (int r = 0; r < 3; r++)
            UNROLL for (int s = 0; s < 3; s++) sum += w[r][s] * columns[s][j * stride + r];
        sum += bias;
        sum = OF(activate)(sum, z->activation);
        OF(store)(y + j * z->y_row, sum);
    }
}

TILE void OF(run_three)(const Three *z, ptrdiff_t channel, const int stride, const int rows) {
    const int lines = (rows - 1) * stride + 3;
    OF(floats) w[3][3], left[5], middle[5], right[5], bias = OF(all)(0);
    OF(floats) *const columns[3] = {left, middle, right};
    const float *x[5];
    float *y = z->y + channel;

    UNROLL for (int r = 0; r < 3; r++) UNROLL for (int s = 0; s < 3; s++)
        w[r][s] = OF(load)(z->w + r * z->w_row + s * z->w_col + channel);
    if (z->bias) bias = OF(load)(z->bias + channel);
    UNROLL for (int i = 0; i < lines; i++) x[i] = z->x_pixel[i] ? z->x[i] + channel : ZEROS;

    if (z->padded_left)
        OF(clear_column)(lines, left);
    else
        OF(load_column)(z, x, lines, left);
    if (stride == 1) OF(load_column)(z, x, lines, middle);
    for (ptrdiff_t q = z->columns - z->padded_right; q > 0; q--) {
        if (stride == 2) OF(load_column)(z, x, lines, middle);
        OF(load_column)(z, x, lines, right);
        OF(sum_pixels)(z, w, columns, bias, y, stride, rows);
        UNROLL for (int i = 0; i < lines; i++) left[i] = stride == 1 ? middle[i] : right[i];
        if (stride == 1) UNROLL for (int i = 0; i < lines; i++) middle[i] = right[i];
        y += z->y_pixel;
    }
    if (!z->padded_right) return;
    if (stride == 2) OF(load_column)(z, x, lines, middle);
    OF(clear_column)(lines, right);
    OF(sum_pixels)(z, w, columns, bias, y, stride, rows);
}

static void OF(multiply_three)(const Three *z, ptrdiff_t channel, int stride, int rows) {
    if (stride == 1 && rows == 1) OF(run_three)(z, channel, 1, 1);
    if (stride == 1 && rows == 2) OF(run_three)(z, channel, 1, 2);
    if (stride == 2 && rows == 1) OF(run_three)(z, channel, 2, 1);
    if (stride == 2 && rows == 2) OF(run_three)(z, channel, 2, 2);
}
#undef WIDTH
