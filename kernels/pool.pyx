# cython: language_level=3
"""Maximum, average and root-of-squares pooling, over windows and over whole images.

Legend: n images of H x W pixels and C channels; P x Q windows of R x S pixels, one every sh rows
and sw columns, the first one pt rows above and pl columns left of the image; x input, y output,
dx dy their gradients. Pixels outside the image do not exist for a maximum and are 0 for the rest.
"""

from cython.parallel cimport prange
from libc.math cimport INFINITY
from libc.string cimport memcpy, memset

cdef extern from "<math.h>" nogil:
    float sqrtf(float) noexcept

ctypedef void (*RowForward)(
    Py_ssize_t Q, Py_ssize_t C, Py_ssize_t below, const float* x, float* y
) noexcept nogil
ctypedef void (*RowBackward)(
    Py_ssize_t Q, Py_ssize_t C, Py_ssize_t below,
    const float* x, const float* y, const float* dy, float* dx
) noexcept nogil

cdef extern from "vector_math.h" nogil:
    float choose(bint condition, float a, float b) noexcept

cdef extern from "pool_2x2.h" nogil:
    float larger(float a, float b) noexcept
    void max_row(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, float*) noexcept
    void average_row(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, float*) noexcept
    void root_row(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, float*) noexcept
    void max_row_gradient(
        Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, const float*, const float*, float*
    ) noexcept
    void average_row_gradient(
        Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, const float*, const float*, float*
    ) noexcept
    void root_row_gradient(
        Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, const float*, const float*, float*
    ) noexcept

cdef enum:
    SMALL = 20000  # numbers below which a second thread costs more than it brings
    TILE = 64  # channels that go through a window together

cdef struct Windows:
    Py_ssize_t H, W, C, P, Q, R, S, sh, sw, pt, pl

# What the three kinds do with the pixels of one row of a window, and before or after them.
ctypedef void (*Visit)(Py_ssize_t pixels, Py_ssize_t C, const float* x, float* y) noexcept nogil
ctypedef void (*Finish)(Py_ssize_t C, Py_ssize_t pixels, float* y) noexcept nogil
ctypedef void (*Share)(
    Py_ssize_t C, Py_ssize_t pixels, const float* y, const float* dy, float* share
) noexcept nogil
ctypedef void (*Give)(
    Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t width,
    const float* x, const float* y, float* share, float* dx,
) noexcept nogil

cdef struct Kind:
    RowForward forward_2x2
    RowBackward backward_2x2
    float start
    Visit visit
    Finish finish
    Share share
    Give give


cdef void keep_larger(
    Py_ssize_t pixels, Py_ssize_t C, const float* x, float* y
) noexcept nogil:
    cdef Py_ssize_t i, c
    for i in range(pixels):
        for c in range(C):
            y[c] = larger(y[c], x[i * C + c])


cdef void add_values(
    Py_ssize_t pixels, Py_ssize_t C, const float* x, float* y
) noexcept nogil:
    cdef Py_ssize_t i, c
    for i in range(pixels):
        for c in range(C):
            y[c] += x[i * C + c]


cdef void add_squares(
    Py_ssize_t pixels, Py_ssize_t C, const float* x, float* y
) noexcept nogil:
    cdef Py_ssize_t i, c
    for i in range(pixels):
        for c in range(C):
            y[c] += x[i * C + c] * x[i * C + c]


cdef void nothing(Py_ssize_t C, Py_ssize_t pixels, float* y) noexcept nogil:
    pass


cdef void divide(Py_ssize_t C, Py_ssize_t pixels, float* y) noexcept nogil:
    cdef Py_ssize_t c
    for c in range(C):
        y[c] /= <float>pixels


cdef void take_root(Py_ssize_t C, Py_ssize_t pixels, float* y) noexcept nogil:
    cdef Py_ssize_t c
    for c in range(C):
        y[c] = sqrtf(y[c])


cdef void whole_share(
    Py_ssize_t C, Py_ssize_t pixels, const float* y, const float* dy, float* share
) noexcept nogil:
    memcpy(share, dy, C * sizeof(float))


cdef void equal_share(
    Py_ssize_t C, Py_ssize_t pixels, const float* y, const float* dy, float* share
) noexcept nogil:
    cdef Py_ssize_t c
    for c in range(C):
        share[c] = dy[c] / <float>pixels


cdef void root_share(
    Py_ssize_t C, Py_ssize_t pixels, const float* y, const float* dy, float* share
) noexcept nogil:
    cdef Py_ssize_t c
    for c in range(C):
        share[c] = choose(y[c] == 0, 0, dy[c] / y[c])


