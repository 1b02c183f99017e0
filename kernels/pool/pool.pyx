# cython: language_level=3
"""Maximum, average and root-of-squares pooling, over windows and over whole images.

Legend: n images of H x W pixels and C channels; P x Q windows of R x S pixels, one every sh rows
and sw columns, the first one pt rows above and pl columns left of the image; x input, y output,
dx dy their gradients. Pixels outside the image do not exist for a maximum and are 0 for the rest;
an average counts those that are at most pb rows below and pr columns right of it, or none of them.
"""

from cython.parallel cimport prange
from libc.string cimport memset

from kernels.parallel cimport team

cdef extern from "pool/pool_windows.h" nogil:
    enum Kind:
        MAXIMUM
        AVERAGE
        ROOT
    ctypedef struct Windows:
        Py_ssize_t H, W, C, P, Q, R, S, sh, sw, pt, pl, pb, pr, step
        bint include_pad
    void forward_row(
        Kind kind, const Windows *g, Py_ssize_t p, const float *x, float *y
    ) noexcept
    void backward_row(
        Kind kind, const Windows *g, Py_ssize_t p,
        const float *x, const float *y, const float *dy, float *dx,
    ) noexcept

cdef enum:
    TILE = 64  # channels averaged together


cdef class Pooling:
    """The windows of a pool, and its two passes; what it makes of a window, a subclass says."""

    cdef Windows g
    cdef Kind kind
    cdef int threads

    def __init__(
        self, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
        Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
        Py_ssize_t pb, Py_ssize_t pr, int threads, bint include_pad=True,
    ):
        self.g = Windows(H, W, C, P, Q, R, S, sh, sw, pt, pl, pb, pr, C, include_pad)
        self.threads = threads

    def forward(
        self, Py_ssize_t n,
        const float[::1] x,  # (n, H, W, C), or x_step floats from one pixel to the next
        float[::1] y,  # (n, P, Q, C)
        Py_ssize_t x_step=0,
    ):
        """Write y."""
        cdef Windows g = self.g
        cdef Py_ssize_t i, image, row = g.Q * g.C
        g.step = x_step or g.C
        image = g.H * g.W * g.step
        for i in prange(n * g.P, num_threads=team(n * image, self.threads), nogil=True):
            forward_row(self.kind, &g, i % g.P, &x[i // g.P * image], &y[i * row])

    def backward(
        self, Py_ssize_t n,
        const float[::1] x,  # (n, H, W, C)
        const float[::1] y, const float[::1] dy,  # (n, P, Q, C)
        float[::1] dx,  # (n, H, W, C)
    ):
        """Write dx."""
        cdef Windows g = self.g
        cdef Py_ssize_t i, image = g.H * g.W * g.C, out = g.P * g.Q * g.C
        for i in prange(n, num_threads=team(n * image, self.threads), nogil=True):
            image_gradient(
                self.kind, &g, &x[i * image], &y[i * out], &dy[i * out], &dx[i * image]
            )


cdef class MaxPooling(Pooling):
    """y = the largest number of each window, NaN where there is one;
    dx = dy at the first pixel of each window that is its maximum, row by row; else 0.
    """

    def __cinit__(self):
        self.kind = MAXIMUM


cdef class AvgPooling(Pooling):
    """y = sum(x) / count over each window; dx = the sum of dy / count over the windows of a pixel,
    without a look at x and y. Of the padding, count has what lies in it, or nothing.
    """

    def __cinit__(self):
        self.kind = AVERAGE


cdef class L2Pooling(Pooling):
    """y = sqrt(sum(x^2)) over each window;
    dx = the sum of x / y dy over the windows of a pixel, 0 where y is 0.
    """

    def __cinit__(self):
        self.kind = ROOT


cdef void image_gradient(
    Kind kind, const Windows *g, const float *x, const float *y, const float *dy, float *dx
) noexcept nogil:
    """Write dx of one image; its rows are zeroed just before the first window reaches them."""
    cdef Py_ssize_t p, reached = 0, bottom, row = g.W * g.C, out = g.Q * g.C
    for p in range(g.P):
        bottom = max(reached, min(g.H, p * g.sh - g.pt + g.R))
        memset(dx + reached * row, 0, (bottom - reached) * row * sizeof(float))
        reached = bottom
        backward_row(kind, g, p, x, y + p * out, dy + p * out, dx)
    memset(dx + reached * row, 0, (g.H - reached) * row * sizeof(float))


cdef void mean_of_pixels(
    Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t width, const float *x, float *y
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
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C,
    const float[::1] x,  # (n, pixels, C)
    float[::1] y,  # (n, C)
    int threads,
):
    """y = the mean of x over the pixels."""
    cdef Py_ssize_t i, image, c, tiles = (C + TILE - 1) // TILE
    for i in prange(n * tiles, num_threads=team(n * pixels * C, threads), nogil=True):
        image = i // tiles
        c = i % tiles * TILE
        mean_of_pixels(
            pixels, C, min(TILE, C - c), &x[image * pixels * C + c], &y[image * C + c]
        )


cdef void spread_over_pixels(
    Py_ssize_t pixels, Py_ssize_t C, const float *dy, float *dx
) noexcept nogil:
    cdef Py_ssize_t i, c
    for i in range(pixels):
        for c in range(C):
            dx[i * C + c] = dy[c] / <float>pixels


def global_avgpool_backward(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C,
    const float[::1] dy,  # (n, C)
    float[::1] dx,  # (n, pixels, C)
    int threads,
):
    """dx = dy / pixels at every pixel."""
    cdef Py_ssize_t i
    for i in prange(n, num_threads=team(n * pixels * C, threads), nogil=True):
        spread_over_pixels(pixels, C, &dy[i * C], &dx[i * pixels * C])


cdef void largest_pixel(
    Py_ssize_t pixels, Py_ssize_t C, const float *x, float *y
) noexcept nogil:
    cdef Py_ssize_t i, c
    for c in range(C):
        y[c] = x[c]
    for i in range(1, pixels):
        for c in range(C):
            y[c] = x[i * C + c] if (x[i * C + c] > y[c]) | (x[i * C + c] != x[i * C + c]) else y[c]


def global_maxpool_forward(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C,
    const float[::1] x,  # (n, pixels, C)
    float[::1] y,  # (n, C)
    int threads,
):
    """y = the largest x of all pixels, NaN where there is one."""
    cdef Py_ssize_t i
    for i in prange(n, num_threads=team(n * pixels * C, threads), nogil=True):
        largest_pixel(pixels, C, &x[i * pixels * C], &y[i * C])


def global_maxpool_backward(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C,
    const float[::1] x,  # (n, pixels, C)
    const float[::1] y, const float[::1] dy,  # (n, C)
    float[::1] dx,  # (n, pixels, C)
    int threads,
):
    """dx = dy at the first pixel that is the maximum, else 0."""
    cdef Windows g = Windows(1, pixels, C, 1, 1, 1, pixels, 1, 1, 0, 0, 0, 0, C, True)
    cdef Py_ssize_t i, image = pixels * C
    for i in prange(n, num_threads=team(n * image, threads), nogil=True):
        image_gradient(MAXIMUM, &g, &x[i * image], &y[i * C], &dy[i * C], &dx[i * image])
