"""The loops over the tiles of a convolution's weight gradient.

dw[k, r, s, c] sums x[c under tap (r, s)] * dy[k] over all pixels. Small gradients are summed in a
fixed number of chunks of slabs, each in its own memory, which are then added in order. Large ones
are shared out between threads themselves, after all threads packed some slabs for all. A slab's
products are summed a few rows at a time, which stay in the first-level cache for all taps.
"""

from cython.parallel cimport prange, threadid
from libc.string cimport memset

from kernels.geometry cimport (
    PANEL, ZERO, Correlation, Cut, Slab, Span,
    block_floats, ceil_div, cut_evenly, panel_floats, slab_of, tap_floats, valid_positions,
)
from kernels.conv.correlate cimport FEW_PRODUCTS
from kernels.conv.pack cimport Pack, lay_pack, pack_floats, pack_source, split_pixels


cdef extern from "conv/gradient_tile.h" nogil:
    ctypedef struct Outer:
        const float *x
        Py_ssize_t x_image
        Py_ssize_t x_row
        Py_ssize_t x_pixel
        const float *dy
        Py_ssize_t dy_image
        Py_ssize_t dy_row
        Py_ssize_t dy_panel
        Py_ssize_t images
        Py_ssize_t rows
        Py_ssize_t columns
        float *dw
        Py_ssize_t dw_panel
        Py_ssize_t dw_tap
    enum:
        MOST_FILTERS
    int tile_filters(Py_ssize_t filters)
    int most_channels(int filters)
    int most_taps(Py_ssize_t channels, int filters)
    void multiply_outer(const Outer *outer, int channels, int taps, int filters)

cdef enum:
    CHAIN_PIXELS = 144         # of one chain of products, whose x and dy are in the first cache
    SUMMED_PIXELS = 512        # of a slab
    CHUNKS = 16
    CHUNKED_FLOATS = 1 << 18   # the largest gradient that is summed in chunks
    TOGETHER_FLOATS = 1 << 20  # of slabs packed together for a larger one

cdef struct Gradient:          # as all threads see it
    const Correlation *t
    Cut cut
    const float *x
    const float *dy
    float *dweight
    float *scratch
    int threads

cdef struct Pair:              # a slab's packed x, and its dy as [K/16][pixels][16]
    Slab slab
    Pack x
    float *dy


