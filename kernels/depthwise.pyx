# cython: language_level=3
"""Depthwise convolution: every channel has its own R x S filter; padding is zeros.

Legend: N (n in a call) images, C channels, H W input, P Q output, R S window; x input, y output,
dx dy dweight gradients. x and y are NHWC, weights [R][S][C].

Images are read and written in place, a strip of pixels at a time. Every output element is the
work of one thread, in an order that shapes alone decide.
"""

from cython.parallel cimport prange
from libc.string cimport memset

from kernels.geometry cimport (
    Axis, Span, Taps,
    adjoint_axis, forward_axis, phase_positions, taps_of, valid_positions, valid_taps,
)


cdef extern from "depthwise_tile.h" nogil:
    ctypedef struct Strip:
        const float *x
        Py_ssize_t x_pixel
        Py_ssize_t x_col
        Py_ssize_t x_row
        const float *w
        Py_ssize_t w_col
        Py_ssize_t w_row
        Py_ssize_t rows
        Py_ssize_t cols
        const float *bias
        bint relu
        float *y
        Py_ssize_t y_pixel
    ctypedef struct RowGradient:
        const float *x
        Py_ssize_t x_pixel
        Py_ssize_t x_col
        const float *dy
        Py_ssize_t dy_pixel
        Py_ssize_t pixels
        float *dw
        Py_ssize_t dw_col
    Py_ssize_t MOST_COLUMNS
    Py_ssize_t MOST_TAPS
    int widest(Py_ssize_t channels)
    void multiply_strip(const Strip *strip, Py_ssize_t channel, int width, int columns)
    void multiply_taps(const RowGradient *row, Py_ssize_t channel, int width, int taps)


cdef enum:
    CHUNKS = 16       # parts of a batch whose weight gradients are summed apart
    BLOCK_ROWS = 128  # rows whose sums are added up before they join those of the chunk
    SMALL = 20000     # elements that are not worth a second thread

cdef struct Sweep:    # of x over y, forward; of dy over dx, backward
    Axis rows
    Axis cols
    Py_ssize_t C
    const float *x
    const float *weight
    const float *bias
    float *y
    bint relu


cdef void sweep(const Sweep *z, Py_ssize_t n, int threads) noexcept nogil:
    """Compute all rows of y."""
    cdef Py_ssize_t item
    if n * z.rows.outputs * z.cols.outputs * z.C < SMALL:
        threads = 1
    for item in prange(n * z.rows.outputs, num_threads=threads, schedule="static"):
        sweep_row(z, item // z.rows.outputs, item % z.rows.outputs)


cdef void sweep_row(const Sweep *z, Py_ssize_t image, Py_ssize_t row) noexcept nogil:
    """Compute one row of y, phase by phase."""
    cdef Taps taps = taps_of(&z.rows, row % z.rows.phases), cols
    cdef Py_ssize_t position = row // z.rows.phases, phase, source
    cdef Span valid = valid_taps(&taps, &z.rows, position)
    cdef Strip strip
    source = position * z.rows.stride + taps.origin + valid.first * taps.dilation
    strip.x_row = taps.dilation * z.cols.size * z.C
    strip.x_pixel = z.cols.stride * z.C
    strip.w_row = taps.step * z.cols.taps * z.C
    strip.rows = valid.last - valid.first
    strip.bias = z.bias
    strip.relu = z.relu
    strip.y_pixel = z.cols.phases * z.C
    for phase in range(min(z.cols.phases, z.cols.outputs)):
        cols = taps_of(&z.cols, phase)
        strip.x_col = cols.dilation * z.C
        strip.w_col = cols.step * z.C
        sweep_columns(
            z, &strip, &cols, phase_positions(&z.cols, phase),
            z.x + (image * z.rows.size + source) * z.cols.size * z.C,
            z.weight + (taps.first + valid.first * taps.step) * z.cols.taps * z.C,
            z.y + ((image * z.rows.outputs + row) * z.cols.outputs + phase) * z.C,
        )


cdef void sweep_columns(
    const Sweep *z, Strip *strip, const Taps *taps, Py_ssize_t positions,
    const float *x, const float *weight, float *y,
) noexcept nogil:
    """Compute the pixels of one phase: those over padding one by one, the others in strips."""
    cdef Span inner = valid_positions(
        &z.cols, taps.origin, taps.origin + (taps.count - 1) * taps.dilation, positions
    )
    cdef Py_ssize_t channel = 0, position, columns, source
    cdef Span valid
    cdef int width
    while channel < z.C:
        width = widest(z.C - channel)
        position = 0
        while position < positions:
            valid = valid_taps(taps, &z.cols, position)
            columns = 1
            if inner.first <= position < inner.last:
                columns = min(inner.last - position, MOST_COLUMNS)
            source = position * z.cols.stride + taps.origin + valid.first * taps.dilation
            strip.cols = valid.last - valid.first
            strip.x = x + source * z.C
            strip.w = weight + (taps.first + valid.first * taps.step) * z.C
            strip.y = y + position * strip.y_pixel
            multiply_strip(strip, channel, width, columns)
            position += columns
        channel += width


def depthwise_forward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    Py_ssize_t dh, Py_ssize_t dw, const float[::1] x, const float[::1] weight,
    const float[::1] bias, float[::1] y, bint relu, int threads,
):
    """y[p, q, c] = b[c] + sum over r, s of x[p*sh - pt + r*dh, q*sw - pl + s*dw, c] w[r, s, c]

    An empty bias is none; relu sets negative results to zero.
    """
    cdef Sweep z
    if n == 0:
        return
    z.rows = forward_axis(H, P, R, sh, pt, dh)
    z.cols = forward_axis(W, Q, S, sw, pl, dw)
    z.C, z.x, z.weight, z.y, z.relu = C, &x[0], &weight[0], &y[0], relu
    z.bias = &bias[0] if bias.shape[0] else NULL
    with nogil:
        sweep(&z, n, threads)


