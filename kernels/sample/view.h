/* An image seen through a matrix, a run of pixels at a time: where they look, what they see there,
   and their colors. A run is short enough for its numbers to stay in the nearest cache. */

#ifndef CNNCLI_VIEW_H
#define CNNCLI_VIEW_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { REFLECT, EDGE, ZERO }; /* borders, by their place in cnncli/augment/border.py */
enum {
    RUN = 64,       /* pixels */
    NUMBERS = 1024, /* of their channels, and the most channels of a pixel */
};
#define FAR 1e6 /* pixels: how far a perspective looks toward its horizon */

typedef struct {
    const unsigned char *pixels;
    ptrdiff_t rows, columns, channels;
    int border;
} Source;

/* Where the pixels of a run look: the pixel at or left above of each place, and the way from it. */
typedef struct {
    int32_t left[RUN], top[RUN];
    float right[RUN], down[RUN];
    int32_t inside[RUN]; /* whether all four pixels around lie in the source, none as its last */
} Places;

/* Return which row or column stands at place i; -1 where there is none. */
static inline ptrdiff_t find_place(ptrdiff_t i, ptrdiff_t length, int border) {
    if (i >= 0 && i < length) return i;
    if (border == ZERO) return -1;
    if (border == EDGE || length == 1) return i < 0 ? 0 : length - 1;
    const ptrdiff_t period = 2 * (length - 1);
    i = i < 0 ? -i : i;
    i = i < period ? i : i % period; /* a division is slow, and rarely needed */
    return i < length ? i : period - i;
}

static inline double within_sight(double x) {
    x = x > -FAR ? x : -FAR; /* also where it is no number */
    return x < FAR ? x : FAR;
}

static inline void look_at(const double *m, double column, double row, double *x, double *y) {
    const double depth = m[6] * column + m[7] * row + m[8];
    *x = within_sight((m[0] * column + m[1] * row + m[2]) / depth);
    *y = within_sight((m[3] * column + m[4] * row + m[5]) / depth);
}

/* Look from `count` pixels of a row, from a column on. All are counted from the whole place at or
   before the first, so that floats are precise enough. */
static inline void look(
    const double *m, const Source *source, ptrdiff_t row, ptrdiff_t column, ptrdiff_t count,
    Places *at
) {
    const int32_t last = source->columns - 1, lowest = source->rows - 1;
    float across[RUN], along[RUN];
    double x, y;
    look_at(m, column, row, &x, &y);
    const double first_x = floor(x), first_y = floor(y);
    if (m[6] == 0 && m[7] == 0) {
        const float dx = m[0] / m[8], dy = m[3] / m[8], x0 = x - first_x, y0 = y - first_y;
        for (int i = 0; i < count; i++) {
            across[i] = x0 + dx * i;
            along[i] = y0 + dy * i;
        }
    } else {
        for (int i = 0; i < count; i++) {
            look_at(m, column + i, row, &x, &y);
            across[i] = x - first_x;
            along[i] = y - first_y;
        }
    }
    const int32_t start = first_x, top_start = first_y;
    for (int i = 0; i < count; i++) {
        const float whole_x = floorf(across[i]), whole_y = floorf(along[i]);
        const int32_t left = start + (int32_t)whole_x, top = top_start + (int32_t)whole_y;
        at->left[i] = left;
        at->top[i] = top;
        at->right[i] = across[i] - whole_x;
        at->down[i] = along[i] - whole_y;
        at->inside[i] = (left >= 0) & (top >= 0) & (left < last) & (top < lowest) &
                        ((left < last - 1) | (top < lowest - 1));
    }
}

/* Three channels at once, and a number more. */
typedef float color_floats __attribute__((vector_size(16), aligned(4), may_alias));
typedef uint32_t color_bits __attribute__((vector_size(16)));
typedef int32_t color_ints __attribute__((vector_size(16)));

static inline color_floats read_color(const unsigned char *pixel) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    const color_bits shifts = {24, 16, 8, 0};
#else
    const color_bits shifts = {0, 8, 16, 24};
#endif
    uint32_t word;
    memcpy(&word, pixel, 4);
    const color_bits bits = (color_bits){word, word, word, word} >> shifts;
    return __builtin_convertvector((color_ints)(bits & 255), color_floats);
}

