"""The loops of a depthwise convolution's weight gradient.

dw[r, s, c] sums x[c under tap (r, s)] * dy[c] over all pixels: in a fixed number of chunks of
slabs, each in its own memory, which are then added in order.
"""

from cython.parallel cimport prange, threadid
from libc.string cimport memset

from kernels.geometry cimport (
    Axis, Normal, Run, Span, Taps, ceil_div, run_of, span, valid_positions,
)
from kernels.normalize cimport read_normalized_rows


cdef extern from "depthwise/tiles.h" nogil:
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
        MOST_TAPS
    int vector_width(Py_ssize_t channels)
    void multiply_taps(const TapSums *z, Py_ssize_t channel, int width, int taps)

cdef enum:
    CHUNKS = 16            # parts of a batch whose gradients are summed apart
    CHAIN_PIXELS = 144     # of one chain of products: see conv/forward_tile.h
    CHAINS = 64            # that are summed up before they join the others

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


cdef inline Gradient gradient_of(Axis rows, Axis cols, Py_ssize_t C) noexcept nogil:
    """Cut the pixels to sum over into slabs."""
    cdef Gradient z
    z.rows, z.cols, z.C = rows, cols, C
    z.width = vector_width(C)
    z.lanes = ceil_div(C, z.width) * z.width
    z.slab_rows = min(rows.positions, max(1, CHAIN_PIXELS // cols.positions))
    z.slabs = ceil_div(rows.positions, z.slab_rows)
    return z


cdef inline Py_ssize_t slab_floats(const Gradient *z) noexcept nogil:
    """Return the floats of the source of a slab."""
    return span(&z.rows, z.slab_rows) * z.cols.size * z.C


cdef inline Py_ssize_t gradient_floats(const Gradient *z, int threads) noexcept nogil:
    """Return the scratch floats."""
    return 2 * CHUNKS * z.rows.taps * z.cols.taps * z.lanes + threads * slab_floats(z)


cdef inline void sum_gradient(
    const Gradient *z, Py_ssize_t n, float *dweight, float *scratch, int threads,
) noexcept nogil:
    """Compute dweight for n images."""
    cdef Py_ssize_t chunk, size = z.rows.taps * z.cols.taps * z.lanes, slabs = n * z.slabs
    cdef float *rows = scratch + 2 * CHUNKS * size
    for chunk in prange(CHUNKS, num_threads=threads):
        sum_slabs(
            z, slabs * chunk // CHUNKS, slabs * (chunk + 1) // CHUNKS, scratch + chunk * size,
            scratch + (CHUNKS + chunk) * size, rows + threadid() * slab_floats(z),
        )
    for chunk in range(1, CHUNKS):
        add(size, scratch + chunk * size, scratch)
    join_lanes(z, scratch, dweight)


cdef inline void add(Py_ssize_t size, const float *x, float *y) noexcept nogil:
    """Add x to y."""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] += x[i]


cdef inline void join_lanes(const Gradient *z, const float *lanes, float *dweight) noexcept nogil:
    """Copy each channel's gradient from the first vector it is in."""
    cdef Py_ssize_t tap, c, beyond = z.lanes - z.C, last = z.lanes - z.width
    for tap in range(z.rows.taps * z.cols.taps):
        for c in range(z.C):
            dweight[tap * z.C + c] = lanes[tap * z.lanes + (c if c < last else c + beyond)]


cdef inline void sum_slabs(
    const Gradient *z, Py_ssize_t first, Py_ssize_t last, float *total, float *block, float *rows,
) noexcept nogil:
    """Sum the products of consecutive slabs of all images, some at a time."""
    cdef Py_ssize_t size = z.rows.taps * z.cols.taps * z.lanes, number, row
    memset(total, 0, size * sizeof(float))
    while first < last:
        memset(block, 0, size * sizeof(float))
        for number in range(first, min(first + CHAINS, last)):
            row = number % z.slabs * z.slab_rows
            sum_slab(
                z, number // z.slabs, row, min(z.slab_rows, z.rows.outputs - row), block, rows
            )
        add(size, block, total)
        first += CHAINS


cdef inline void sum_slab(
    const Gradient *z, Py_ssize_t image, Py_ssize_t p, Py_ssize_t count, float *dweight,
    float *rows,
) noexcept nogil:
    """Add the products of rows p to p + count of an image to the gradients of all taps."""
    cdef const float *x = read_normalized_rows(
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


cdef inline void sum_taps(
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
