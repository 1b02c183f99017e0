/* One row of pooling windows, forward and backward.

   Channels that do not fill a vector: pixels of CHANNELS channels or more end with a full vector
   that overlaps the one before. Narrower pixels are read and written together with some of the
   next ones, which come later and are overwritten with their own numbers, or get 0 added to them.
   Only at the end of the image, and of a row of y, are they moved alone. */

#ifndef CNNCLI_POOL_WINDOWS_H
#define CNNCLI_POOL_WINDOWS_H

#include "pool_kinds.h"

/* `count` windows side by side; pixels of fewer than CHANNELS channels read and write `in` and
   `out` of them, or n. */

INLINE void forward_span(
    enum Kind kind, ptrdiff_t in, ptrdiff_t out, ptrdiff_t count, ptrdiff_t rows,
    ptrdiff_t columns, float pixels, const Windows *g, IN x, OUT y
) {
    ptrdiff_t C = g->C;
    for (ptrdiff_t q = 0; q < count; q++, x += g->sw * g->step, y += C)
        if (C < CHANNELS)
            forward_window(kind, in, out, rows, columns, pixels, g, x, y);
        else
            for (ptrdiff_t c = 0; c < C; c += CHANNELS) {
                ptrdiff_t at = smaller(c, C - CHANNELS);
                forward_window(
                    kind, CHANNELS, CHANNELS, rows, columns, pixels, g, x + at, y + at
                );
            }
}

INLINE void backward_span(
    enum Kind kind, int add, ptrdiff_t n, ptrdiff_t count, ptrdiff_t rows, ptrdiff_t columns,
    float pixels, const Windows *g, IN x, IN y, IN dy, OUT dx
) {
    ptrdiff_t C = g->C;
    lane_mask number;
    for (int i = 0; i < CHANNELS; i++) number[i] = i;
    for (ptrdiff_t q = 0; q < count; q++, x += g->sw * C, dx += g->sw * C, y += C, dy += C)
        if (C < CHANNELS)
            backward_window(
                kind, add, n, number < (int32_t)C, rows, columns, pixels, g, x, y, dy, dx
            );
        else
            for (ptrdiff_t c = 0; c < C; c += CHANNELS) {
                ptrdiff_t at = smaller(c, C - CHANNELS);
                int32_t done = add ? c - at : 0; /* lanes of the vector before */
                backward_window(
                    kind, add, CHANNELS, number >= done, rows, columns, pixels, g,
                    x + at, y + at, dy + at, dx + at
                );
            }
}

/* Row p: a span of windows inside the image, unrolled for 2 x 2 and 3 x 3 pixels, and the windows
   before and behind it one by one. */

typedef struct {
    ptrdiff_t top, rows;  /* of the image */
    ptrdiff_t begin, end; /* of the span */
} Row;

INLINE Row row_of(const Windows *g, ptrdiff_t p) {
    Row at;
    at.top = larger(0, p * g->sh - g->pt);
    at.rows = smaller(g->H, p * g->sh - g->pt + g->R) - at.top;
    at.begin = smaller(g->Q, (g->pl + g->sw - 1) / g->sw);
    ptrdiff_t pixels = g->C < CHANNELS ? (CHANNELS + g->C - 1) / g->C : 1; /* under a vector */
    ptrdiff_t last = g->W + g->pl - g->S + 1 - pixels; /* where the last window can begin */
    at.end = last < 0 ? 0 : smaller(g->Q + 1 - pixels, last / g->sw + 1);
    at.end = larger(at.begin, at.end);
    return at;
}

INLINE ptrdiff_t first_column(const Windows *g, ptrdiff_t q) {
    return larger(0, q * g->sw - g->pl);
}

INLINE ptrdiff_t columns_of(const Windows *g, ptrdiff_t q) {
    return smaller(g->W, q * g->sw - g->pl + g->S) - first_column(g, q);
}

/* What an average divides by: the pixels of a window in the image, or in that and its padding. */
INLINE ptrdiff_t count_pixels(const Windows *g, ptrdiff_t p, ptrdiff_t q, Row at) {
    if (!g->include_pad) return at.rows * columns_of(g, q);
    ptrdiff_t rows = smaller(g->R, g->H + g->pb + g->pt - p * g->sh);
    return rows * smaller(g->S, g->W + g->pr + g->pl - q * g->sw);
}

