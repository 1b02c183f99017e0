# cython: language_level=3
"""Maximum, average and root-of-squares pooling, over windows and over whole images.

Legend: n images of H x W pixels and C channels; P x Q windows of R x S pixels, one every sh rows
and sw columns, the first one pt rows above and pl columns left of the image; x input, y output,
dx dy their gradients. Pixels outside the image do not exist for a maximum and are 0 for the rest;
an average counts those that are at most pb rows below and pr columns right of it. Forward,
from one pixel of x to the next are C floats, or `x_step`.
"""

from cython.parallel cimport prange
from libc.string cimport memset

cdef extern from "pool_windows.h" nogil:
    enum kind:
        MAXIMUM
        AVERAGE
        ROOT
    ctypedef struct windows:
        Py_ssize_t H, W, C, P, Q, R, S, sh, sw, pt, pl, pb, pr, step
    void forward_row(
        kind, const windows*, Py_ssize_t p, const float* x, float* y
    ) noexcept
    void backward_row(
        kind, const windows*, Py_ssize_t p,
        const float* x, const float* y, const float* dy, float* dx,
    ) noexcept

cdef enum:
    SMALL = 20000  # numbers below which a second thread costs more than it brings
    TILE = 64  # channels averaged together


cdef void forward(
    kind which, Py_ssize_t n, windows g, const float* x, float* y, int threads
) noexcept nogil:
    cdef Py_ssize_t i, image = g.H * g.W * g.step, row = g.Q * g.C
    for i in prange(
        n * g.P, num_threads=threads, use_threads_if=n * image > SMALL, schedule="static"
    ):
        forward_row(which, &g, i % g.P, x + i // g.P * image, y + i * row)


cdef void image_gradient(
    kind which, const windows* g, const float* x, const float* y, const float* dy, float* dx
) noexcept nogil:
    """Write dx of one image; its rows are zeroed just before the first window reaches them."""
    cdef Py_ssize_t p, reached = 0, bottom, row = g.W * g.C, out = g.Q * g.C
    for p in range(g.P):
        bottom = max(reached, min(g.H, p * g.sh - g.pt + g.R))
        memset(dx + reached * row, 0, (bottom - reached) * row * sizeof(float))
        reached = bottom
        backward_row(which, g, p, x, y + p * out, dy + p * out, dx)
    memset(dx + reached * row, 0, (g.H - reached) * row * sizeof(float))


cdef void backward(
    kind which, Py_ssize_t n, windows g,
    const float* x, const float* y, const float* dy, float* dx, int threads,
) noexcept nogil:
    cdef Py_ssize_t i, image = g.H * g.W * g.C, out = g.P * g.Q * g.C
    for i in prange(n, num_threads=threads, use_threads_if=n * image > SMALL, schedule="static"):
        image_gradient(which, &g, x + i * image, y + i * out, dy + i * out, dx + i * image)


def maxpool_forward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    Py_ssize_t pb, Py_ssize_t pr, const float[::1] x, float[::1] y, int threads,
    Py_ssize_t x_step=0,
):
    """y = the largest number of each window, NaN where there is one."""
    with nogil:
        forward(
            MAXIMUM, n, windows(H, W, C, P, Q, R, S, sh, sw, pt, pl, pb, pr, x_step or C),
            &x[0], &y[0], threads,
        )


def maxpool_backward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    Py_ssize_t pb, Py_ssize_t pr,
    const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx, int threads,
):
    """dx = dy at the first pixel of each window that is its maximum, row by row; else 0."""
    with nogil:
        backward(
            MAXIMUM, n, windows(H, W, C, P, Q, R, S, sh, sw, pt, pl, pb, pr, C),
            &x[0], &y[0], &dy[0], &dx[0], threads,
        )


def avgpool_forward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    Py_ssize_t pb, Py_ssize_t pr, const float[::1] x, float[::1] y, int threads,
    Py_ssize_t x_step=0,
):
    """y = sum(x) / count over each window."""
    with nogil:
        forward(
            AVERAGE, n, windows(H, W, C, P, Q, R, S, sh, sw, pt, pl, pb, pr, x_step or C),
            &x[0], &y[0], threads,
        )


