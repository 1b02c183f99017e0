"""The loops of a Winograd convolution forward, and backward to its input.

A block of tiles is transformed, multiplied by 32 filters' weights plane by plane, and transformed
back, all of it within the second-level cache. Threads share out blocks of
tiles; or filters, where there are few tiles or the weights are too large to be read for every
block: then all threads first transform a group of tiles for all.
"""

from cython.parallel cimport prange, threadid
from libc.string cimport memcpy, memset

from kernels.geometry cimport PANEL, ceil_div
from kernels.winograd.tiles cimport (
    PAIR_FILTERS, Place, Planes, Product, Target, Tiling,
    count_planes, count_weight_planes, filter_plane, form_weights, image_window, lay_planes,
    move_on, multiply, panels, place_of, plane_stride, split_tiles, transform_image,
    transform_outputs, zero_floats,
)
from kernels.winograd.weights cimport transform_block

cdef enum:
    BLOCK = 28                 # tiles that one thread takes at a time,
    BLOCK_OF_MANY = 18         # and those of forms with more than 36 planes
    GROUP = 112                # tiles that all threads take at a time, to share out filters
    LARGE_WEIGHTS = 1 << 17     # channels x filters
    LATE_CHANNELS = 64         # to transform at a time

cdef struct Correlating:       # as all threads see it
    const Tiling *t
    Py_ssize_t tiles
    const float *x
    const float *weight        # transformed, unless they are too large
    bint turned                # if not: whether they must be flipped and turned
    const float *bias          # or NULL
    const float *residual      # or NULL
    float *y
    int activation
    bint pools                 # only the largest of every 2 x 2 outputs is stored
    const float *zeros


cdef inline bint is_large(const Tiling *t) noexcept nogil:
    """Say whether weights are too large to be read for every block of tiles."""
    return t.late or t.C * t.K >= LARGE_WEIGHTS


cdef inline Py_ssize_t most_tiles(const Tiling *t) noexcept nogil:
    """Return the most tiles of a block."""
    return BLOCK if t.points <= 6 else BLOCK_OF_MANY


cdef inline Py_ssize_t late_floats(const Tiling *t) noexcept nogil:
    """Return the floats of weights that a thread transforms at a time."""
    return 2 * count_weight_planes(t) * filter_plane(LATE_CHANNELS) if t.late else 0


cdef inline Py_ssize_t product_floats(const Tiling *t, Py_ssize_t tiles) noexcept nogil:
    """Return the floats of products of a tile's 32 filters."""
    return count_planes(t) * plane_stride(tiles * PAIR_FILTERS)


cdef inline Py_ssize_t correlating_floats(
    const Tiling *t, Py_ssize_t images, int threads,
) noexcept nogil:
    """Return the scratch floats."""
    cdef Py_ssize_t tiles = images * t.rows * t.cols, floats
    cdef Py_ssize_t group = min(tiles, <Py_ssize_t> GROUP)
    floats = block_floats(t, min(tiles, most_tiles(t)))
    return zero_floats(t, t.C) + max(
        threads * floats,
        lay_planes(t, t.C, group, NULL).floats
        + threads * (product_floats(t, GROUP) + late_floats(t)),
    )


cdef inline Py_ssize_t block_floats(const Tiling *t, Py_ssize_t tiles) noexcept nogil:
    """Return the floats that a thread needs for a block of tiles."""
    return lay_planes(t, t.C, tiles, NULL).floats + product_floats(t, most_tiles(t))


cdef inline void correlate_tiles(
    Correlating *z, Py_ssize_t n, float *scratch, int threads,
) noexcept nogil:
    """Compute y of n images."""
    cdef const Tiling *t = z.t
    cdef Py_ssize_t blocks
    z.tiles = n * t.rows * t.cols
    blocks = ceil_div(z.tiles, most_tiles(t))
    memset(scratch, 0, zero_floats(t, t.C) * sizeof(float))
    z.zeros = scratch
    scratch += zero_floats(t, t.C)
    if blocks < threads or is_large(t):
        share_filters(z, scratch, threads)
        return
    if blocks < 8 * threads:
        blocks = min(z.tiles, ceil_div(blocks, threads) * threads)
    share_blocks(z, blocks, scratch, threads)