cdef void give_to_largest(
    Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t width,
    const float* x, const float* y, float* share, float* dx,
) noexcept nogil:
    """Give everything to the first pixel that is the maximum: nothing is left for the next."""
    cdef Py_ssize_t i, c
    cdef float pixel, gradient
    cdef bint hit
    for i in range(pixels):
        for c in range(width):
            pixel = x[i * C + c]
            gradient = share[c]
            hit = (pixel == y[c]) | (pixel != pixel)
            dx[i * C + c] += choose(hit, gradient, 0)
            share[c] = choose(hit, 0, gradient)


cdef void give_equally(
    Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t width,
    const float* x, const float* y, float* share, float* dx,
) noexcept nogil:
    cdef Py_ssize_t i, c
    for i in range(pixels):
        for c in range(width):
            dx[i * C + c] += share[c]


cdef void give_by_value(
    Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t width,
    const float* x, const float* y, float* share, float* dx,
) noexcept nogil:
    cdef Py_ssize_t i, c
    for i in range(pixels):
        for c in range(width):
            dx[i * C + c] += x[i * C + c] * share[c]


cdef Kind MAXIMUM = Kind(
    max_row, max_row_gradient, -INFINITY, keep_larger, nothing, whole_share, give_to_largest
)
cdef Kind AVERAGE = Kind(
    average_row, average_row_gradient, 0, add_values, divide, equal_share, give_equally
)
cdef Kind ROOT = Kind(
    root_row, root_row_gradient, 0, add_squares, take_root, root_share, give_by_value
)


cdef bint is_2x2(Windows g) noexcept nogil:
    """Say whether the windows are 2 x 2 pixels side by side, all inside the image."""
    return (
        g.R == 2 and g.S == 2 and g.sh == 2 and g.sw == 2 and g.pt == 0 and g.pl == 0
        and 2 * g.P <= g.H and 2 * g.Q <= g.W
    )


cdef void pool_row(Kind kind, Windows g, Py_ssize_t p, const float* x, float* y) noexcept nogil:
    """Write row p of the output of one image."""
    cdef Py_ssize_t q, c, r, left, right, top = p * g.sh - g.pt
    if is_2x2(g):
        kind.forward_2x2(g.Q, g.C, g.W * g.C, x + top * g.W * g.C, y + p * g.Q * g.C)
        return
    y += p * g.Q * g.C
    for q in range(g.Q):
        left = max(0, q * g.sw - g.pl)
        right = min(g.W, q * g.sw - g.pl + g.S)
        for c in range(g.C):
            y[c] = kind.start
        for r in range(max(0, top), min(g.H, top + g.R)):
            kind.visit(right - left, g.C, x + (r * g.W + left) * g.C, y)
        kind.finish(g.C, g.R * g.S, y)
        y += g.C


