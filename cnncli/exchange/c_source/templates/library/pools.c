/* Return where a window begins along an axis, at the border of the image at least. */
static int begin_window(const struct windows *windows, int axis, int place)
{
    int begin = place * windows->stride[axis] - windows->before[axis];
    return begin < 0 ? 0 : begin;
}

/* Return where a window ends along an axis, at most so far behind the border of the image. */
static int end_window(const struct windows *windows, int axis, int place, int after)
{
    int begin = place * windows->stride[axis] - windows->before[axis];
    int end = begin + windows->size[axis], length = windows->input[axis] + after;
    return end < length ? end : length;
}

/* The largest value of each window. */
static void maxpool(const struct windows *windows, int channels, const float *x,
                    float *restrict y)
{
    for (int p = 0; p < windows->output[0]; p++)
        for (int q = 0; q < windows->output[1]; q++, y += channels) {
            int first_row = begin_window(windows, 0, p), end_row = end_window(windows, 0, p, 0);
            int first = begin_window(windows, 1, q), end = end_window(windows, 1, q, 0);
            for (int c = 0; c < channels; c++)
                y[c] = -INFINITY;
            for (int row = first_row; row < end_row; row++)
                for (int column = first; column < end; column++) {
                    const float *pixel = x + (row * windows->input[1] + column) * channels;
                    for (int c = 0; c < channels; c++)
                        y[c] = pixel[c] > y[c] ? pixel[c] : y[c];
                }
        }
}

/* The mean of each window. With `include_pad`, zeros of the padding count: before the image, and
   `below` rows and `right` columns after it. */
static void avgpool(const struct windows *windows, int include_pad, int below, int right,
                    int channels, const float *x, float *restrict y)
{
    for (int p = 0; p < windows->output[0]; p++)
        for (int q = 0; q < windows->output[1]; q++, y += channels) {
            int first_row = begin_window(windows, 0, p), end_row = end_window(windows, 0, p, 0);
            int first = begin_window(windows, 1, q), end = end_window(windows, 1, q, 0);
            int top = p * windows->stride[0] - windows->before[0];
            int left = q * windows->stride[1] - windows->before[1];
            int area = (end_row - first_row) * (end - first);
            if (include_pad)
                area = (end_window(windows, 0, p, below) - top) *
                       (end_window(windows, 1, q, right) - left);
            for (int c = 0; c < channels; c++)
                y[c] = 0;
            for (int row = first_row; row < end_row; row++)
                for (int column = first; column < end; column++) {
                    const float *pixel = x + (row * windows->input[1] + column) * channels;
                    for (int c = 0; c < channels; c++)
                        y[c] += pixel[c];
                }
            for (int c = 0; c < channels; c++)
                y[c] /= (float)area;
        }
}

/* The root of the sum of squares of each window. */
static void l2pool(const struct windows *windows, int channels, const float *x, float *restrict y)
{
    for (int p = 0; p < windows->output[0]; p++)
        for (int q = 0; q < windows->output[1]; q++, y += channels) {
            int first_row = begin_window(windows, 0, p), end_row = end_window(windows, 0, p, 0);
            int first = begin_window(windows, 1, q), end = end_window(windows, 1, q, 0);
            for (int c = 0; c < channels; c++)
                y[c] = 0;
            for (int row = first_row; row < end_row; row++)
                for (int column = first; column < end; column++) {
                    const float *pixel = x + (row * windows->input[1] + column) * channels;
                    for (int c = 0; c < channels; c++)
                        y[c] += pixel[c] * pixel[c];
                }
            for (int c = 0; c < channels; c++)
                y[c] = sqrtf(y[c]);
        }
}

/* The mean of each whole feature map, its sums cut into rows of pixels. */
static void global_avgpool(int rows, int columns, int channels, const float *x, float *y)
{
    for (int c = 0; c < channels; c++) {
        float sum = 0;
        for (int row = 0; row < rows; row++) {
            float part = 0;
            for (int column = 0; column < columns; column++)
                part += x[(row * columns + column) * channels + c];
            sum += part;
        }
        y[c] = sum / (float)(rows * columns);
    }
}

/* The largest value of each whole feature map. */
static void global_maxpool(int pixels, int channels, const float *x, float *y)
{
    for (int c = 0; c < channels; c++)
        y[c] = x[c];
    for (int i = channels; i < pixels * channels; i++)
        y[i % channels] = x[i] > y[i % channels] ? x[i] : y[i % channels];
}