cdef inline void share_blocks(
    const Correlating *z, Py_ssize_t blocks, float *scratch, int threads,
) noexcept nogil:
    """Compute y block by block of tiles."""
    cdef Py_ssize_t block, most = min(z.tiles, most_tiles(z.t))
    cdef Py_ssize_t floats = block_floats(z.t, most)
    for block in prange(blocks, num_threads=threads):
        compute_block(
            z, block * z.tiles // blocks, (block + 1) * z.tiles // blocks,
            scratch + threadid() * floats,
        )


cdef inline void compute_block(
    const Correlating *z, Py_ssize_t first, Py_ssize_t last, float *scratch,
) noexcept nogil:
    """Compute the outputs of some tiles."""
    cdef Planes v = lay_planes(z.t, z.t.C, last - first, scratch)
    cdef Place at = place_of(z.t, first)
    cdef Py_ssize_t tile, panel
    for tile in range(last - first):
        transform_tile(z, at, tile, &v)
        move_on(z.t, &at)
    for panel in range(0, panels(z.t.K), 2):
        compute_filters(z, first, last - first, panel, v.data, &v, scratch + v.floats)


cdef inline void share_filters(Correlating *z, float *scratch, int threads) noexcept nogil:
    """Compute y group by group of tiles, each by 32 filters at a time."""
    cdef const Tiling *t = z.t
    cdef Py_ssize_t groups = ceil_div(z.tiles, GROUP), pairs = ceil_div(panels(t.K), 2)
    cdef Py_ssize_t group, first, count, parts, tile, item
    cdef float *products
    cdef Planes v
    for group in range(groups):
        first = group * z.tiles // groups
        count = (group + 1) * z.tiles // groups - first
        v = lay_planes(t, t.C, count, scratch)
        products = scratch + v.floats
        parts = 1
        if pairs % threads and pairs < 4 * threads and not t.late:
            parts = min(count, threads)
        for tile in prange(first, first + count, num_threads=threads):
            transform_tile(z, place_of(t, tile), tile - first, &v)
        for item in prange(pairs * parts, num_threads=threads):
            compute_part(
                z, first, count, item // parts * 2, item % parts, parts, &v,
                products + threadid() * (product_floats(t, GROUP) + late_floats(t)),
            )


cdef inline void compute_part(
    const Correlating *z, Py_ssize_t first, Py_ssize_t count, Py_ssize_t panel, Py_ssize_t part,
    Py_ssize_t parts, const Planes *v, float *products,
) noexcept nogil:
    """Compute one part of a group of tiles for 32 filters."""
    cdef Py_ssize_t start = part * count // parts
    compute_filters(
        z, first + start, (part + 1) * count // parts - start, panel, v.data + start * PANEL, v,
        products,
    )


cdef inline void transform_tile(
    const Correlating *z, Place at, Py_ssize_t tile, const Planes *v,
) noexcept nogil:
    """Transform the source of a tile to its place among others."""
    window = image_window(z.t, z.x, &at, z.zeros)
    transform_image(z.t.form, &window, v.data + tile * PANEL, v.stride, v.block_stride)


