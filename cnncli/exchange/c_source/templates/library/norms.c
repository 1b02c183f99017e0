/* Normalize groups of channels of each image, then scale and shift each channel. */
static void group_norm(int images, int pixels, int channels, int groups, float eps,
                       const float *weight, const float *bias, const float *x, float *y)
{
    int width = channels / groups;
    for (int image = 0; image < images; image++) {
        for (int first = 0; first < channels; first += width) {
            double mean = 0, variance = 0;
            for (int i = 0; i < pixels; i++)
                for (int c = first; c < first + width; c++)
                    mean += (double)x[i * channels + c];
            mean /= pixels * width;
            for (int i = 0; i < pixels; i++)
                for (int c = first; c < first + width; c++) {
                    double distance = (double)x[i * channels + c] - mean;
                    variance += distance * distance;
                }
            double scale = 1 / sqrt(variance / (pixels * width) + (double)eps);
            for (int i = 0; i < pixels; i++)
                for (int c = first; c < first + width; c++) {
                    float normal = (float)(((double)x[i * channels + c] - mean) * scale);
                    y[i * channels + c] = normal * weight[c] + bias[c];
                }
        }
        x += pixels * channels;
        y += pixels * channels;
    }
}

/* Local response normalization: divide by what `size` channels around each hold. */
static void lrn(int pixels, int channels, int size, float alpha, float beta, float k,
                const float *x, float *y)
{
    for (int i = 0; i < pixels; i++, x += channels, y += channels)
        for (int c = 0; c < channels; c++) {
            int end = c + size / 2 < channels ? c + size / 2 : channels - 1;
            float sum = 0;
            for (int j = c > size / 2 ? c - size / 2 : 0; j <= end; j++)
                sum += x[j] * x[j];
            y[c] = x[c] * powf(k + alpha / (float)size * sum, -beta);
        }
}