cdef inline Correlation cut_for_sums(Correlation t) noexcept nogil:
    """Return a correlation with slabs that suit sums over pixels."""
    t.slab_cols = min(t.slab_cols, <Py_ssize_t> CHAIN_PIXELS)
    t.slab_rows = min(t.slab_rows, max(1, SUMMED_PIXELS // t.slab_cols))
    if t.slab_rows < t.rows.positions or t.slab_cols < t.cols.positions:
        t.images = 1
    return t


cdef inline Py_ssize_t pair_floats(const Correlation *t) noexcept nogil:
    """Return the floats of a slab's packed x and dy."""
    return pack_floats(t) + ceil_div(t.K, PANEL) * PANEL * t.images * t.slab_rows * t.slab_cols


cdef inline Py_ssize_t slabs_together(const Correlation *t) noexcept nogil:
    """Return how many slabs are packed together for a gradient too large for chunks."""
    return max(1, TOGETHER_FLOATS // pair_floats(t))


cdef inline Py_ssize_t gradient_floats(const Correlation *t, int threads) noexcept nogil:
    """Return the scratch floats."""
    cdef Py_ssize_t weights = t.groups * panel_floats(t)
    if weights > CHUNKED_FLOATS:
        return slabs_together(t) * pair_floats(t)
    return threads * pair_floats(t) + (CHUNKS - 1) * weights


cdef inline void sum_gradient(Gradient *z, Py_ssize_t n) noexcept nogil:
    """Compute dweight for n images."""
    cdef const Correlation *t = z.t
    cdef Py_ssize_t weights = t.groups * panel_floats(t), group
    if n == 0:
        memset(z.dweight, 0, weights * sizeof(float))
        return
    if n * t.rows.positions * t.cols.positions * weights < FEW_PRODUCTS:
        z.threads = 1
    z.cut = cut_evenly(t, n, t.images, t.slab_rows, t.slab_cols)
    if weights <= CHUNKED_FLOATS:
        sum_chunks(z, weights)
    else:
        for group in range(t.groups):
            sum_shared(z, group)
    if t.K % PANEL:
        for group in range(t.groups):
            clear_lanes(t, z.dweight + group * panel_floats(t))


cdef inline void clear_lanes(const Correlation *t, float *dweight) noexcept nogil:
    """Set the lanes beyond a group's last filter to zero: they hold sums of other numbers."""
    cdef Py_ssize_t rows = t.rows.taps * t.cols.taps * t.C, row, lane
    dweight += t.K // PANEL * rows * PANEL
    for row in range(rows):
        for lane in range(t.K % PANEL, PANEL):
            dweight[row * PANEL + lane] = 0


cdef inline void sum_chunks(const Gradient *z, Py_ssize_t weights) noexcept nogil:
    """Sum chunks of slabs apart, then add them in order."""
    cdef Py_ssize_t chunks = min(<Py_ssize_t> CHUNKS, z.cut.slabs), chunk, start
    cdef Py_ssize_t floats = pair_floats(z.t)
    cdef float *partial = z.scratch + z.threads * floats
    for chunk in prange(chunks, num_threads=z.threads):
        sum_chunk(
            z, chunk * z.cut.slabs // chunks, (chunk + 1) * z.cut.slabs // chunks,
            z.scratch + threadid() * floats,
            partial + (chunk - 1) * weights if chunk else z.dweight,
        )
    for start in prange(0, weights, 4096, num_threads=z.threads):
        add_in_order(
            partial + start, weights, chunks - 1, min(4096, weights - start), z.dweight + start
        )


cdef inline void add_in_order(
    const float *partial, Py_ssize_t stride, Py_ssize_t count, Py_ssize_t size, float *total,
) noexcept nogil:
    """Add `size` floats of each of `count` partial sums."""
    cdef Py_ssize_t i, j
    for j in range(count):
        for i in range(size):
            total[i] += partial[j * stride + i]


cdef inline void sum_chunk(
    const Gradient *z, Py_ssize_t first, Py_ssize_t last, float *packed, float *dweight,
) noexcept nogil:
    """Sum the products of consecutive slabs."""
    cdef const Correlation *t = z.t
    cdef Py_ssize_t number, group, filter
    cdef Pair pair
    memset(dweight, 0, t.groups * panel_floats(t) * sizeof(float))
    for number in range(first, last):
        for group in range(t.groups):
            pair = pack_pair(z, number, group, packed)
            for filter in range(0, t.K, 32):
                add_products(
                    t, &pair, filter, 0, ceil_div(t.C, PANEL), dweight + group * panel_floats(t)
                )


cdef inline void sum_shared(const Gradient *z, Py_ssize_t group) noexcept nogil:
    """Sum a group's gradient: pack slabs together, then share out filters and channels."""
    cdef const Correlation *t = z.t
    cdef Py_ssize_t together = slabs_together(t), blocks = ceil_div(t.C, PANEL)
    cdef Py_ssize_t batch, first, count, number, item
    for batch in range(ceil_div(z.cut.slabs, together)):
        first = batch * together
        count = min(together, z.cut.slabs - first)
        for number in prange(count, num_threads=z.threads):
            pack_pair(z, first + number, group, z.scratch + number * pair_floats(t))
        for item in prange(
            ceil_div(t.K, MOST_FILTERS) * blocks, num_threads=z.threads
        ):
            sum_block(z, group, first, count, item // blocks * MOST_FILTERS, item % blocks)


cdef inline void sum_block(
    const Gradient *z, Py_ssize_t group, Py_ssize_t first, Py_ssize_t count, Py_ssize_t filter,
    Py_ssize_t block,
) noexcept nogil:
    """Add packed slabs' products to the gradient of 16 channels and 32 filters."""
    cdef const Correlation *t = z.t
    cdef float *dweight = z.dweight + group * panel_floats(t)
    cdef Py_ssize_t taps = t.rows.taps * t.cols.taps, panel, tap, number
    cdef Py_ssize_t last = min(filter + MOST_FILTERS, ceil_div(t.K, PANEL) * PANEL)
    cdef Py_ssize_t channels = min(<Py_ssize_t> PANEL, t.C - block * PANEL)
    cdef Pair pair
    if first == 0:
        for panel in range(filter // PANEL, last // PANEL):
            for tap in range(taps):
                memset(
                    dweight + panel * taps * t.C * PANEL + block * block_floats(t)
                    + tap * tap_floats(t, block * PANEL), 0, channels * PANEL * sizeof(float),
                )
    for number in range(count):
        pair = pair_at(z, first + number, z.scratch + number * pair_floats(t))
        add_products(t, &pair, filter, block, block + 1, dweight)


cdef inline Pair pair_at(const Gradient *z, Py_ssize_t number, float *packed) noexcept nogil:
    """Lay out a slab's packed x and dy."""
    cdef Pair pair
    pair.slab = slab_of(z.t, &z.cut, number)
    pair.x = lay_pack(z.t, &pair.slab, packed)
    pair.dy = packed + pack_floats(z.t)
    return pair


cdef inline Pair pack_pair(
    const Gradient *z, Py_ssize_t number, Py_ssize_t group, float *packed,
) noexcept nogil:
    """Pack what a slab's products need of one group's x and dy."""
    cdef const Correlation *t = z.t
    cdef Pair pair = pair_at(z, number, packed)
    cdef Slab slab = pair.slab
    cdef Py_ssize_t filters = t.groups * t.K, pixels = t.rows.outputs * t.cols.outputs
    cdef Py_ssize_t block_stride = slab.images * slab.rows * slab.cols * PANEL
    cdef Py_ssize_t image, row, pixel
    cdef float *to = pair.dy
    pack_source(t, z.x, z.cut.n, group, &slab, &pair.x, packed)
    for image in range(slab.image, slab.image + slab.images):
        for row in range(slab.row, slab.row + slab.rows):
            pixel = image * pixels + row * t.cols.outputs + slab.col
            split_pixels(
                z.dy + pixel * filters + group * t.K, z.dy + z.cut.n * pixels * filters, filters,
                slab.cols, ceil_div(t.K, PANEL), to, block_stride,
            )
            to += slab.cols * PANEL
    return pair


cdef inline void add_products(
    const Correlation *t, const Pair *pair, Py_ssize_t filter, Py_ssize_t block, Py_ssize_t last,
    float *dweight,
) noexcept nogil:
    """Add a slab's products to the gradient of some blocks of 16 channels and 32 filters."""
    cdef const Slab *slab = &pair.slab
    cdef Py_ssize_t rows = max(1, CHAIN_PIXELS // slab.cols)
    cdef Py_ssize_t images = max(1, rows // slab.rows)
    cdef Py_ssize_t image = 0, part, i
    while image < slab.images:
        for part in range(ceil_div(slab.rows, rows)):
            for i in range(block, last):
                add_chain(
                    t, pair, image, min(images, slab.images - image),
                    Span(part * rows, min((part + 1) * rows, slab.rows)), filter, i, dweight,
                )
        image += images


cdef inline void add_chain(
    const Correlation *t, const Pair *pair, Py_ssize_t image, Py_ssize_t images, Span rows,
    Py_ssize_t first, Py_ssize_t block, float *dweight,
) noexcept nogil:
    """Add the products of some rows of a slab, tap row by tap row."""
    cdef Py_ssize_t r, origin
    cdef Span valid = rows
    cdef Outer outer
    outer.x_image = pair.x.image_stride
    outer.x_row = t.rows.stride * pair.x.row_stride
    outer.x_pixel = pair.x.pixel
    outer.dy_row = pair.slab.cols * PANEL
    outer.dy_image = pair.slab.rows * outer.dy_row
    outer.dy_panel = pair.slab.images * outer.dy_image
    outer.dw_panel = t.rows.taps * t.cols.taps * t.C * PANEL
    outer.dw_tap = t.cols.stride * tap_floats(t, block * PANEL)
    outer.images = images
    outer.columns = pair.slab.cols
    for r in range(t.rows.taps):
        origin = pair.slab.row * t.rows.stride + t.rows.origin + r * t.rows.dilation
        if t.fill == ZERO:
            valid = valid_positions(&t.rows, origin, origin, pair.slab.rows)
            valid = Span(max(valid.first, rows.first), min(valid.last, rows.last))
        outer.rows = valid.last - valid.first
        if outer.rows <= 0:
            continue
        outer.x = (
            pair.x.data + block * pair.x.block_stride + image * outer.x_image
            + valid.first * outer.x_row + r * t.rows.dilation * pair.x.row_stride
        )
        outer.dy = (
            pair.dy + first // PANEL * outer.dy_panel + image * outer.dy_image
            + valid.first * outer.dy_row
        )
        outer.dw = (
            dweight + first // PANEL * outer.dw_panel + block * block_floats(t)
            + r * t.cols.taps * tap_floats(t, block * PANEL)
        )
        add_tap_row(
            t, pair.x.width, outer, min(<Py_ssize_t> PANEL, t.C - block * PANEL),
            min(<Py_ssize_t> MOST_FILTERS, t.K - first),
        )


cdef inline void add_tap_row(
    const Correlation *t, Py_ssize_t width, Outer start, Py_ssize_t channels, Py_ssize_t filters,
) noexcept nogil:
    """Add the products of a row of taps: one by one, or those that read pixels side by side."""
    cdef Py_ssize_t filter = 0, phase, first, left, count, col
    cdef Py_ssize_t phases = t.cols.stride if t.cols.dilation == 1 else t.cols.taps
    cdef Outer outer
    cdef int tile
    while filter < filters:
        tile = tile_filters(filters - filter)
        for phase in range(min(phases, t.cols.taps)):
            left = ceil_div(t.cols.taps - phase, phases)
            first = phase
            while left > 0:
                count = ceil_div(left, ceil_div(left, most_taps(channels, tile)))
                col = first * t.cols.dilation
                outer = start
                outer.x += (col % t.cols.stride * width + col // t.cols.stride) * PANEL
                outer.dy += filter // PANEL * outer.dy_panel
                outer.dw += filter // PANEL * outer.dw_panel + start.dw_tap // t.cols.stride * first
                add_channels(outer, channels, count, tile)
                first += count * phases
                left -= count
        filter += tile


cdef inline void add_channels(
    Outer outer, Py_ssize_t channels, Py_ssize_t taps, int tile,
) noexcept nogil:
    """Add the products of some taps, with channels split evenly into pieces no larger than a tile.

    Several taps at a time only ever come with so few channels that these are one piece.
    """
    cdef Py_ssize_t left = channels, pieces = ceil_div(channels, most_channels(tile)), count
    while left > 0:
        count = ceil_div(left, pieces)
        multiply_outer(&outer, count, taps, tile)
        outer.x += count
        outer.dw += count * PANEL
        left -= count
        pieces -= 1