cdef inline void compute_filters(
    const Correlating *z, Py_ssize_t first, Py_ssize_t count, Py_ssize_t panel,
    const float *source, const Planes *v, float *products,
) noexcept nogil:
    """Compute the outputs of some tiles for the filters of two panels, or of the last one."""
    cdef Py_ssize_t width = min(panels(z.t.K) - panel, 2) * PANEL, tile, lane
    cdef Py_ssize_t stride = plane_stride(count * width)
    cdef float[PAIR_FILTERS] bias
    cdef Place at = place_of(z.t, first)
    cdef Product product
    product.a = source
    product.a_block = v.block_stride
    product.sums = products
    product.sums_row = width
    product.sums_panel = PANEL
    split_tiles(&product, <int> count, <int> width)
    if z.t.late:
        multiply_late(z, product, panel, width // PANEL, v.stride, stride)
    else:
        product.b_panel = count_weight_planes(z.t) * filter_plane(z.t.C)
        product.b = z.weight + panel * product.b_panel
        product.terms = z.t.C
        product.adds = False
        multiply_by_weights(z.t, product, v.stride, filter_plane(z.t.C), stride)
    memset(bias, 0, sizeof(bias))
    if z.bias != NULL:
        memcpy(
            bias, z.bias + panel * PANEL, min(width, z.t.K - panel * PANEL) * sizeof(float)
        )
    for tile in range(count):
        for lane in range(0, width, 16):
            store_tile(
                z, &at, panel * PANEL + lane, bias + lane, products + tile * width + lane, stride
            )
        move_on(z.t, &at)


cdef inline void multiply_by_weights(
    const Tiling *t, Product product, Py_ssize_t source, Py_ssize_t weight, Py_ssize_t sums,
) noexcept nogil:
    """Multiply plane by plane; planes are so many floats apart, and some share their weights."""
    cdef const float *weights = product.b
    cdef int row, col, last = form_weights(t.form) - 1
    for row in range(t.points):
        for col in range(t.points):
            product.b = weights + (min(row, last) * (last + 1) + min(col, last)) * weight
            multiply(product)
            product.a += source
            product.sums += sums


cdef inline void multiply_late(
    const Correlating *z, Product product, Py_ssize_t panel, Py_ssize_t count, Py_ssize_t source,
    Py_ssize_t sums,
) noexcept nogil:
    """Transform the weights of one or two panels and multiply by them, some channels at a time."""
    cdef Py_ssize_t plane = filter_plane(LATE_CHANNELS), channel, block, number
    cdef float *weight = product.sums + product_floats(z.t, GROUP)
    product.b = weight
    product.b_panel = count_weight_planes(z.t) * plane
    for channel in range(0, z.t.C, 64):
        product.terms = min(<Py_ssize_t> LATE_CHANNELS, z.t.C - channel)
        product.adds = channel > 0
        for number in range(count):
            for block in range(panels(product.terms)):
                transform_block(
                    z.t, z.weight, z.turned, panel + number, channel // PANEL + block,
                    weight + number * product.b_panel + block * PANEL * PANEL, plane,
                )
        multiply_by_weights(z.t, product, source, plane, sums)
        product.a += LATE_CHANNELS // PANEL * product.a_block


cdef inline void store_tile(
    const Correlating *z, const Place *at, Py_ssize_t filter, const float *bias,
    const float *products, Py_ssize_t stride,
) noexcept nogil:
    """Transform a tile's products back and store what lies inside the image."""
    cdef const Tiling *t = z.t
    cdef Py_ssize_t row = at.row * t.outputs - t.above, col = at.col * t.outputs - t.before
    cdef int half = 1 if z.pools else 0
    cdef Py_ssize_t P = t.P >> half, Q = t.Q >> half
    cdef Py_ssize_t place = (
        (at.image * P + (row >> half)) * Q + (col >> half)
    ) * t.target_step + filter
    cdef Target target
    target.y = z.y + place
    target.residual = z.residual + place if z.residual != NULL else NULL
    target.row_stride = Q * t.target_step
    target.step = t.target_step
    target.form = t.form
    target.first_row = <int> max(0, -row)
    target.first_column = <int> max(0, -col)
    target.rows = <int> min(<Py_ssize_t> t.outputs, t.P - row)
    target.columns = <int> min(<Py_ssize_t> t.outputs, t.Q - col)
    target.filters = <int> min(<Py_ssize_t> PANEL, t.K - filter)
    target.bias = bias
    target.activation, target.pools = z.activation, z.pools
    transform_outputs(products, stride, &target)
