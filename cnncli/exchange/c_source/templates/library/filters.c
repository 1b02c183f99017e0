/* Where the windows of a layer stand on its input: along rows, then along columns. */
struct windows {
    int input[2], size[2], stride[2], dilation[2], before[2], output[2];
};

/* What the padding around an image holds. */
enum fill { ZEROS, REFLECTION, EDGE };

/* A convolution; a transposed one stamps its filters onto the output, at every input pixel. */
struct filters {
    struct windows windows;
    int channels, filters, groups;
    enum fill fill;
    int transposed;
};

/* Pixels and filters whose sums are computed together; channels that are added in one go. */
enum { TILE = 4, PANEL = 16, BLOCK = 48, RUN = 256 };

static const float zeros[RUN];

/* Return the input row (axis 0) or column (axis 1) that a place of the output sees through a row
   or column of its window; -1 where that is a zero of the padding. */
static int find_source(const struct filters *layer, int axis, int place, int tap)
{
    const struct windows *windows = &layer->windows;
    int length = windows->input[axis], stride = windows->stride[axis];
    int shift = tap * windows->dilation[axis], before = windows->before[axis];
    int source = place * stride + shift - before;
    if (source >= 0 && source < length && !layer->transposed)
        return source;
    if (layer->transposed) {
        int stamped = place + before - shift;
        source = stamped < 0 || stamped % stride ? -1 : stamped / stride;
    } else if (layer->fill == REFLECTION) {
        source = length - 1 - abs(length - 1 - abs(source));
    } else if (layer->fill == EDGE) {
        source = source < 0 ? 0 : source < length ? source : length - 1;
    }
    return source < length ? source : -1;
}

/* Add the products of a run of channels with the weights of a panel of filters. */
static void add_products(float sums[PANEL], const float *run, const float *restrict weight,
                         int length)
{
    float products[PANEL] = {0};
    for (int c = 0; c < length; c++, weight += PANEL)
        for (int k = 0; k < PANEL; k++)
            products[k] += run[c] * weight[k];
    for (int k = 0; k < PANEL; k++)
        sums[k] += products[k];
}

/* The same for the pixels of a tile at once. */
static void add_tile_products(float sums[TILE][PANEL], const float *const runs[TILE],
                              const float *restrict weight, int length)
{
    const float *x0 = runs[0], *x1 = runs[1], *x2 = runs[2], *x3 = runs[3];
    float products[TILE][PANEL] = {{0}};
    for (int c = 0; c < length; c++, weight += PANEL)
        for (int k = 0; k < PANEL; k++) {
            products[0][k] += x0[c] * weight[k];
            products[1][k] += x1[c] * weight[k];
            products[2][k] += x2[c] * weight[k];
            products[3][k] += x3[c] * weight[k];
        }
    for (int p = 0; p < TILE; p++)
        for (int k = 0; k < PANEL; k++)
            sums[p][k] += products[p][k];
}

/* Add the products of long runs in parts; a run that is NULL adds nothing. */
static void add_runs(float sums[TILE][PANEL], const float *const runs[TILE], int pixels,
                     const float *weight, int length)
{
    for (int start = 0; start < length; start += RUN) {
        int count = length - start < RUN ? length - start : RUN;
        const float *parts[TILE];
        for (int p = 0; p < TILE; p++)
            parts[p] = runs[p] ? runs[p] + start : zeros;
        if (pixels > 1)
            add_tile_products(sums, parts, weight + start * PANEL, count);
        else
            add_products(sums[0], parts[0], weight + start * PANEL, count);
    }
}

/* Add to the sums of a tile of output pixels, from number `first` on, what a panel of filters
   answers there. Weights are [row][column][channel][filter]. */