/* Interpolate a run of pixels; there is room for a number more behind the last. */
static inline void see_between(const Source *source, const Places *at, ptrdiff_t count, float *to) {
    const ptrdiff_t C = source->channels, width = source->columns;
    const unsigned char *pixels = source->pixels;
    for (ptrdiff_t i = 0; i < count; i++, to += C) {
        const float right = at->right[i], down = at->down[i];
        float share[4] = {
            (1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right,
        };
        if (at->inside[i]) {
            const unsigned char *here = pixels + (at->top[i] * width + at->left[i]) * C;
            const unsigned char *below = here + width * C;
            if (C == 3) {
                *(color_floats *)to =
                    (share[0] * read_color(here) + share[1] * read_color(here + 3)) +
                    (share[2] * read_color(below) + share[3] * read_color(below + 3));
            } else {
                for (ptrdiff_t c = 0; c < C; c++)
                    to[c] = (share[0] * here[c] + share[1] * here[C + c]) +
                            (share[2] * below[c] + share[3] * below[C + c]);
            }
            continue;
        }
        ptrdiff_t row[2], column[2];
        const unsigned char *corner[4];
        for (int k = 0; k < 2; k++) {
            row[k] = find_place(at->top[i] + k, source->rows, source->border);
            column[k] = find_place(at->left[i] + k, width, source->border);
        }
        for (int k = 0; k < 4; k++) {
            const int missing = row[k / 2] < 0 || column[k % 2] < 0;
            corner[k] = pixels + (missing ? 0 : (row[k / 2] * width + column[k % 2]) * C);
            share[k] = missing ? 0 : share[k];
        }
        for (ptrdiff_t c = 0; c < C; c++)
            to[c] = (share[0] * corner[0][c] + share[1] * corner[1][c]) +
                    (share[2] * corner[2][c] + share[3] * corner[3][c]);
    }
}

/* Read a run of pixels that lie where they look. */
static inline void see_whole(const Source *source, const Places *at, ptrdiff_t count, float *to) {
    const ptrdiff_t C = source->channels, width = source->columns;
    for (ptrdiff_t i = 0; i < count; i++, to += C) {
        if (C == 3 && at->inside[i]) {
            const ptrdiff_t pixel = at->top[i] * width + at->left[i];
            *(color_floats *)to = read_color(source->pixels + pixel * 3);
            continue;
        }
        const ptrdiff_t row = find_place(at->top[i], source->rows, source->border);
        const ptrdiff_t column = find_place(at->left[i], width, source->border);
        if (row < 0 || column < 0) {
            memset(to, 0, C * sizeof(float));
            continue;
        }
        const unsigned char *pixel = source->pixels + (row * width + column) * C;
        for (ptrdiff_t c = 0; c < C; c++) to[c] = pixel[c];
    }
}

/* Mix the channels of a run of pixels by a matrix (C, C + 1), within black and white. */
static inline void mix_channels(const float *color, ptrdiff_t C, ptrdiff_t count, float *values) {
    float before[NUMBERS];
    for (ptrdiff_t i = 0; i < count; i++, values += C) {
        memcpy(before, values, C * sizeof(float));
        for (ptrdiff_t c = 0; c < C; c++) {
            const float *row = color + c * (C + 1);
            float value = row[C];
            for (ptrdiff_t k = 0; k < C; k++) value += row[k] * before[k];
            values[c] = value < 0 ? 0 : (value > 255 ? 255 : value);
        }
    }
}

/* Say whether every pixel looks at one of the source, or of its border. */
static inline int is_whole(const double *m) {
    for (int i = 0; i < 6; i++)
        if (m[i] != floor(m[i])) return 0;
    return m[6] == 0 && m[7] == 0 && m[8] == 1;
}

/* Write an image (H, W, C), y = color scale + shift. */
static inline __attribute__((always_inline)) void view_image(
    const Source *source, const double *matrix, const float *color, const float *scale,
    const float *shift, ptrdiff_t H, ptrdiff_t W, float *y
) {
    const ptrdiff_t C = source->channels, run = C * RUN > NUMBERS ? NUMBERS / C : RUN;
    const int whole = is_whole(matrix);
    float values[NUMBERS + 1], scales[NUMBERS], shifts[NUMBERS];
    Places at;
    for (ptrdiff_t i = 0; i < run; i++) {
        memcpy(scales + i * C, scale, C * sizeof(float));
        memcpy(shifts + i * C, shift, C * sizeof(float));
    }
    for (ptrdiff_t row = 0; row < H; row++) {
        for (ptrdiff_t column = 0; column < W; column += run) {
            const ptrdiff_t count = W - column < run ? W - column : run;
            look(matrix, source, row, column, count, &at);
            if (whole) see_whole(source, &at, count, values);
            else see_between(source, &at, count, values);
            if (color) mix_channels(color, C, count, values);
            for (ptrdiff_t i = 0; i < count * C; i++) y[i] = values[i] * scales[i] + shifts[i];
            y += count * C;
        }
    }
}

/* The usual numbers of channels are constants, so that loops over them unroll. */
static void view_any_image(
    Source source, const double *matrix, const float *color, const float *scale,
    const float *shift, ptrdiff_t H, ptrdiff_t W, float *y
) {
    if (source.channels == 3) {
        source.channels = 3;
        view_image(&source, matrix, color, scale, shift, H, W, y);
    } else if (source.channels == 1) {
        source.channels = 1;
        view_image(&source, matrix, color, scale, shift, H, W, y);
    } else {
        view_image(&source, matrix, color, scale, shift, H, W, y);
    }
}

/* Write the classes (H, W) nearest to where pixels look, -1 where there is none. */
static void view_classes(
    const Source *source, const double *matrix, ptrdiff_t H, ptrdiff_t W, int *y
) {
    const signed char *classes = (const signed char *)source->pixels;
    Places at;
    for (ptrdiff_t row = 0; row < H; row++) {
        for (ptrdiff_t column = 0; column < W; column += RUN) {
            const ptrdiff_t count = W - column < RUN ? W - column : RUN;
            look(matrix, source, row, column, count, &at);
            for (ptrdiff_t i = 0; i < count; i++) {
                const ptrdiff_t down = at.top[i] + (at.down[i] >= 0.5f);
                const ptrdiff_t across = at.left[i] + (at.right[i] >= 0.5f);
                const ptrdiff_t j = find_place(down, source->rows, source->border);
                const ptrdiff_t k = find_place(across, source->columns, source->border);
                y[column + i] = j < 0 || k < 0 ? -1 : classes[j * source->columns + k];
            }
        }
        y += W;
    }
}

#endif
