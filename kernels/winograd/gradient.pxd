"""The loops of a Winograd convolution's weight gradient.

Plane by plane, transformed tiles of x are multiplied by those of dy and summed over tiles; the sums
are transformed to taps. Small gradients are summed in a fixed number of chunks of tiles, each by
one thread, which are then added in order. For large ones, all threads first transform a group of
tiles for all, and then share out channels and filters.
"""

from cython.parallel cimport prange, threadid
from libc.string cimport memset

from kernels.geometry cimport PANEL, ceil_div
from kernels.conv.weight_gradient cimport add_in_order
from kernels.winograd.tiles cimport (
    PAIR_FILTERS, Place, Planes, Product, Tiling,
    count_planes, count_taps, gradient_window, image_window, lay_planes, multiply_planes, panels,
    place_of, plane_stride, split_channels, transform_gradient, transform_image, transform_sums,
    zero_floats,
)

cdef enum:
    SUMMED = 56                # tiles that one thread takes at a time
    CHUNKS = 16
    CHUNKED_WEIGHTS = 48 * 48  # channels x filters of the largest gradient summed in chunks
    TOGETHER_TILES = 224       # that all threads take at a time
    TOGETHER_FLOATS = 5 << 19  # of them when transformed

cdef struct Summing:           # as all threads see it
    const Tiling *t
    Py_ssize_t tiles
    const float *x
    const float *dy
    float *dweight
    const float *zeros

cdef struct Part:              # of the gradient: blocks of 16 channels x panels of 16 filters
    Py_ssize_t block
    Py_ssize_t blocks
    Py_ssize_t panel
    Py_ssize_t panels

cdef struct Pair:              # the transformed tiles of x and of dy
    Planes x
    Planes dy
    Py_ssize_t tiles


cdef inline Pair pair_of(const Tiling *t, Py_ssize_t tiles, float *data) noexcept nogil:
    """Lay out transformed tiles of x and dy."""
    cdef Pair pair
    pair.x = lay_planes(t, t.C, tiles, data)
    pair.dy = lay_planes(t, t.K, tiles, data + pair.x.floats)
    pair.tiles = tiles
    return pair


cdef inline Py_ssize_t pair_floats(const Tiling *t, Py_ssize_t tiles) noexcept nogil:
    return lay_planes(t, t.C, tiles, NULL).floats + lay_planes(t, t.K, tiles, NULL).floats


cdef inline Py_ssize_t sum_stride(const Part *part) noexcept nogil:
    """Return the floats from one plane of a part's sums to the next."""
    return plane_stride(part.panels * part.blocks * PANEL * PANEL)


cdef inline Part whole(const Tiling *t) noexcept nogil:
    return Part(0, panels(t.C), 0, panels(t.K))


cdef inline Part largest_part(const Tiling *t, int threads) noexcept nogil:
    """Return the parts that threads share out: larger ones read less, smaller ones are more."""
    cdef Py_ssize_t many = ceil_div(t.C, 32) * ceil_div(t.K, 64)
    if many % threads == 0 or many >= 4 * threads:
        return Part(0, 2, 0, 4)
    return Part(0, 1, 0, 2)


cdef inline Py_ssize_t together_tiles(const Tiling *t, Py_ssize_t tiles) noexcept nogil:
    """Return how many tiles are transformed together for a gradient too large for chunks."""
    cdef Py_ssize_t floats = count_planes(t) * PANEL * (panels(t.C) + panels(t.K))
    cdef Py_ssize_t most = TOGETHER_FLOATS // floats
    return min(tiles, max(PAIR_FILTERS, min(most, <Py_ssize_t> TOGETHER_TILES)))


