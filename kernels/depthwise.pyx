# cython: language_level=3
"""Depthwise convolution: every channel has its own R x S filter; padding is zeros.

Legend: N (n in a call) images, C channels, H W input, P Q output, R S window; x input, y output,
dx dy dweight gradients. x and y are NHWC, weights [R][S][C].

Images are read and written in place, a strip of pixels at a time. Every output element is the
work of one thread, in an order that shapes alone decide.
"""

from cython.parallel cimport prange, threadid

from kernels.depthwise_gradient cimport Gradient, gradient_floats, gradient_of, sum_gradient
from kernels.geometry cimport (
    Axis, Normal, Run, Taps,
    adjoint_axis, ceil_div, forward_axis, phase_positions, run_of, span, taps_of,
)
from kernels.normalize cimport normal_of, normalized_rows


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
    ctypedef struct Three:
        const float *x[5]
        Py_ssize_t x_pixel[5]
        const float *w
        Py_ssize_t w_col
        Py_ssize_t w_row
        const float *bias
        bint relu
        float *y
        Py_ssize_t y_pixel
        Py_ssize_t y_row
        Py_ssize_t columns
        bint padded_left
        bint padded_right
    enum:
        MOST_COLUMNS
    int vector_width(Py_ssize_t channels)
    void multiply_strip(const Strip *strip, Py_ssize_t channel, int width, int columns)
    void multiply_three(const Three *z, Py_ssize_t channel, int width, int stride, int rows)


cdef enum:
    SLAB_FLOATS = 4 * 1024  # of source rows: strips of all channels find them in the first cache
    SMALL = 10000           # elements that are not worth a second thread

cdef struct Sweep:    # of x over y, forward; of dy over dx, backward
    Axis rows
    Axis cols
    Py_ssize_t C
    Normal normal     # of x
    const float *x
    const float *weight
    const float *bias
    float *y
    bint relu