def depthwise_backward_data(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    Py_ssize_t dh, Py_ssize_t dw, const float[::1] dy, const float[::1] weight, float[::1] dx,
    int threads,
):
    """dx[h, w, c] = sum of dy[p, q, c] w[r, s, c] over every product of x[h, w, c]"""
    cdef Sweep z
    if n == 0:
        return
    z.rows = adjoint_axis(P, H, R, sh, pt, dh)
    z.cols = adjoint_axis(Q, W, S, sw, pl, dw)
    z.C, z.x, z.weight, z.y, z.relu, z.bias = C, &dy[0], &weight[0], &dx[0], False, NULL
    with nogil:
        sweep(&z, n, threads)


def depthwise_scratch_size(Py_ssize_t R, Py_ssize_t S, Py_ssize_t C):
    """Return the scratch floats of depthwise_backward_weights."""
    return 2 * CHUNKS * R * S * C


def depthwise_backward_weights(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    Py_ssize_t dh, Py_ssize_t dw, const float[::1] x, const float[::1] dy, float[::1] dweight,
    float[::1] scratch, int threads,
):
    """dw[r, s, c] = sum of images, p, q: x[p*sh + r*dh - pt, q*sw + s*dw - pl, c] dy[p, q, c]"""
    cdef Sweep z
    cdef Py_ssize_t chunk, i, size = R * S * C
    cdef float *partial = &scratch[0]
    cdef float *total = &dweight[0]
    z.rows = forward_axis(H, P, R, sh, pt, dh)
    z.cols = forward_axis(W, Q, S, sw, pl, dw)
    z.C = C
    if n * P * Q * C < SMALL:
        threads = 1
    if n > 0:
        z.x, z.y = &x[0], <float *> &dy[0]
    with nogil:
        for chunk in prange(CHUNKS, num_threads=threads, schedule="static"):
            sum_rows(
                &z, n * P * chunk // CHUNKS, n * P * (chunk + 1) // CHUNKS,
                partial + 2 * chunk * size, partial + (2 * chunk + 1) * size,
            )
        memset(total, 0, size * sizeof(float))
        for chunk in range(CHUNKS):
            for i in range(size):
                total[i] += partial[2 * chunk * size + i]


cdef void sum_rows(
    const Sweep *z, Py_ssize_t first, Py_ssize_t last, float *total, float *block,
) noexcept nogil:
    """Sum the products of rows `first` to `last` of all images, in blocks of rows."""
    cdef Py_ssize_t size = z.rows.taps * z.cols.taps * z.C, start, row, i
    memset(total, 0, size * sizeof(float))
    for start in range(first, last, 128):
        memset(block, 0, size * sizeof(float))
        for row in range(start, min(start + 128, last)):
            sum_row(z, row // z.rows.outputs, row % z.rows.outputs, block)
        for i in range(size):
            total[i] += block[i]


cdef void sum_row(const Sweep *z, Py_ssize_t image, Py_ssize_t p, float *dweight) noexcept nogil:
    """Add one row's products to the gradients of all taps."""
    cdef Taps rows = taps_of(&z.rows, 0), cols = taps_of(&z.cols, 0)
    cdef Span valid = valid_taps(&rows, &z.rows, p)
    cdef Py_ssize_t r, s, source
    cdef RowGradient row
    row.x_pixel = z.cols.stride * z.C
    row.x_col = z.cols.dilation * z.C
    row.dy_pixel = row.dw_col = z.C
    for r in range(valid.first, valid.last):
        source = p * z.rows.stride + rows.origin + r * rows.dilation
        for s in range(0, z.cols.taps, 5):
            sum_taps(
                z, &row, cols.origin + s * cols.dilation, min(MOST_TAPS, z.cols.taps - s),
                z.x + (image * z.rows.size + source) * z.cols.size * z.C,
                z.y + (image * z.rows.outputs + p) * z.cols.outputs * z.C,
                dweight + (r * z.cols.taps + s) * z.C,
            )


cdef void sum_taps(
    const Sweep *z, RowGradient *row, Py_ssize_t origin, Py_ssize_t count, const float *x,
    const float *dy, float *dweight,
) noexcept nogil:
    """Add one row's products to a few taps: pixels over padding one by one, the others at once."""
    cdef Taps taps = Taps(count, 0, 1, origin, z.cols.dilation)
    cdef Span inner = valid_positions(
        &z.cols, origin, origin + (count - 1) * taps.dilation, z.cols.outputs
    )
    cdef Py_ssize_t channel = 0, q
    cdef Span valid
    cdef int width
    while channel < z.C:
        width = widest(z.C - channel)
        q = 0
        while q < z.cols.outputs:
            valid = valid_taps(&taps, &z.cols, q)
            row.pixels = inner.last - q if inner.first <= q < inner.last else 1
            row.x = x + (q * z.cols.stride + origin + valid.first * taps.dilation) * z.C
            row.dy = dy + q * z.C
            row.dw = dweight + valid.first * z.C
            multiply_taps(row, channel, width, valid.last - valid.first)
            q += row.pixels
        channel += width
