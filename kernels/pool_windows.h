/* One row of pooling windows, forward and backward, in vectors of LANES channels.

   Channels that do not fill a vector: pixels of LANES channels or more end with a full vector that
   overlaps the one before; narrower pixels are read and written together with some of the next
   pixel, which comes later and is overwritten by its own numbers or gets 0 added to it. Only at the
   end of a row are they moved alone. */

#ifndef CNNCLI_POOL_WINDOWS_H
#define CNNCLI_POOL_WINDOWS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define IN const float *restrict
#define OUT float *restrict

#ifdef __AVX__
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif
typedef float lanes __attribute__((vector_size(4 * LANES)));
typedef int32_t lane_mask __attribute__((vector_size(4 * LANES)));

enum kind { MAXIMUM, AVERAGE, ROOT };

/* H x W pixels of C channels; P x Q windows of R x S pixels, one every sh rows and sw columns, the
   first one pt rows above and pl columns left of the image. */
typedef struct {
    ptrdiff_t H, W, C, P, Q, R, S, sh, sw, pt, pl;
} windows;

INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
INLINE ptrdiff_t larger(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }

INLINE lanes load(const float *from, ptrdiff_t n) {
    lanes x = {0};
    __builtin_memcpy(&x, from, n * sizeof(float));
    return x;
}

INLINE void store(float *to, lanes x, ptrdiff_t n) {
    __builtin_memcpy(to, &x, n * sizeof(float));
}

INLINE lanes choose(lane_mask condition, lanes a, lanes b) {
    return (lanes)((condition & (lane_mask)a) | (~condition & (lane_mask)b));
}

/* What a window starts with, does with each pixel x, and ends with. */

INLINE lanes start(enum kind kind) {
    return (lanes){0} - (kind == MAXIMUM ? INFINITY : 0.0f);
}

INLINE lanes visit(enum kind kind, lanes y, lanes x) {
    if (kind == MAXIMUM) return choose((x > y) | (x != x), x, y);
    return kind == AVERAGE ? y + x : y + x * x;
}

INLINE lanes finish(enum kind kind, lanes y, float pixels) {
    if (kind == AVERAGE) return y / pixels;
    if (kind == ROOT)
        for (int i = 0; i < LANES; i++) y[i] = sqrtf(y[i]);
    return y;
}

/* What there is to give to the pixels of a window, and what pixel x gets of it: all of it, if x is
   the maximum, and then nothing is left. */

INLINE lanes share(enum kind kind, lanes y, lanes dy, float pixels) {
    if (kind == AVERAGE) return dy / pixels;
    return kind == ROOT ? choose(y == 0.0f, (lanes){0}, dy / y) : dy;
}

INLINE lanes give(enum kind kind, lanes x, lanes y, lanes *left) {
    if (kind == AVERAGE) return *left;
    if (kind == ROOT) return x * *left;
    lane_mask hit = (x == y) | (x != x);
    lanes gift = choose(hit, *left, (lanes){0});
    *left = choose(hit, (lanes){0}, *left);
    return gift;
}

/* One window of LANES channels, of which `in` are read and `out` written. */

INLINE void forward_window(
    enum kind kind, ptrdiff_t in, ptrdiff_t out, ptrdiff_t rows, ptrdiff_t columns,
    const windows *g, IN x, OUT y
) {
    lanes all = start(kind);
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t s = 0; s < columns; s++)
            all = visit(kind, all, load(x + (r * g->W + s) * g->C, in));
    store(y, finish(kind, all, g->R * g->S), out);
}

/* One window of n channels, of which the `valid` ones count; with `add` dx += instead of =. */
INLINE void backward_window(
    enum kind kind, int add, ptrdiff_t n, lane_mask valid, ptrdiff_t rows, ptrdiff_t columns,
    const windows *g, IN x, IN y, IN dy, OUT dx
) {
    lanes zero = {0}, top = load(y, n);
    lanes left = choose(valid, share(kind, top, load(dy, n), g->R * g->S), zero);
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t s = 0; s < columns; s++) {
            ptrdiff_t at = (r * g->W + s) * g->C;
            lanes pixel = kind == AVERAGE ? zero : load(x + at, n);
            lanes gift = give(kind, pixel, top, &left);
            store(dx + at, add ? load(dx + at, n) + gift : gift, n);
        }
}

/* `count` windows side by side; pixels of fewer than LANES channels read and write `in` and `out`
   of them, or n. */

INLINE void forward_span(
    enum kind kind, ptrdiff_t in, ptrdiff_t out, ptrdiff_t count, ptrdiff_t rows,
    ptrdiff_t columns, const windows *g, IN x, OUT y
) {
    ptrdiff_t C = g->C;
    for (ptrdiff_t q = 0; q < count; q++, x += g->sw * C, y += C)
        if (C < LANES)
            forward_window(kind, in, out, rows, columns, g, x, y);
        else
            for (ptrdiff_t c = 0; c < C; c += LANES) {
                ptrdiff_t at = smaller(c, C - LANES);
                forward_window(kind, LANES, LANES, rows, columns, g, x + at, y + at);
            }
}