cdef void forward(
    Kind kind, Py_ssize_t n, Windows g, const float* x, float* y, int threads
) noexcept nogil:
    cdef Py_ssize_t i, image = g.H * g.W * g.C, out = g.P * g.Q * g.C
    for i in prange(
        n * g.P, num_threads=threads, use_threads_if=n * image > SMALL, schedule="static"
    ):
        pool_row(kind, g, i % g.P, x + i // g.P * image, y + i // g.P * out)


cdef void row_gradient(
    Kind kind, Windows g, Py_ssize_t p, const float* x, const float* y, const float* dy, float* dx
) noexcept nogil:
    """Add what row p of the output sends back to the input of one image."""
    cdef Py_ssize_t q, c, r, tile, pixel, place, width, left, right, top = p * g.sh - g.pt
    cdef float[TILE] share
    for q in range(g.Q):
        left = max(0, q * g.sw - g.pl)
        right = min(g.W, q * g.sw - g.pl + g.S)
        for tile in range((g.C + TILE - 1) // TILE):
            c = tile * TILE
            width = min(TILE, g.C - c)
            pixel = (p * g.Q + q) * g.C + c
            kind.share(width, g.R * g.S, y + pixel, dy + pixel, share)
            for r in range(max(0, top), min(g.H, top + g.R)):
                place = (r * g.W + left) * g.C + c
                kind.give(right - left, g.C, width, x + place, y + pixel, share, dx + place)


cdef void image_gradient(
    Kind kind, Windows g, const float* x, const float* y, const float* dy, float* dx
) noexcept nogil:
    """Write dx of one image; rows are zeroed just before the first window reaches them."""
    cdef Py_ssize_t p, reached = 0, bottom, row = g.W * g.C
    for p in range(g.P):
        bottom = max(reached, min(g.H, p * g.sh - g.pt + g.R))
        memset(dx + reached * row, 0, (bottom - reached) * row * sizeof(float))
        reached = bottom
        row_gradient(kind, g, p, x, y, dy, dx)
    memset(dx + reached * row, 0, (g.H - reached) * row * sizeof(float))


cdef void image_gradient_2x2(
    Kind kind, Windows g, const float* x, const float* y, const float* dy, float* dx
) noexcept nogil:
    cdef Py_ssize_t p, top, row = g.W * g.C, covered = 2 * g.Q * g.C, out = g.Q * g.C
    cdef size_t rest = (row - covered) * sizeof(float)
    for p in range(g.P):
        top = 2 * p * row
        kind.backward_2x2(g.Q, g.C, row, x + top, y + p * out, dy + p * out, dx + top)
        memset(dx + top + covered, 0, rest)
        memset(dx + top + row + covered, 0, rest)
    memset(dx + 2 * g.P * row, 0, (g.H - 2 * g.P) * row * sizeof(float))


cdef void backward(
    Kind kind, Py_ssize_t n, Windows g,
    const float* x, const float* y, const float* dy, float* dx, int threads,
) noexcept nogil:
    cdef Py_ssize_t i, image = g.H * g.W * g.C, out = g.P * g.Q * g.C
    cdef bint narrow = is_2x2(g)
    for i in prange(n, num_threads=threads, use_threads_if=n * image > SMALL, schedule="static"):
        (image_gradient_2x2 if narrow else image_gradient)(
            kind, g, x + i * image, y + i * out, dy + i * out, dx + i * image
        )


def maxpool_forward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    const float[::1] x, float[::1] y, int threads,
):
    """y = the largest number of each window, NaN where there is one."""
    with nogil:
        forward(
            MAXIMUM, n, Windows(H, W, C, P, Q, R, S, sh, sw, pt, pl), &x[0], &y[0], threads
        )


def maxpool_backward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx, int threads,
):
    """dx = dy at the first pixel of each window that is its maximum, row by row; else 0."""
    with nogil:
        backward(
            MAXIMUM, n, Windows(H, W, C, P, Q, R, S, sh, sw, pt, pl),
            &x[0], &y[0], &dy[0], &dx[0], threads,
        )


def avgpool_forward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    const float[::1] x, float[::1] y, int threads,
):
    """y = sum(x) / (R S) over each window."""
    with nogil:
        forward(
            AVERAGE, n, Windows(H, W, C, P, Q, R, S, sh, sw, pt, pl), &x[0], &y[0], threads
        )


def avgpool_backward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    const float[::1] dy, float[::1] dx, int threads,
):
    """dx = the sum of dy / (R S) over the windows of a pixel."""
    with nogil:  # x and y do not matter
        backward(
            AVERAGE, n, Windows(H, W, C, P, Q, R, S, sh, sw, pt, pl),
            &dx[0], &dy[0], &dy[0], &dx[0], threads,
        )


def l2pool_forward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    const float[::1] x, float[::1] y, int threads,
):
    """y = sqrt(sum(x^2)) over each window."""
    with nogil:
        forward(
            ROOT, n, Windows(H, W, C, P, Q, R, S, sh, sw, pt, pl), &x[0], &y[0], threads
        )


def l2pool_backward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx, int threads,
):
    """dx = the sum of x / y dy over the windows of a pixel, 0 where y is 0."""
    with nogil:
        backward(
            ROOT, n, Windows(H, W, C, P, Q, R, S, sh, sw, pt, pl),
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


def global_maxpool_forward(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C, const float[::1] x, float[::1] y, int threads
):
    """y = the largest x of all pixels, NaN where there is one."""
    with nogil:
        forward(
            MAXIMUM, n, Windows(1, pixels, C, 1, 1, 1, pixels, 1, 1, 0, 0), &x[0], &y[0], threads
        )


def global_maxpool_backward(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C,
    const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx, int threads,
):
    """dx = dy at the first pixel that is the maximum, else 0."""
    with nogil:
        backward(
            MAXIMUM, n, Windows(1, pixels, C, 1, 1, 1, pixels, 1, 1, 0, 0),
            &x[0], &y[0], &dy[0], &dx[0], threads,
        )