cdef Py_ssize_t slab_rows(const Axis *rows, Py_ssize_t width, Py_ssize_t C) noexcept nogil:
    """Return the rows of positions whose source the first cache holds."""
    return min(rows.positions, max(4, SLAB_FLOATS // (rows.stride * width * C)))


cdef Py_ssize_t sweep_floats(const Axis *rows, Py_ssize_t width, Py_ssize_t C) noexcept nogil:
    """Return the floats of a slab's source."""
    return span(rows, slab_rows(rows, width, C)) * width * C


cdef void sweep(const Sweep *z, Py_ssize_t n, float *scratch, int threads) noexcept nogil:
    """Compute y, some rows of positions at a time."""
    cdef Py_ssize_t rows = z.rows.positions, slab = slab_rows(&z.rows, z.cols.size, z.C)
    cdef Py_ssize_t floats = sweep_floats(&z.rows, z.cols.size, z.C), slabs, item
    if n * z.rows.outputs * z.cols.outputs * z.C < SMALL:
        threads = 1
    if n * ceil_div(rows, slab) < 2 * threads and z.normal.mean == NULL:
        slab = ceil_div(rows, ceil_div(threads, n))
    slabs = ceil_div(rows, slab)
    for item in prange(n * slabs, num_threads=threads, schedule="static"):
        sweep_slab(
            z, item // slabs, item % slabs * slab, min(rows, (item % slabs + 1) * slab),
            scratch + threadid() * floats,
        )


cdef void sweep_slab(
    const Sweep *z, Py_ssize_t image, Py_ssize_t first, Py_ssize_t last, float *scratch,
) noexcept nogil:
    """Compute rows of positions: those with the same taps together."""
    cdef const float *x = normalized_rows(
        &z.normal, &z.rows, z.cols.size, z.C, z.x, image, first, last, scratch
    )
    cdef Py_ssize_t phase, position, end
    cdef Taps taps
    cdef Run rows
    if is_three(&z.rows) and is_three(&z.cols) and z.rows.stride == z.cols.stride:
        sweep_three(z, x, image, first, last)
        return
    for phase in range(min(z.rows.phases, z.rows.outputs)):
        taps = taps_of(&z.rows, phase)
        end = min(last, phase_positions(&z.rows, phase))
        position = first
        while position < end:
            rows = run_of(&z.rows, &taps, position, end)
            sweep_rows(z, x, image, phase, &taps, &rows)
            position += rows.count


cdef bint is_three(const Axis *axis) noexcept nogil:
    """Say whether three taps side by side move by one or two and stand out by one at most."""
    cdef Py_ssize_t last = (axis.positions - 1) * axis.stride + axis.origin + 3
    return (
        axis.taps == 3 and axis.dilation == 1 and axis.phases == 1 and axis.stride <= 2
        and -1 <= axis.origin <= 0 and last <= axis.size + 1
    )


cdef void sweep_three(
    const Sweep *z, const float *x, Py_ssize_t image, Py_ssize_t first, Py_ssize_t last,
) noexcept nogil:
    """Compute rows of 3x3 windows, two at a time."""
    cdef Py_ssize_t row = first, pixels = z.rows.outputs * z.cols.outputs, block
    cdef int count, width = vector_width(z.C)
    cdef Taps row_taps = taps_of(&z.rows, 0), col_taps = taps_of(&z.cols, 0)
    cdef Three three
    three.w_row, three.w_col = row_taps.step * 3 * z.C, col_taps.step * z.C
    three.w = z.weight + (row_taps.first * 3 + col_taps.first) * z.C
    three.bias, three.relu = z.bias, z.relu
    three.y_pixel, three.y_row = z.C, z.cols.outputs * z.C
    three.columns = z.cols.outputs
    three.padded_left = z.cols.origin < 0
    three.padded_right = (z.cols.outputs - 1) * z.cols.stride + z.cols.origin + 3 > z.cols.size
    while row < last:
        count = min(2, last - row)
        three.y = z.y + (image * pixels + row * z.cols.outputs) * z.C
        find_source(z, x, image, row, &three)
        for block in range(ceil_div(z.C, width)):
            multiply_three(&three, min(block * width, z.C - width), width, z.rows.stride, count)
        row += count


cdef void find_source(
    const Sweep *z, const float *x, Py_ssize_t image, Py_ssize_t row, Three *three,
) noexcept nogil:
    """Find the source rows under two rows of windows."""
    cdef Py_ssize_t i, source
    for i in range(z.rows.stride + 3):
        source = row * z.rows.stride + z.rows.origin + i
        three.x_pixel[i] = z.C if 0 <= source < z.rows.size else 0
        three.x[i] = x + (image * z.rows.size + source) * z.cols.size * z.C


cdef void sweep_rows(
    const Sweep *z, const float *start, Py_ssize_t image, Py_ssize_t row_phase,
    const Taps *row_taps, const Run *rows,
) noexcept nogil:
    """Compute rows of positions that have the same taps, by areas in which columns have, too."""
    cdef Py_ssize_t row = image * z.rows.outputs + rows.position * z.rows.phases + row_phase
    cdef Py_ssize_t block, phase, position, width = vector_width(z.C)
    cdef const float *x = start + (image * z.rows.size + rows.source) * z.cols.size * z.C
    cdef float *y = z.y + row * z.cols.outputs * z.C
    cdef Taps taps
    cdef Run cols
    cdef Strip strip
    strip.x_row = row_taps.dilation * z.cols.size * z.C
    strip.w_row = row_taps.step * z.cols.taps * z.C
    strip.rows = rows.taps
    strip.bias = z.bias
    strip.relu = z.relu
    for phase in range(min(z.cols.phases, z.cols.outputs)):
        taps = taps_of(&z.cols, phase)
        strip.x_col = taps.dilation * z.C
        strip.w_col = taps.step * z.C
        for block in range(ceil_div(z.C, width)):
            position = 0
            while position < phase_positions(&z.cols, phase):
                cols = run_of(&z.cols, &taps, position, phase_positions(&z.cols, phase))
                strip.cols = cols.taps
                strip.x = x + cols.source * z.C
                strip.w = z.weight + (rows.tap * z.cols.taps + cols.tap) * z.C
                strip.y = y + (position * z.cols.phases + phase) * z.C
                multiply_area(z, strip, min(block * width, z.C - width), rows.count, cols.count)
                position += cols.count


cdef void multiply_area(
    const Sweep *z, Strip strip, Py_ssize_t channel, Py_ssize_t rows, Py_ssize_t cols,
) noexcept nogil:
    """Compute positions that all have the same taps, in strips across, or down a border."""
    cdef Py_ssize_t x_line = z.rows.stride * z.cols.size * z.C
    cdef Py_ssize_t y_line = z.rows.phases * z.cols.outputs * z.C
    cdef Py_ssize_t _line
    strip.x_pixel = z.cols.stride * z.C
    strip.y_pixel = z.cols.phases * z.C
    if cols == 1:
        strip.x_pixel, x_line = x_line, strip.x_pixel
        strip.y_pixel, y_line = y_line, strip.y_pixel
        rows, cols = cols, rows
    for _line in range(rows):
        multiply_line(strip, channel, vector_width(z.C), cols)
        strip.x += x_line
        strip.y += y_line


cdef void multiply_line(
    Strip strip, Py_ssize_t channel, int width, Py_ssize_t pixels,
) noexcept nogil:
    """Split a line of pixels evenly into strips."""
    cdef Py_ssize_t strips = ceil_div(pixels, MOST_COLUMNS), count
    while pixels > 0:
        count = ceil_div(pixels, strips)
        multiply_strip(&strip, channel, width, count)
        strip.x += count * strip.x_pixel
        strip.y += count * strip.y_pixel
        pixels -= count
        strips -= 1


def depthwise_forward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    Py_ssize_t dh, Py_ssize_t dw, const float[::1] x, const float[::1] weight,
    const float[::1] bias, float[::1] y, float[::1] scratch, bint relu, int threads,
    const float[::1] normal=None,
):
    """y[p, q, c] = b[c] + sum over r, s of x[p*sh - pt + r*dh, q*sw - pl + s*dw, c] w[r, s, c]

    An empty bias is none; relu sets negative results to zero. A normal is applied to x first, to
    its pixels but not to its padding; only then is scratch needed.
    """
    cdef Sweep z
    if n == 0:
        return
    z.rows = forward_axis(H, P, R, sh, pt, dh)
    z.cols = forward_axis(W, Q, S, sw, pl, dw)
    z.C, z.x, z.weight, z.y, z.relu = C, &x[0], &weight[0], &y[0], relu
    z.bias = &bias[0] if bias.shape[0] else NULL
    z.normal = normal_of(normal, C)
    with nogil:
        sweep(&z, n, &scratch[0] if normal is not None else NULL, threads)


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
    z.normal = Normal(NULL, NULL, NULL)
    with nogil:
        sweep(&z, n, NULL, threads)


def depthwise_scratch_size(
    Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q, Py_ssize_t R,
    Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl, Py_ssize_t dh,
    Py_ssize_t dw, int threads,
):
    """Return the scratch floats of a training."""
    cdef Axis rows = forward_axis(H, P, R, sh, pt, dh)
    cdef Gradient z = gradient_of(rows, forward_axis(W, Q, S, sw, pl, dw), C)
    return max(threads * sweep_floats(&rows, W, C), gradient_floats(&z, threads))


def depthwise_backward_weights(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q,
    Py_ssize_t R, Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl,
    Py_ssize_t dh, Py_ssize_t dw, const float[::1] x, const float[::1] dy, float[::1] dweight,
    float[::1] scratch, int threads, const float[::1] normal=None,
):
    """dw[r, s, c] = sum of images, p, q: x[p*sh + r*dh - pt, q*sw + s*dw - pl, c] dy[p, q, c]

    A normal as in depthwise_forward.
    """
    cdef Gradient z = gradient_of(
        forward_axis(H, P, R, sh, pt, dh), forward_axis(W, Q, S, sw, pl, dw), C
    )
    if n * P * Q * C < SMALL:
        threads = 1
    z.x = &x[0] if n else NULL
    z.dy = &dy[0] if n else NULL
    z.normal = normal_of(normal, C)
    with nogil:
        sum_gradient(&z, n, &dweight[0], &scratch[0], threads)