cdef inline Py_ssize_t gradient_floats(
    const Tiling *t, Py_ssize_t images, int threads,
) noexcept nogil:
    """Return the scratch floats, whichever way the gradient of a batch is summed."""
    cdef Py_ssize_t tiles = images * t.rows * t.cols, floats = 0
    cdef Part part = whole(t)
    if in_chunks(t, tiles):
        floats = (
            (CHUNKS - 1) * gradient_size(t)
            + threads * (pair_floats(t, SUMMED) + count_planes(t) * sum_stride(&part))
        )
    part = largest_part(t, threads)
    return zero_floats(t, max(t.C, t.K)) + max(
        floats,
        pair_floats(t, together_tiles(t, tiles))
        + threads * count_planes(t) * sum_stride(&part),
    )


cdef inline Py_ssize_t gradient_size(const Tiling *t) noexcept nogil:
    return panels(t.K) * count_taps(t) * t.C * PANEL


cdef inline bint in_chunks(const Tiling *t, Py_ssize_t tiles) noexcept nogil:
    """Say whether chunks of tiles are summed apart: not if there are few to a large gradient."""
    return t.C * t.K <= min(<Py_ssize_t> CHUNKED_WEIGHTS, 4 * tiles)


cdef inline void sum_tiles(
    Summing *z, Py_ssize_t n, float *scratch, int threads,
) noexcept nogil:
    """Compute dweight for n images."""
    cdef const Tiling *t = z.t
    cdef Py_ssize_t zeros = zero_floats(t, max(t.C, t.K))
    z.tiles = n * t.rows * t.cols
    z.zeros = scratch
    memset(scratch, 0, zeros * sizeof(float))
    if n == 0:
        memset(z.dweight, 0, gradient_size(t) * sizeof(float))
    elif in_chunks(t, z.tiles):
        sum_chunks(z, scratch + zeros, threads)
    else:
        sum_together(z, scratch + zeros, threads)


cdef inline void sum_chunks(const Summing *z, float *scratch, int threads) noexcept nogil:
    """Sum chunks of tiles apart, then add them in order."""
    cdef const Tiling *t = z.t
    cdef Part part = whole(t)
    cdef Py_ssize_t weights = gradient_size(t), chunks, chunk, start
    cdef Py_ssize_t floats = pair_floats(t, SUMMED) + count_planes(t) * sum_stride(&part)
    cdef float *partial = scratch + threads * floats
    chunks = min(<Py_ssize_t> CHUNKS, ceil_div(z.tiles, SUMMED))
    for chunk in prange(chunks, num_threads=threads):
        sum_chunk(
            z, chunk * z.tiles // chunks, (chunk + 1) * z.tiles // chunks,
            scratch + threadid() * floats,
            partial + (chunk - 1) * weights if chunk else z.dweight,
        )
    for start in prange(0, weights, 4096, num_threads=threads):
        add_in_order(
            partial + start, weights, chunks - 1, min(4096, weights - start), z.dweight + start
        )


cdef inline void sum_chunk(
    const Summing *z, Py_ssize_t first, Py_ssize_t last, float *scratch, float *dweight,
) noexcept nogil:
    """Sum the products of consecutive tiles, some at a time."""
    cdef const Tiling *t = z.t
    cdef Py_ssize_t blocks = ceil_div(last - first, SUMMED), block, tile, start, count
    cdef float *sums = scratch + pair_floats(t, SUMMED)
    cdef Part part = whole(t)
    cdef Pair pair
    for block in range(blocks):
        start = first + block * (last - first) // blocks
        count = first + (block + 1) * (last - first) // blocks - start
        pair = pair_of(t, count, scratch)
        for tile in range(start, start + count):
            transform_pair(z, start, tile, &pair)
        sum_products(t, &pair, &part, sums, block > 0)
    store_part(t, &part, sums, dweight, False)


