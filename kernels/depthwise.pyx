# cython: language_level=3
"""Depthwise convolution: every channel has its own R x S filter; padding is zeros.

Legend: N (n in a call) images, C channels, H W input, P Q output, R S window; x input, y output,
dx dy dweight gradients. x and y are NHWC, weights [R][S][C].

Images are read and written in place, a strip of pixels at a time. Every output element is the
work of one thread, in an order that shapes alone decide.
"""

from cython.parallel cimport prange, threadid
from libc.string cimport memset

from kernels.geometry cimport (
    Axis, Normal, Run, Span, Taps,
    adjoint_axis, ceil_div, forward_axis, phase_positions, run_of, span, taps_of,
    valid_positions,
)
from kernels.normalize cimport normal_of, normalize_rows


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
    ctypedef struct TapSums:
        const float *x
        Py_ssize_t x_pixel
        Py_ssize_t x_col
        Py_ssize_t x_row
        const float *dy
        Py_ssize_t dy_pixel
        Py_ssize_t dy_row
        Py_ssize_t rows
        Py_ssize_t columns
        float *dw
        Py_ssize_t dw_col
    enum:
        MOST_COLUMNS
        MOST_TAPS
    int vector_width(Py_ssize_t channels)
    void multiply_strip(const Strip *strip, Py_ssize_t channel, int width, int columns)
    void multiply_taps(const TapSums *z, Py_ssize_t channel, int width, int taps)


cdef enum:
    CHUNKS = 16       # parts of a batch whose weight gradients are summed apart
    CHAIN_PIXELS = 144    # of one chain of products: see tile.h
    SLAB_FLOATS = 4 * 1024    # of source rows: strips of all channels find them in the first cache
    SMALL = 10000     # elements that are not worth a second thread

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


cdef const float *normalized_rows(
    const Normal *normal, const Axis *rows, Py_ssize_t width, Py_ssize_t C, const float *x,
    Py_ssize_t image, Py_ssize_t first, Py_ssize_t last, float *scratch,
) noexcept nogil:
    """Return where x would begin if the rows that some positions read were those in scratch."""
    cdef Py_ssize_t start = first * rows.stride + rows.origin, top = max(0, start)
    cdef Py_ssize_t end = min(rows.size, start + span(rows, last - first))
    cdef Py_ssize_t offset = (image * rows.size + top) * width * C
    if normal.mean == NULL:
        return x
    normalize_rows(normal, (end - top) * width, C, x + offset, scratch)
    return scratch - offset


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
    for phase in range(min(z.rows.phases, z.rows.outputs)):
        taps = taps_of(&z.rows, phase)
        end = min(last, phase_positions(&z.rows, phase))
        position = first
        while position < end:
            rows = run_of(&z.rows, &taps, position, end)
            sweep_rows(z, x, image, phase, &taps, &rows)
            position += rows.count


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


cdef struct Gradient:
    Axis rows
    Axis cols
    Py_ssize_t C
    int width             # of a vector of channels
    Py_ssize_t lanes      # of all vectors, of which the last may overlap
    Py_ssize_t slab_rows  # of dy whose products are summed in one go
    Py_ssize_t slabs      # of an image
    Normal normal         # of x
    const float *x
    const float *dy