/* The channels a vector can hold at the end of window (p, q) without leaving the image. */
INLINE ptrdiff_t room(const Windows *g, ptrdiff_t p, ptrdiff_t q, Row at) {
    ptrdiff_t last = (at.top + at.rows - 1) * g->W + first_column(g, q) + columns_of(g, q) - 1;
    ptrdiff_t pixels = smaller(g->H * g->W - last, g->P * g->Q - (p * g->Q + q));
    return pixels * g->C < CHANNELS ? g->C : CHANNELS;
}

INLINE void forward_kind(enum Kind kind, const Windows *g, ptrdiff_t p, IN x, OUT y) {
    Row at = row_of(g, p);
    for (ptrdiff_t q = 0; q < g->Q; q++) {
        ptrdiff_t count = q == at.begin ? at.end - at.begin : 0;
        ptrdiff_t columns = columns_of(g, q);
        float pixels = count_pixels(g, p, q, at); /* alike in all of a span */
        const float *from = x + (at.top * g->W + first_column(g, q)) * g->step;
        float *to = y + q * g->C;
        if (count == 0 && room(g, p, q, at) == CHANNELS)
            forward_span(kind, CHANNELS, g->C, 1, at.rows, columns, pixels, g, from, to);
        else if (count == 0)
            forward_span(kind, g->C, g->C, 1, at.rows, columns, pixels, g, from, to);
        else if (at.rows == 2 && columns == 2)
            forward_span(kind, CHANNELS, CHANNELS, count, 2, 2, pixels, g, from, to);
        else if (at.rows == 3 && columns == 3)
            forward_span(kind, CHANNELS, CHANNELS, count, 3, 3, pixels, g, from, to);
        else
            forward_span(kind, CHANNELS, CHANNELS, count, at.rows, columns, pixels, g, from, to);
        q += larger(0, count - 1);
    }
}

INLINE void backward_kind(
    enum Kind kind, int overlap, const Windows *g, ptrdiff_t p, IN x, IN y, IN dy, OUT dx
) {
    Row at = row_of(g, p);
    for (ptrdiff_t q = 0; q < g->Q; q++) {
        ptrdiff_t count = q == at.begin ? at.end - at.begin : 0;
        ptrdiff_t columns = columns_of(g, q);
        float pixels = count_pixels(g, p, q, at);
        ptrdiff_t i = (at.top * g->W + first_column(g, q)) * g->C, o = q * g->C;
        if (count == 0 && room(g, p, q, at) == CHANNELS)
            backward_span(
                kind, 1, CHANNELS, 1, at.rows, columns, pixels, g, x + i, y + o, dy + o, dx + i
            );
        else if (count == 0)
            backward_span(
                kind, 1, g->C, 1, at.rows, columns, pixels, g, x + i, y + o, dy + o, dx + i
            );
        else if (at.rows == 2 && columns == 2)
            backward_span(
                kind, overlap, CHANNELS, count, 2, 2, pixels, g, x + i, y + o, dy + o, dx + i
            );
        else if (at.rows == 3 && columns == 3)
            backward_span(
                kind, overlap, CHANNELS, count, 3, 3, pixels, g, x + i, y + o, dy + o, dx + i
            );
        else
            backward_span(
                kind, overlap, CHANNELS, count, at.rows, columns, pixels, g,
                x + i, y + o, dy + o, dx + i
            );
        q += larger(0, count - 1);
    }
}

/* Write row p of the outputs y of the image x. */
static void forward_row(enum Kind kind, const Windows *g, ptrdiff_t p, IN x, OUT y) {
    if (kind == MAXIMUM) forward_kind(MAXIMUM, g, p, x, y);
    if (kind == AVERAGE) forward_kind(AVERAGE, g, p, x, y);
    if (kind == ROOT) forward_kind(ROOT, g, p, x, y);
}

/* Add what row p sends back to the image's dx, which is 0 at first; y and dy are that row's. */
static void backward_row(
    enum Kind kind, const Windows *g, ptrdiff_t p, IN x, IN y, IN dy, OUT dx
) {
    int overlap = g->sh < g->R || g->sw < g->S;
    if (kind == MAXIMUM && overlap) backward_kind(MAXIMUM, 1, g, p, x, y, dy, dx);
    if (kind == MAXIMUM && !overlap) backward_kind(MAXIMUM, 0, g, p, x, y, dy, dx);
    if (kind == AVERAGE && overlap) backward_kind(AVERAGE, 1, g, p, x, y, dy, dx);
    if (kind == AVERAGE && !overlap) backward_kind(AVERAGE, 0, g, p, x, y, dy, dx);
    if (kind == ROOT && overlap) backward_kind(ROOT, 1, g, p, x, y, dy, dx);
    if (kind == ROOT && !overlap) backward_kind(ROOT, 0, g, p, x, y, dy, dx);
}

#endif
