/* Normalize pixels of an image, with a scale and a shift per channel. */
static void normalize_pixels(int pixels, int channels, const float *scale, const float *shift,
                             const uint8_t *values, float *input)
{
    for (int i = 0; i < pixels * channels; i++)
        input[i] = (float)values[i] * scale[i % channels] + shift[i % channels];
}

/* The same, but each channel is first brought to the same mean and deviation, in whole levels. */
static void normalize_levels(int pixels, int channels, const float *scale, const float *shift,
                             const uint8_t *values, float *input)
{
    for (int c = 0; c < channels; c++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < pixels; i++)
            sum += values[i * channels + c];
        double mean = sum / pixels;
        for (int i = 0; i < pixels; i++) {
            double distance = values[i * channels + c] - mean;
            squares += distance * distance;
        }
        double deviation = sqrt(squares / pixels), gain = deviation > 0 ? 48 / deviation : 0;
        for (int i = 0; i < pixels; i++) {
            double level = rint((values[i * channels + c] - mean) * gain + 128);
            level = level < 0 ? 0 : level > 255 ? 255 : level;
            input[i * channels + c] = (float)level * scale[c] + shift[c];
        }
    }
}

/* Normalize the samples of a signal, with a scale and a shift per channel. */
static void normalize_samples(int samples, int channels, const float *scale, const float *shift,
                              const float *values, float *input)
{
    for (int i = 0; i < samples * channels; i++)
        input[i] = values[i] * scale[i % channels] + shift[i % channels];
}

/* Return the number of the largest value, the first of equal ones. */
static int find_largest(int count, const float *values)
{
    int largest = 0;
    for (int i = 1; i < count; i++)
        if (values[i] > values[largest])
            largest = i;
    return largest;
}
