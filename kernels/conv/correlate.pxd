"""The loops over the tiles of a correlation: convolution forward, and backward to its input.

A thread packs the source of a slab once, or reads it where it lies (pack.pxd), then runs over
filters, channels, rows and pixels, in this order. A tile's weights for 16 channels lie side by
side, so that they stay in the first-level cache for all rows; the way back turns them first.
"""

from cython.parallel cimport prange, threadid
from libc.string cimport memcpy, memset

from kernels.geometry cimport (
    PANEL, ZERO, Correlation, Cut, Slab, Span, Taps,
    block_floats, ceil_div, cut_evenly, panel_floats, phase_positions, pool_size, slab_of,
    tap_floats, taps_of, valid_taps,
)
from kernels.conv.pack cimport (
    Pack, lay_pack, lay_unpacked, pack_floats, pack_source, pixel_by_pixel,
)


cdef extern from "conv/forward_tile.h" nogil:
    ctypedef struct Tap:
        Py_ssize_t source
        Py_ssize_t[2] weight
    ctypedef struct Piece:
        const float *source
        Py_ssize_t x_pixel
        Py_ssize_t block_stride
        Py_ssize_t channels
        const Tap *taps
        Py_ssize_t tap_count
        const float *weight
        Py_ssize_t panel_stride
        Py_ssize_t weight_stride
        Py_ssize_t ahead
        float *sums
        bint resumes
        bint continues
        const float *bias
        int activation
        const float *residual
        float *y
        Py_ssize_t y_stride
        int filters
    enum:
        MOST_FILTERS
    int tile_filters(Py_ssize_t filters)
    int most_pixels(int filters)
    void multiply_piece(const Piece *piece, int pixels, int filters)

cdef extern from "conv/pool_pair.h" nogil:
    void pool_pair(
        const float *top, const float *bottom, Py_ssize_t step, Py_ssize_t windows,
        Py_ssize_t filters, float *y, Py_ssize_t y_stride)

cdef extern from "transpose.h" nogil:
    void transpose_block(const float *source, Py_ssize_t ahead, float *to)

cdef enum:
    WEIGHT_FLOATS = 72 * 1024  # of two panels: what stays in the second-level cache beside a slab
    FEW_WEIGHTS = 9 * 512      # and in the first-level cache
    CHAIN_TAPS = 9             # under which a tile's sums end with a block: see forward_tile.h
    MANY_WEIGHTS = 1 << 18     # floats: more than the second-level cache holds,
    FEW_PIXELS = 128           # and so few pixels of a slab do not hide that they come from memory
    SHORT_ROW = 8              # pixels: too few to hide that weights come from the second level
    BLOCKS_AHEAD = 3           # of 16 channels, to fetch weights from memory in time
    TILE_PIXELS = 28           # the most of any tile
    FEW_PRODUCTS = 1 << 15            # multiply-adds that are not worth a second thread

cdef struct Work:              # as all threads see it
    const Correlation *t
    Cut cut
    Py_ssize_t shares          # parts of the filters, for different threads
    bint fetches               # weights from memory ahead of their use
    const float *x
    const float *weight
    const float *bias          # NULL for none
    const float *residual      # NULL for none
    float *y
    int activation

cdef struct Item:              # what one thread does at a time
    Py_ssize_t group
    Slab slab
    Pack pack
    float *sums
    float *turned              # weights
    float *pair                # two rows of a tile's outputs, to be pooled

cdef struct Phase:
    Py_ssize_t row
    Py_ssize_t col
    Taps rows
    Taps cols
    Tap *taps                  # [rows.count][cols.count]