static void convolve_tile(float sums[TILE][PANEL], const struct filters *layer, int first,
                          int pixels, const float *weight, const float *x)
{
    const struct windows *windows = &layer->windows;
    int depth = layer->channels / layer->groups, columns = windows->size[1];
    int whole = layer->groups == 1 && windows->dilation[1] == 1 && !layer->transposed;
    int at_row[TILE], at_column[TILE];
    for (int p = 0; p < pixels; p++) {
        int left;
        at_row[p] = (first + p) / windows->output[1];
        at_column[p] = (first + p) % windows->output[1];
        left = at_column[p] * windows->stride[1] - windows->before[1];
        whole = whole && left >= 0 && left + columns <= windows->input[1];
    }
    /* Where all windows lie within the image's width, a row of a window is a single run. */
    int steps = whole ? 1 : columns, length = whole ? columns * depth : depth;
    for (int r = 0; r < windows->size[0]; r++)
        for (int s = 0; s < steps; s++, weight += length * PANEL) {
            const float *runs[TILE] = {NULL, NULL, NULL, NULL};
            int seen = 0;
            for (int p = 0; p < pixels; p++) {
                int row = find_source(layer, 0, at_row[p], r);
                int column = row < 0 ? -1 : find_source(layer, 1, at_column[p], s);
                if (column >= 0) {
                    runs[p] = x + (row * windows->input[1] + column) * layer->channels;
                    seen = 1;
                }
            }
            if (seen)
                add_runs(sums, runs, pixels, weight, length);
        }
}

/* Convolution, transposed convolution and fully connected layer, the 1x1 convolution of a pixel:
   y = activate(bias + filters on x + residual). Weights are in panels of filters, the last of
   each group filled up with zeros; bias, residual and activate may be NULL. */
static void convolve(const struct filters *layer, const float *weight, const float *bias,
                     const float *residual, void (*activate)(float *, int), const float *x,
                     float *y)
{
    const struct windows *windows = &layer->windows;
    int pixels = windows->output[0] * windows->output[1], all = layer->filters;
    int depth = layer->channels / layer->groups, filters = all / layer->groups;
    int panels = (filters + PANEL - 1) / PANEL;
    int panel_size = windows->size[0] * windows->size[1] * depth * PANEL;
    for (int first = 0; first < pixels; first += BLOCK) {
        int end = pixels - first < BLOCK ? pixels : first + BLOCK;
        for (int panel = 0; panel < layer->groups * panels; panel++) {
            int group = panel / panels, k = group * filters + panel % panels * PANEL;
            int count = (group + 1) * filters - k < PANEL ? (group + 1) * filters - k : PANEL;
            for (int i = first; i < end; i += TILE) {
                int tile = end - i < TILE ? end - i : TILE;
                float sums[TILE][PANEL] = {{0}};
                convolve_tile(sums, layer, i, tile, weight + panel * panel_size,
                              x + group * depth);
                for (int p = 0; p < tile; p++)
                    for (int n = 0; n < count; n++)
                        y[(i + p) * all + k + n] = sums[p][n] + (bias ? bias[k + n] : 0);
            }
        }
        for (int i = first * all; i < end * all; i += all) {
            for (int k = 0; residual && k < all; k++)
                y[i + k] += residual[i + k];
            if (activate)
                activate(y + i, all);
        }
    }
}

/* Convolution of each channel with a filter of its own. Weights are [row][column][channel]. */
static void convolve_depthwise(const struct filters *layer, const float *weight,
                               const float *bias, const float *residual,
                               void (*activate)(float *, int), const float *x, float *restrict y)
{
    const struct windows *windows = &layer->windows;
    int channels = layer->channels;
    for (int p = 0; p < windows->output[0]; p++)
        for (int q = 0; q < windows->output[1]; q++, y += channels) {
            for (int c = 0; c < channels; c++)
                y[c] = bias ? bias[c] : 0;
            for (int r = 0; r < windows->size[0]; r++)
                for (int s = 0; s < windows->size[1]; s++) {
                    int row = find_source(layer, 0, p, r), column = find_source(layer, 1, q, s);
                    if (row < 0 || column < 0)
                        continue;
                    const float *pixel = x + (row * windows->input[1] + column) * channels;
                    const float *factors = weight + (r * windows->size[1] + s) * channels;
                    for (int c = 0; c < channels; c++)
                        y[c] += pixel[c] * factors[c];
                }
            if (residual) {
                for (int c = 0; c < channels; c++)
                    y[c] += residual[c];
                residual += channels;
            }
            if (activate)
                activate(y, channels);
        }
}