INLINE void backward_span(
    enum kind kind, int add, ptrdiff_t n, ptrdiff_t count, ptrdiff_t rows, ptrdiff_t columns,
    const windows *g, IN x, IN y, IN dy, OUT dx
) {
    ptrdiff_t C = g->C;
    lane_mask number;
    for (int i = 0; i < LANES; i++) number[i] = i;
    for (ptrdiff_t q = 0; q < count; q++, x += g->sw * C, dx += g->sw * C, y += C, dy += C)
        if (C < LANES)
            backward_window(
                kind, add, n, number < (int32_t)C, rows, columns, g, x, y, dy, dx
            );
        else
            for (ptrdiff_t c = 0; c < C; c += LANES) {
                ptrdiff_t at = smaller(c, C - LANES);
                int32_t done = add ? c - at : 0; /* lanes of the vector before */
                backward_window(
                    kind, add, LANES, number >= done, rows, columns, g,
                    x + at, y + at, dy + at, dx + at
                );
            }
}

/* Row p: a span of windows inside the image, unrolled for 2 x 2 and 3 x 3 pixels, and the windows
   before and behind it one by one. */

typedef struct {
    ptrdiff_t top, rows;  /* of the image */
    ptrdiff_t begin, end; /* of the span */
} row;

INLINE row row_of(const windows *g, ptrdiff_t p) {
    row at;
    at.top = larger(0, p * g->sh - g->pt);
    at.rows = smaller(g->H, p * g->sh - g->pt + g->R) - at.top;
    at.begin = smaller(g->Q, (g->pl + g->sw - 1) / g->sw);
    ptrdiff_t pixels = g->C < LANES ? (LANES + g->C - 1) / g->C : 1; /* that a vector touches */
    ptrdiff_t last = g->W + g->pl - g->S + 1 - pixels; /* where the last window can begin */
    at.end = last < 0 ? 0 : smaller(g->Q + 1 - pixels, last / g->sw + 1);
    at.end = larger(at.begin, at.end);
    return at;
}

INLINE ptrdiff_t first_column(const windows *g, ptrdiff_t q) {
    return larger(0, q * g->sw - g->pl);
}

INLINE ptrdiff_t columns_of(const windows *g, ptrdiff_t q) {
    return smaller(g->W, q * g->sw - g->pl + g->S) - first_column(g, q);
}

/* The channels a vector can hold at the end of window (p, q) without leaving the image. */
INLINE ptrdiff_t room(const windows *g, ptrdiff_t p, ptrdiff_t q, row at) {
    ptrdiff_t last = (at.top + at.rows - 1) * g->W + first_column(g, q) + columns_of(g, q) - 1;
    ptrdiff_t pixels = smaller(g->H * g->W - last, g->P * g->Q - (p * g->Q + q));
    return pixels * g->C < LANES ? g->C : LANES;
}

INLINE void forward_kind(enum kind kind, const windows *g, ptrdiff_t p, IN x, OUT y) {
    row at = row_of(g, p);
    for (ptrdiff_t q = 0; q < g->Q; q++) {
        ptrdiff_t count = q == at.begin ? at.end - at.begin : 0;
        ptrdiff_t columns = columns_of(g, q);
        const float *from = x + (at.top * g->W + first_column(g, q)) * g->C;
        float *to = y + q * g->C;
        if (count == 0 && room(g, p, q, at) == LANES)
            forward_span(kind, LANES, g->C, 1, at.rows, columns, g, from, to);
        else if (count == 0)
            forward_span(kind, g->C, g->C, 1, at.rows, columns, g, from, to);
        else if (at.rows == 2 && columns == 2)
            forward_span(kind, LANES, LANES, count, 2, 2, g, from, to);
        else if (at.rows == 3 && columns == 3)
            forward_span(kind, LANES, LANES, count, 3, 3, g, from, to);
        else
            forward_span(kind, LANES, LANES, count, at.rows, columns, g, from, to);
        q += larger(0, count - 1);
    }
}

INLINE void backward_kind(
    enum kind kind, int overlap, const windows *g, ptrdiff_t p, IN x, IN y, IN dy, OUT dx
) {
    row at = row_of(g, p);
    for (ptrdiff_t q = 0; q < g->Q; q++) {
        ptrdiff_t count = q == at.begin ? at.end - at.begin : 0;
        ptrdiff_t columns = columns_of(g, q);
        ptrdiff_t i = (at.top * g->W + first_column(g, q)) * g->C, o = q * g->C;
        if (count == 0 && room(g, p, q, at) == LANES)
            backward_span(
                kind, 1, LANES, 1, at.rows, columns, g, x + i, y + o, dy + o, dx + i
            );
        else if (count == 0)
            backward_span(
                kind, 1, g->C, 1, at.rows, columns, g, x + i, y + o, dy + o, dx + i
            );
        else if (at.rows == 2 && columns == 2)
            backward_span(
                kind, overlap, LANES, count, 2, 2, g, x + i, y + o, dy + o, dx + i
            );
        else if (at.rows == 3 && columns == 3)
            backward_span(
                kind, overlap, LANES, count, 3, 3, g, x + i, y + o, dy + o, dx + i
            );
        else
            backward_span(
                kind, overlap, LANES, count, at.rows, columns, g, x + i, y + o, dy + o, dx + i
            );
        q += larger(0, count - 1);
    }
}

/* Write row p of the outputs y of the image x. */
static void forward_row(enum kind kind, const windows *g, ptrdiff_t p, IN x, OUT y) {
    if (kind == MAXIMUM) forward_kind(MAXIMUM, g, p, x, y);
    if (kind == AVERAGE) forward_kind(AVERAGE, g, p, x, y);
    if (kind == ROOT) forward_kind(ROOT, g, p, x, y);
}

/* Add what row p sends back to the image's dx, which is 0 at first; y and dy are that row's. */
static void backward_row(
    enum kind kind, const windows *g, ptrdiff_t p, IN x, IN y, IN dy, OUT dx
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