cdef inline Py_ssize_t chunk_channels(const Correlation *t) noexcept nogil:
    """Return how many channels' weights are used on a whole slab before the next ones."""
    cdef Py_ssize_t taps = ceil_div(t.rows.taps, t.rows.phases), floats = WEIGHT_FLOATS
    taps *= ceil_div(t.cols.taps, t.cols.phases)
    if t.slab_cols <= SHORT_ROW or (t.rows.phases == t.cols.phases == 1 and taps == CHAIN_TAPS):
        floats = FEW_WEIGHTS
    return max(1, floats // (MOST_FILTERS * PANEL * taps)) * PANEL


cdef inline Py_ssize_t slab_pixels(const Correlation *t) noexcept nogil:
    """Return the most positions of a slab."""
    return t.images * t.slab_rows * t.slab_cols


cdef inline Py_ssize_t sums_floats(const Correlation *t) noexcept nogil:
    """Return the floats for second sums: a tile's, or a slab's if its channels come in chunks."""
    cdef Py_ssize_t pixels = TILE_PIXELS
    if t.C > chunk_channels(t):
        pixels = slab_pixels(t)
    return pixels * MOST_FILTERS


cdef inline Py_ssize_t turned_floats(const Correlation *t) noexcept nogil:
    """Return the floats of a tile's weights for one chunk of channels, if they are turned."""
    return MOST_FILTERS // PANEL * turned_panel(t) if t.rows.adjoint else 0


cdef inline Py_ssize_t turned_panel(const Correlation *t) noexcept nogil:
    """Return the floats of one panel of them: [C/16][taps][16 channels][16 filters]."""
    cdef Py_ssize_t blocks = ceil_div(min(chunk_channels(t), t.C), PANEL)
    return blocks * t.rows.taps * t.cols.taps * PANEL * PANEL


cdef inline Py_ssize_t pair_floats(const Correlation *t) noexcept nogil:
    """Return the floats of two rows of a tile's outputs, if these are pooled."""
    return 2 * t.slab_cols * MOST_FILTERS if t.pools else 0


cdef inline Py_ssize_t correlate_floats(const Correlation *t) noexcept nogil:
    """Return the scratch floats of one thread: second sums, source, weights, outputs, taps."""
    cdef Py_ssize_t taps = t.rows.taps * t.cols.taps * sizeof(Tap) // sizeof(float)
    return (
        sums_floats(t) + pack_floats(t) + turned_floats(t) + pair_floats(t)
        + ceil_div(taps, PANEL) * PANEL
    )


cdef inline void share_out(Work *work, Py_ssize_t n, int threads) noexcept nogil:
    """Cut the work into items, more finely where there would be too few for all threads.

    Threads then share out rows (or columns) if there is more source than weights, or else filters.
    """
    cdef const Correlation *t = work.t
    cdef Py_ssize_t slabs
    work.cut = cut_evenly(t, n, min(t.images, ceil_div(n, threads)), t.slab_rows, t.slab_cols)
    work.shares = 1
    slabs = work.cut.slabs * t.groups
    if slabs >= 8 * threads or slabs % threads == 0:
        return
    if t.K >= threads * MOST_FILTERS and panel_floats(t) > t.rows.size * t.cols.size * t.C:
        work.shares = threads
    elif t.rows.positions >= threads:
        work.cut = cut_evenly(t, n, 1, ceil_div(work.cut.rows, threads), work.cut.cols)
    else:
        work.cut = cut_evenly(t, n, 1, work.cut.rows, ceil_div(work.cut.cols, threads))


cdef inline void correlate(Work *work, Py_ssize_t n, float *scratch, int threads) noexcept nogil:
    """Compute y: bias plus the sums over taps and channels of x times weights, then activated."""
    cdef Py_ssize_t item, floats = correlate_floats(work.t)
    if n * work.t.rows.positions * work.t.cols.positions * panel_floats(work.t) < FEW_PRODUCTS:
        threads = 1
    share_out(work, n, threads)
    work.fetches = (
        not work.t.rows.adjoint and panel_floats(work.t) > MANY_WEIGHTS
        and work.cut.images * work.cut.rows * work.cut.cols < FEW_PIXELS
    )
    for item in prange(
        work.cut.slabs * work.t.groups * work.shares, num_threads=threads
    ):
        correlate_item(work, item, scratch + threadid() * floats)


cdef inline void correlate_item(
    const Work *work, Py_ssize_t number, float *scratch,
) noexcept nogil:
    """Compute one slab for one share of one group's filters."""
    cdef const Correlation *t = work.t
    cdef Py_ssize_t share = number % work.shares, pairs = ceil_div(t.K, MOST_FILTERS)
    cdef Py_ssize_t filter, last, row, col
    cdef Phase phase
    cdef Item item
    cdef int tile
    item.group = number // work.shares % t.groups
    item.slab = slab_of(t, &work.cut, number // (work.shares * t.groups))
    item.sums = scratch
    scratch += sums_floats(t)
    item.turned = scratch + pack_floats(t)
    item.pair = item.turned + turned_floats(t)
    phase.taps = <Tap *> (item.pair + pair_floats(t))
    if pixel_by_pixel(t):
        item.pack = lay_unpacked(t, work.x, item.group, &item.slab)
    else:
        item.pack = lay_pack(t, &item.slab, scratch)
        pack_source(t, work.x, work.cut.n, item.group, &item.slab, &item.pack, scratch)
    for row in range(min(t.rows.phases, t.rows.outputs)):
        for col in range(min(t.cols.phases, t.cols.outputs)):
            list_taps(t, row, col, &item.pack, &phase)
            filter = share * pairs // work.shares * MOST_FILTERS
            last = min(t.K, (share + 1) * pairs // work.shares * MOST_FILTERS)
            while filter < last:
                tile = tile_filters(last - filter)
                correlate_filters(work, &item, &phase, filter, tile)
                filter += tile


cdef inline void list_taps(
    const Correlation *t, Py_ssize_t row_phase, Py_ssize_t col_phase, const Pack *pack,
    Phase *phase,
) noexcept nogil:
    """List where every tap of a phase finds its source and its weights."""
    cdef Py_ssize_t whole = PANEL * PANEL, rest = PANEL * PANEL, i, j, row, col
    cdef Tap *tap = phase.taps
    phase.row = row_phase
    phase.col = col_phase
    phase.rows = taps_of(&t.rows, row_phase)
    phase.cols = taps_of(&t.cols, col_phase)
    if not t.rows.adjoint:
        whole, rest = tap_floats(t, 0), tap_floats(t, t.C // PANEL * PANEL)
    for i in range(phase.rows.count):
        row = phase.rows.origin - t.rows.origin + i * phase.rows.dilation
        for j in range(phase.cols.count):
            col = phase.cols.origin - t.cols.origin + j * phase.cols.dilation
            tap.source = (
                row * pack.row_stride
                + (col % t.cols.stride * pack.width + col // t.cols.stride) * PANEL
            )
            tap.weight[0] = (i * phase.cols.count + j) * whole
            tap.weight[1] = (i * phase.cols.count + j) * rest
            tap += 1


cdef inline void correlate_filters(
    const Work *work, const Item *item, const Phase *phase, Py_ssize_t filter, int tile,
) noexcept nogil:
    """Compute one phase of a slab for a tile's filters, some channels at a time."""
    cdef const Correlation *t = work.t
    cdef Py_ssize_t chunk = chunk_channels(t), channel, part
    cdef float[MOST_FILTERS] bias
    cdef Piece piece
    memset(bias, 0, sizeof(bias))
    piece.filters = min(<Py_ssize_t> tile, t.K - filter)
    if work.bias != NULL:
        memcpy(bias, work.bias + item.group * t.K + filter, piece.filters * sizeof(float))
    piece.bias = bias
    piece.activation = work.activation
    piece.x_pixel = item.pack.pixel
    piece.block_stride = item.pack.block_stride
    piece.sums = item.sums
    piece.y = work.y + item.group * t.K + filter
    piece.residual = NULL
    if work.residual != NULL:
        piece.residual = work.residual + item.group * t.K + filter
    piece.y_stride = t.cols.phases * t.target_step
    for part in range(ceil_div(t.C, chunk)):
        channel = part * chunk
        piece.source = item.pack.data + channel // PANEL * piece.block_stride
        piece.channels = min(chunk, t.C - channel)
        piece.resumes = part > 0
        piece.continues = channel + chunk < t.C
        if t.rows.adjoint:
            turn_weights(work, item, phase, filter, channel, &piece)
        else:
            find_weights(work, item.group, filter, channel, &piece)
        correlate_rows(work, item, phase, piece, tile)


cdef inline void find_weights(
    const Work *work, Py_ssize_t group, Py_ssize_t filter, Py_ssize_t channel, Piece *piece,
) noexcept nogil:
    """Say where a piece finds its weights, from a channel and filter on."""
    cdef const Correlation *t = work.t
    piece.panel_stride = t.rows.taps * t.cols.taps * t.C * PANEL
    piece.weight_stride = block_floats(t)
    piece.weight = (
        work.weight + group * panel_floats(t) + filter // PANEL * piece.panel_stride
        + channel // PANEL * piece.weight_stride
    )


cdef inline void turn_weights(
    const Work *work, const Item *item, const Phase *phase, Py_ssize_t filter,
    Py_ssize_t channel, Piece *piece,
) noexcept nogil:
    """Lay panels of 16 input channels, for the taps of a phase, made from those of 16 filters.

    Backward, t.K are the convolution's input channels and t.C its filters.
    """
    cdef const Correlation *t = work.t
    cdef Py_ssize_t taps = t.rows.taps * t.cols.taps, panel_stride = taps * t.K * PANEL
    cdef Py_ssize_t panel = item.group * ceil_div(t.C, PANEL) + channel // PANEL
    cdef Py_ssize_t i, j, tap, lane, lanes
    cdef const float *weight
    cdef float *to
    piece.weight = item.turned
    piece.panel_stride = turned_panel(t)
    piece.weight_stride = phase.rows.count * phase.cols.count * PANEL * PANEL
    for lane in range(0, piece.filters, 16):
        to = item.turned + lane // PANEL * piece.panel_stride
        weight = work.weight + panel * panel_stride + (filter + lane) * taps * PANEL
        lanes = min(<Py_ssize_t> PANEL, t.K - filter - lane)
        for i in range(phase.rows.count):
            for j in range(phase.cols.count):
                tap = (
                    (phase.rows.first + i * phase.rows.step) * t.cols.taps
                    + phase.cols.first + j * phase.cols.step
                )
                turn_tap(
                    weight + tap * lanes * PANEL, panel_stride, ceil_div(piece.channels, PANEL),
                    lanes, piece.weight_stride, to,
                )
                to += PANEL * PANEL


cdef inline void turn_tap(
    const float *weight, Py_ssize_t panel_stride, Py_ssize_t blocks, Py_ssize_t lanes,
    Py_ssize_t weight_stride, float *to,
) noexcept nogil:
    """Transpose one tap's 16 x 16 weights, block by block; lanes beyond the last are not used."""
    cdef Py_ssize_t _block, row, lane
    for _block in range(blocks):
        if lanes >= PANEL:
            transpose_block(weight, panel_stride, to)
        else:
            for lane in range(lanes):
                for row in range(PANEL):
                    to[row * PANEL + lane] = weight[lane * PANEL + row]
        weight += panel_stride
        to += weight_stride


cdef inline void correlate_rows(
    const Work *work, const Item *item, const Phase *phase, Piece start, int tile,
) noexcept nogil:
    """Compute all rows of a slab for one chunk of channels, leaving out rows of zero padding.

    They fetch the weights of later channels as they go, of one panel and of the other in turn. If
    they are pooled, two rows at a time stay in the cache, and an odd one is left out.
    """
    cdef const Correlation *t = work.t
    cdef const Slab *slab = &item.slab
    cdef Py_ssize_t rows = min(slab.rows, phase_positions(&t.rows, phase.row) - slab.row)
    cdef Py_ssize_t cols = min(slab.cols, phase_positions(&t.cols, phase.col) - slab.col)
    cdef Py_ssize_t image, row, place
    cdef Span valid = Span(0, phase.rows.count)
    cdef Piece piece = start
    if t.pools:
        rows -= rows % 2
        cols -= cols % 2
        piece.filters = tile
        piece.y_stride = MOST_FILTERS
    for image in range(slab.images):
        for row in range(rows):
            if t.fill == ZERO:
                valid = valid_taps(&phase.rows, &t.rows, slab.row + row)
            piece.taps = phase.taps + valid.first * phase.cols.count
            piece.ahead = 0
            if work.fetches:
                piece.ahead = BLOCKS_AHEAD * PANEL * PANEL + row % 2 * piece.panel_stride
            piece.tap_count = (valid.last - valid.first) * phase.cols.count
            piece.source = start.source + (
                image * item.pack.image_stride + row * t.rows.stride * item.pack.row_stride
            )
            place = first_output(t, slab, phase, image, row) * t.target_step
            piece.y = start.y + place
            if t.pools:
                piece.y = item.pair + row % 2 * t.slab_cols * MOST_FILTERS
            if start.residual != NULL:
                piece.residual = start.residual + place
            if start.resumes or start.continues:
                piece.sums = (
                    start.sums + (image * slab.rows + row) * slab.cols * MOST_FILTERS
                )
            correlate_row(piece, cols, tile)
            if t.pools and row % 2 and not start.continues:
                pool_pair(
                    item.pair, item.pair + t.slab_cols * MOST_FILTERS, MOST_FILTERS, cols // 2,
                    start.filters, start.y + place, start.y_stride,
                )


cdef inline Py_ssize_t first_output(
    const Correlation *t, const Slab *slab, const Phase *phase, Py_ssize_t image, Py_ssize_t row,
) noexcept nogil:
    """Return the pixel of y that the first position in a slab's row leads to."""
    cdef Py_ssize_t factor = pool_size(t)
    cdef Py_ssize_t line = (slab.row + row) // factor * t.rows.phases + phase.row
    line += (slab.image + image) * (t.rows.outputs // factor)
    return line * (t.cols.outputs // factor) + slab.col // factor * t.cols.phases + phase.col


cdef inline void correlate_row(Piece piece, Py_ssize_t pixels, int tile) noexcept nogil:
    """Split a row of pixels evenly into pieces no wider than the tile."""
    cdef Py_ssize_t pieces = ceil_div(pixels, most_pixels(tile)), count
    cdef bint keeps_sums = piece.resumes or piece.continues
    while pixels > 0:
        count = ceil_div(pixels, pieces)
        multiply_piece(&piece, count, tile)
        piece.source += count * piece.x_pixel
        piece.y += count * piece.y_stride
        if piece.residual != NULL:
            piece.residual += count * piece.y_stride
        if keeps_sums:
            piece.sums += count * MOST_FILTERS
        pixels -= count
        pieces -= 1