cdef Gradient gradient_of(Axis rows, Axis cols, Py_ssize_t C) noexcept nogil:
    """Cut the pixels to sum over into slabs."""
    cdef Gradient z
    z.rows, z.cols, z.C = rows, cols, C
    z.width = vector_width(C)
    z.lanes = ceil_div(C, z.width) * z.width
    z.slab_rows = min(rows.positions, max(1, CHAIN_PIXELS // cols.positions))
    z.slabs = ceil_div(rows.positions, z.slab_rows)
    return z


cdef Py_ssize_t slab_floats(const Gradient *z) noexcept nogil:
    """Return the floats of the source of a slab."""
    return span(&z.rows, z.slab_rows) * z.cols.size * z.C


def depthwise_scratch_size(
    Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q, Py_ssize_t R,
    Py_ssize_t S, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl, Py_ssize_t dh,
    Py_ssize_t dw, int threads,
):
    """Return the scratch floats of a training."""
    cdef Axis rows = forward_axis(H, P, R, sh, pt, dh)
    cdef Gradient z = gradient_of(rows, forward_axis(W, Q, S, sw, pl, dw), C)
    return max(
        threads * sweep_floats(&rows, W, C),
        2 * CHUNKS * R * S * z.lanes + threads * slab_floats(&z),
    )


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
    cdef Py_ssize_t chunk, size = R * S * z.lanes, slabs = n * z.slabs, floats = slab_floats(&z)
    cdef float *sums = &scratch[0]
    cdef float *rows = sums + 2 * CHUNKS * size
    z.x = &x[0] if n else NULL
    z.dy = &dy[0] if n else NULL
    z.normal = normal_of(normal, C)
    if n * P * Q * C < SMALL:
        threads = 1
    with nogil:
        for chunk in prange(CHUNKS, num_threads=threads, schedule="static"):
            sum_slabs(
                &z, slabs * chunk // CHUNKS, slabs * (chunk + 1) // CHUNKS,
                sums + chunk * size, sums + (CHUNKS + chunk) * size, rows + threadid() * floats,
            )
        for chunk in range(1, CHUNKS):
            add(size, sums + chunk * size, sums)
        join_lanes(&z, sums, &dweight[0])


cdef void add(Py_ssize_t size, const float *x, float *y) noexcept nogil:
    """Add x to y."""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] += x[i]


cdef void join_lanes(const Gradient *z, const float *lanes, float *dweight) noexcept nogil:
    """Copy each channel's gradient from the first vector it is in."""
    cdef Py_ssize_t tap, c, beyond = z.lanes - z.C, last = z.lanes - z.width
    for tap in range(z.rows.taps * z.cols.taps):
        for c in range(z.C):
            dweight[tap * z.C + c] = lanes[tap * z.lanes + (c if c < last else c + beyond)]


cdef void sum_slabs(
    const Gradient *z, Py_ssize_t first, Py_ssize_t last, float *total, float *block, float *rows,
) noexcept nogil:
    """Sum the products of consecutive slabs of all images, some at a time."""
    cdef Py_ssize_t size = z.rows.taps * z.cols.taps * z.lanes, start, number, row
    memset(total, 0, size * sizeof(float))
    for start in range(first, last, 64):
        memset(block, 0, size * sizeof(float))
        for number in range(start, min(start + 64, last)):
            row = number % z.slabs * z.slab_rows
            sum_slab(
                z, number // z.slabs, row, min(z.slab_rows, z.rows.outputs - row), block, rows
            )
        add(size, block, total)


cdef void sum_slab(
    const Gradient *z, Py_ssize_t image, Py_ssize_t p, Py_ssize_t count, float *dweight,
    float *rows,
) noexcept nogil:
    """Add the products of rows p to p + count of an image to the gradients of all taps."""
    cdef const float *x = normalized_rows(
        &z.normal, &z.rows, z.cols.size, z.C, z.x, image, p, p + count, rows
    )
    cdef Py_ssize_t r, s, origin
    cdef Span valid
    cdef TapSums sums
    sums.x_pixel = z.cols.stride * z.C
    sums.x_col = z.cols.dilation * z.C
    sums.x_row = z.rows.stride * z.cols.size * z.C
    sums.dy_pixel = z.C
    sums.dy_row = z.cols.outputs * z.C
    sums.dw_col = z.lanes
    for r in range(z.rows.taps):
        origin = p * z.rows.stride + z.rows.origin + r * z.rows.dilation
        valid = valid_positions(&z.rows, origin, origin, count)
        sums.rows = valid.last - valid.first
        origin += valid.first * z.rows.stride
        for s in range(0, z.cols.taps, 6):
            sum_taps(
                z, &sums, z.cols.origin + s * z.cols.dilation, min(6, z.cols.taps - s),
                x + (image * z.rows.size + origin) * z.cols.size * z.C,
                z.dy + (image * z.rows.outputs + p + valid.first) * z.cols.outputs * z.C,
                dweight + (r * z.cols.taps + s) * z.lanes,
            )


cdef void sum_taps(
    const Gradient *z, TapSums *sums, Py_ssize_t origin, Py_ssize_t count, const float *x,
    const float *dy, float *dweight,
) noexcept nogil:
    """Add the products of a few taps: columns over padding one by one, the others at once."""
    cdef Taps taps = Taps(count, 0, 1, origin, z.cols.dilation)
    cdef Py_ssize_t block, position
    cdef Run cols
    for block in range(z.lanes // z.width):
        position = 0
        while position < z.cols.outputs:
            cols = run_of(&z.cols, &taps, position, z.cols.outputs)
            sums.columns = cols.count
            sums.x = x + cols.source * z.C
            sums.dy = dy + position * z.C
            sums.dw = dweight + cols.tap * z.lanes + block * z.width
            if cols.taps:
                multiply_taps(sums, min(block * z.width, z.C - z.width), z.width, cols.taps)
            position += cols.count