def avgpool_backward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    Py_ssize_t pb, Py_ssize_t pr,
    const float[::1] dy, float[::1] dx, int threads,
):
    """dx = the sum of dy / count over the windows of a pixel."""
    with nogil:  # x and y do not matter
        backward(
            AVERAGE, n, windows(H, W, C, P, Q, R, S, sh, sw, pt, pl, pb, pr, C),
            &dx[0], &dy[0], &dy[0], &dx[0], threads,
        )


def l2pool_forward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    Py_ssize_t pb, Py_ssize_t pr, const float[::1] x, float[::1] y, int threads,
    Py_ssize_t x_step=0,
):
    """y = sqrt(sum(x^2)) over each window."""
    with nogil:
        forward(
            ROOT, n, windows(H, W, C, P, Q, R, S, sh, sw, pt, pl, pb, pr, x_step or C),
            &x[0], &y[0], threads,
        )


def l2pool_backward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    Py_ssize_t pb, Py_ssize_t pr,
    const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx, int threads,
):
    """dx = the sum of x / y dy over the windows of a pixel, 0 where y is 0."""
    with nogil:
        backward(
            ROOT, n, windows(H, W, C, P, Q, R, S, sh, sw, pt, pl, pb, pr, C),
            &x[0], &y[0], &dy[0], &dx[0], threads,
        )


cdef void mean_of_pixels(
    Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t width, const float* x, float* y
) noexcept nogil:
    """Average `width` of C channels; in double, because an image can have many pixels."""
    cdef double[TILE] total
    cdef Py_ssize_t i, c
    for c in range(width):
        total[c] = 0
    for i in range(pixels):
        for c in range(width):
            total[c] += x[i * C + c]
    for c in range(width):
        y[c] = total[c] / pixels


def global_avgpool_forward(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C, const float[::1] x, float[::1] y, int threads
):
    """y = the mean of x over the pixels."""
    cdef Py_ssize_t i, image, c, tiles = (C + TILE - 1) // TILE
    for i in prange(
        n * tiles, num_threads=threads, use_threads_if=n * pixels * C > SMALL,
        schedule="static", nogil=True,
    ):
        image = i // tiles
        c = i % tiles * TILE
        mean_of_pixels(
            pixels, C, min(TILE, C - c), &x[image * pixels * C + c], &y[image * C + c]
        )


cdef void spread_over_pixels(
    Py_ssize_t pixels, Py_ssize_t C, const float* dy, float* dx
) noexcept nogil:
    cdef Py_ssize_t i, c
    for i in range(pixels):
        for c in range(C):
            dx[i * C + c] = dy[c] / <float>pixels


def global_avgpool_backward(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C, const float[::1] dy, float[::1] dx, int threads
):
    """dx = dy / pixels at every pixel."""
    cdef Py_ssize_t i
    for i in prange(
        n, num_threads=threads, use_threads_if=n * pixels * C > SMALL,
        schedule="static", nogil=True,
    ):
        spread_over_pixels(pixels, C, &dy[i * C], &dx[i * pixels * C])


cdef void largest_pixel(
    Py_ssize_t pixels, Py_ssize_t C, const float* x, float* y
) noexcept nogil:
    cdef Py_ssize_t i, c
    for c in range(C):
        y[c] = x[c]
    for i in range(1, pixels):
        for c in range(C):
            y[c] = x[i * C + c] if (x[i * C + c] > y[c]) | (x[i * C + c] != x[i * C + c]) else y[c]


def global_maxpool_forward(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C, const float[::1] x, float[::1] y, int threads
):
    """y = the largest x of all pixels, NaN where there is one."""
    cdef Py_ssize_t i
    for i in prange(
        n, num_threads=threads, use_threads_if=n * pixels * C > SMALL,
        schedule="static", nogil=True,
    ):
        largest_pixel(pixels, C, &x[i * pixels * C], &y[i * C])


def global_maxpool_backward(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C,
    const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx, int threads,
):
    """dx = dy at the first pixel that is the maximum, else 0."""
    with nogil:
        backward(
            MAXIMUM, n, windows(1, pixels, C, 1, 1, 1, pixels, 1, 1, 0, 0, 0, 0, C),
            &x[0], &y[0], &dy[0], &dx[0], threads,
        )