cdef inline void sum_together(const Summing *z, float *scratch, int threads) noexcept nogil:
    """Sum the gradient: transform tiles together, then share out channels and filters."""
    cdef const Tiling *t = z.t
    cdef Part part = largest_part(t, threads)
    cdef Py_ssize_t most = together_tiles(t, z.tiles), tile, item, group, start, count
    cdef Py_ssize_t rows = ceil_div(panels(t.C), part.blocks)
    cdef Py_ssize_t groups = ceil_div(z.tiles, most), floats = count_planes(t) * sum_stride(&part)
    cdef float *sums = scratch + pair_floats(t, most)
    cdef Pair pair
    for group in range(groups):
        start = group * z.tiles // groups
        count = (group + 1) * z.tiles // groups - start
        pair = pair_of(t, count, scratch)
        for tile in prange(start, start + count, num_threads=threads):
            transform_pair(z, start, tile, &pair)
        for item in prange(
            rows * ceil_div(panels(t.K), part.panels), num_threads=threads
        ):
            sum_part(
                z, &pair, item % rows * part.blocks, item // rows * part.panels, part,
                sums + threadid() * floats, group > 0,
            )


cdef inline void sum_part(
    const Summing *z, const Pair *pair, Py_ssize_t block, Py_ssize_t panel, Part part, float *sums,
    bint adds,
) noexcept nogil:
    """Add the products of transformed tiles to one part of the gradient."""
    part.block = block
    part.blocks = min(part.blocks, panels(z.t.C) - block)
    part.panel = panel
    part.panels = min(part.panels, panels(z.t.K) - panel)
    sum_products(z.t, pair, &part, sums, False)
    store_part(z.t, &part, sums, z.dweight, adds)


cdef inline void transform_pair(
    const Summing *z, Py_ssize_t first, Py_ssize_t tile, const Pair *pair,
) noexcept nogil:
    """Transform a tile of x and of dy to its place among those from `first` on."""
    cdef const Tiling *t = z.t
    cdef Py_ssize_t place = (tile - first) * PANEL
    cdef Place at = place_of(t, tile)
    window = image_window(t, z.x, &at, z.zeros)
    transform_image(t.form, &window, pair.x.data + place, pair.x.stride, pair.x.block_stride)
    window = gradient_window(t, z.dy, &at, z.zeros)
    transform_gradient(
        t.form, &window, pair.dy.data + place, pair.dy.stride, pair.dy.block_stride
    )


cdef inline void sum_products(
    const Tiling *t, const Pair *pair, const Part *part, float *sums, bint adds,
) noexcept nogil:
    """Sum products of tiles to a part's sums, [planes][panels][channels][16]."""
    cdef Py_ssize_t panel, block
    cdef Product product
    product.a_block = PANEL * PANEL
    product.b_panel = pair.dy.block_stride
    product.terms = pair.tiles
    product.sums_row = PANEL
    product.sums_panel = part.blocks * PANEL * PANEL
    product.adds = adds
    for panel in range(0, part.panels, 2):
        for block in range(part.blocks):
            product.a = pair.x.data + (part.block + block) * pair.x.block_stride
            product.b = pair.dy.data + (part.panel + panel) * pair.dy.block_stride
            product.sums = sums + (panel * part.blocks + block) * PANEL * PANEL
            split_channels(
                &product, <int> min(<Py_ssize_t> PANEL, t.C - (part.block + block) * PANEL),
                <int> min(<Py_ssize_t> 2, part.panels - panel) * PANEL,
            )
            multiply_planes(t, product, pair.x.stride, pair.dy.stride, sum_stride(part))


cdef inline void store_part(
    const Tiling *t, const Part *part, const float *sums, float *dweight, bint adds,
) noexcept nogil:
    """Transform a part's sums to taps for the gradient, or add them to it."""
    cdef Py_ssize_t panel, block, channel, channels, taps = count_taps(t)
    for panel in range(part.panels):
        for block in range(part.blocks):
            channel = (part.block + block) * PANEL
            channels = min(<Py_ssize_t> PANEL, t.C - channel)
            transform_sums(
                t.form, sums + (panel * part.blocks + block) * PANEL * PANEL, sum_stride(part),
                channels, dweight + ((part.panel + panel) * t.C + channel) * taps * PANEL,
                channels * PANEL, adds,
            )
