/* The tile of forward_tile.h for vectors of WIDTH floats: pixels x (vectors * WIDTH) filters. */

#define MULTIPLY_CHANNEL(c)                                                                  \
    {                                                                                        \
        OF(floats) b[4];                                                                     \
        const float *panel = w + (c) * PANEL;                                                \
        UNROLL for (int j = 0; j < vectors; j++)                                             \
            b[j] = OF(load)(panel + j / per_panel * panel_stride + j % per_panel * WIDTH);   \
        UNROLL for (int i = 0; i < pixels; i++) {                                            \
            const float *pixel = packed ? x[0] + i * PANEL : x[i / 4] + i % 4 * x_pixel;     \
            OF(floats) a = OF(all)(pixel[c]);                                                \
            UNROLL for (int j = 0; j < vectors; j++) ADD_PRODUCT(sum[i][j], a, b[j]);        \
        }                                                                                    \
    }

#define MULTIPLY_CHANNELS(count)                                                             \
    {                                                                                        \
        UNROLL for (int c = 0; c < count; c++) MULTIPLY_CHANNEL(c);                          \
        UNROLL for (int i = 0; i < pointers; i++) {                                          \
            x[i] += count;                                                                   \
            if (!packed) OPAQUE(x[i]); /* or GCC would keep a register for every pixel */    \
        }                                                                                    \
        w += count * PANEL;                                                                  \
    }

#define EVERY_SUM                                                                            \
    UNROLL for (int i = 0; i < pixels; i++) UNROLL for (int j = 0; j < vectors; j++)

/* Apply what is too long to be repeated for every sum of every tile. */
static __attribute__((noinline)) void OF(activate_outputs)(
    float *y, ptrdiff_t y_stride, int pixels, int vectors, int activation
) {
    for (int i = 0; i < pixels; i++, y += y_stride)
        for (int j = 0; j < vectors; j++)
            OF(store)(y + j * WIDTH, OF(activate)(OF(load)(y + j * WIDTH), activation));
}

TILE void OF(run_piece)(
    const Piece *piece, const int pixels, const int vectors, const int packed
) {
    const int per_panel = PANEL / WIDTH, pointers = packed ? 1 : (pixels + 3) / 4;
    const int small = pixels * vectors <= 12; /* and a loop's own instructions take their time */
    const int step = packed || small ? CHANNELS : 1;
    const ptrdiff_t x_pixel = piece->x_pixel;
    const Tap *tap = piece->taps, *end = tap + piece->tap_count;
    const float *source = piece->source, *weight = piece->weight;
    ptrdiff_t channels = piece->channels;
    const ptrdiff_t panel_stride = piece->panel_stride, ahead = piece->ahead;
    const ptrdiff_t weight_stride = piece->weight_stride;
    ptrdiff_t steps = piece->tap_count * ((channels + PANEL - 1) / PANEL);
    float *const sums = piece->sums;
    int resumes = piece->resumes;
    OF(floats) sum[28][4];

    for (;;) {
        EVERY_SUM sum[i][j] = OF(all)(0);
        ptrdiff_t chain = steps < CHAIN ? steps : CHAIN;
        for (steps -= chain; chain > 0; chain--) {
            const float *x[7], *w;
            UNROLL for (int i = 0; i < pointers; i++)
                x[i] = source + tap->source + i * 4 * x_pixel;
            if (channels >= PANEL) {
                w = weight + tap->weight[0];
                NO_UNROLL for (int c = 0; c < PANEL; c += step) {
                    if (ahead) /* into the second-level cache */
                        UNROLL for (int k = 0; k < step; k++)
                            __builtin_prefetch(w + ahead + k * PANEL, 0, 2);
                    MULTIPLY_CHANNELS(step);
                }
            } else {
                w = weight + tap->weight[1];
                ptrdiff_t c = channels;
                if (small) NO_UNROLL for (; c >= 3; c -= 3) MULTIPLY_CHANNELS(3); /* colors */
                NO_UNROLL for (; c > 0; c--) MULTIPLY_CHANNELS(1);
            }
            if (++tap == end) {
                tap = piece->taps;
                source += piece->block_stride;
                weight += weight_stride;
                channels -= PANEL;
            }
        }
        if (steps == 0 && !piece->continues) break;
        EVERY_SUM {
            float *second = sums + i * MOST_FILTERS + j * WIDTH;
            if (resumes) sum[i][j] += OF(load)(second);
            OF(store)(second, sum[i][j]);
        }
        if (steps == 0) return;
        resumes = 1;
    }

    const int whole = piece->filters == vectors * WIDTH;
    float *y = whole ? piece->y : piece->sums;
    const ptrdiff_t y_stride = whole ? piece->y_stride : MOST_FILTERS;
    const float *residual = piece->residual;
    const float *const bias = piece->bias;
    const int activation = piece->activation;
    float gathered[28 * MOST_FILTERS];
    if (residual && !whole) {
        for (int i = 0; i < pixels; i++)
            memcpy(
                gathered + i * MOST_FILTERS, residual + i * piece->y_stride,
                piece->filters * sizeof(float)
            );
        residual = gathered;
    }
    if (resumes) EVERY_SUM sum[i][j] += OF(load)(sums + i * MOST_FILTERS + j * WIDTH);
    EVERY_SUM sum[i][j] += OF(load)(bias + j * WIDTH);
    if (residual) EVERY_SUM sum[i][j] += OF(load)(residual + i * y_stride + j * WIDTH);
    if (activation == WITH_RELU) EVERY_SUM sum[i][j] = OF(positive)(sum[i][j]);
    EVERY_SUM OF(store)(y + i * y_stride + j * WIDTH, sum[i][j]);
    if (activation > WITH_RELU) OF(activate_outputs)(y, y_stride, pixels, vectors, activation);
    if (!whole) store_filters(piece, pixels, vectors * WIDTH);
}
#undef MULTIPLY_CHANNEL
#undef MULTIPLY_CHANNELS
#undef EVERY_SUM
#undef WIDTH
