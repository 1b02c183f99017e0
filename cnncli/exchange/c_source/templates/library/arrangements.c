/* The sum of two branches; y may be either. */
static void add(int count, const float *a, const float *b, float *y)
{
    for (int i = 0; i < count; i++)
        y[i] = a[i] + b[i];
}

/* The product of two branches; y may be either. */
static void multiply(int count, const float *a, const float *b, float *y)
{
    for (int i = 0; i < count; i++)
        y[i] = a[i] * b[i];
}

/* The sum of a branch and a smaller one, in which a step of so many values leads from what is for
   a pixel to what is for the next, and the same for channels; 0 where all have the same. */
static void spread_add(int pixels, int channels, int pixel_step, int channel_step, const float *a,
                       const float *b, float *y)
{
    for (int i = 0; i < pixels; i++)
        for (int c = 0; c < channels; c++)
            y[i * channels + c] = a[i * channels + c] + b[i * pixel_step + c * channel_step];
}

/* The same for the product. */
static void spread_multiply(int pixels, int channels, int pixel_step, int channel_step,
                            const float *a, const float *b, float *y)
{
    for (int i = 0; i < pixels; i++)
        for (int c = 0; c < channels; c++)
            y[i * channels + c] = a[i * channels + c] * b[i * pixel_step + c * channel_step];
}

/* Copy `count` channels of each pixel, from one number on, to others, from another number on. */
static void copy_channels(int pixels, int count, int channels, int from, const float *x,
                          int y_channels, int to, float *y)
{
    for (int i = 0; i < pixels; i++)
        memcpy(y + i * y_channels + to, x + i * channels + from, (size_t)count * sizeof *y);
}

/* Repeat each pixel along rows and columns. */
static void upsample(int height, int width, int channels, int rows, int columns, const float *x,
                     float *y)
{
    for (int i = 0; i < height * rows; i++)
        for (int j = 0; j < width * columns; j++, y += channels) {
            const float *pixel = x + (i / rows * width + j / columns) * channels;
            memcpy(y, pixel, (size_t)channels * sizeof *y);
        }
}

/* Make an image of another size. Each of its rows reads `taps` rows of x, whose numbers and weights
   follow those of the row before; the same for columns. */
static void resize(int width, int channels, int y_height, int y_width, int taps, const int *rows,
                   const float *row_weights, const int *columns, const float *column_weights,
                   const float *x, float *y)
{
    for (int i = 0; i < y_height * y_width; i++)
        for (int c = 0; c < channels; c++, y++) {
            int first_row = i / y_width * taps, first_column = i % y_width * taps;
            *y = 0.0f;
            for (int r = first_row; r < first_row + taps; r++) {
                float sum = 0.0f;
                for (int s = first_column; s < first_column + taps; s++)
                    sum += column_weights[s] * x[(rows[r] * width + columns[s]) * channels + c];
                *y += row_weights[r] * sum;
            }
        }
}

/* Change between pixels of channels and channels of pixels: y[j][i] = x[i][j]. */
static void transpose(int rows, int columns, const float *x, float *y)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            y[j * rows + i] = x[i * columns + j];
}

/* The first channel of each group of `width`, then the second of each, and so on. */
static void shuffle(int pixels, int groups, int width, const float *x, float *y)
{
    for (int i = 0; i < pixels; i++)
        transpose(groups, width, x + i * groups * width, y + i * groups * width);
}

/* Put zeros around an image: (height, width, channels) to (y_height, y_width, channels). */
static void zeropad(int height, int width, int channels, int top, int left, int y_height,
                    int y_width, const float *x, float *y)
{
    memset(y, 0, (size_t)y_height * (size_t)(y_width * channels) * sizeof *y);
    for (int i = 0; i < height; i++)
        memcpy(y + ((top + i) * y_width + left) * channels, x + i * width * channels,
               (size_t)(width * channels) * sizeof *y);
}

/* Take the border of an image away: of rows of x_width pixels to (height, width, channels). */
static void crop(int height, int width, int channels, int top, int left, int x_width,
                 const float *x, float *y)
{
    for (int i = 0; i < height; i++)
        memcpy(y + i * width * channels, x + ((top + i) * x_width + left) * channels,
               (size_t)(width * channels) * sizeof *y);
}

/* Batch normalization by its running statistics, as a scale and a shift per channel. */
static void scale_and_shift(int pixels, int channels, const float *scale, const float *shift,
                            const float *x, float *y)
{
    for (int i = 0; i < pixels; i++)
        for (int c = 0; c < channels; c++)
            y[i * channels + c] = x[i * channels + c] * scale[c] + shift[c];
}
