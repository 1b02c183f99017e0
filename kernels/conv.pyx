# cython: language_level=3
"""Convolution: forward, backward-data and backward-weights, direct and in float32.

Legend: N (n in a call) images, C input channels, K filters, H W input, P Q output, R S window;
x input, y output, dx dy dweight dbias gradients. x and y are NHWC. Weights are in panels of 16
filters, [groups][K/16][R][S][C][16], with zeros in the lanes beyond a group's last filter.

Every output element is the work of one thread, and adds its products in an order that shapes
alone decide; so results are the same bits for any number of threads and any batch.
"""

from cython.parallel cimport prange, threadid
from openmp cimport omp_get_wtime
from libc.string cimport memcpy, memset

from kernels.geometry cimport (
    PANEL, ZERO, Axis, Correlation, Cut, Pack, Slab, Span, Taps,
    adjoint_axis, ceil_div, cut_evenly, forward_axis, inside, pack_source, packing,
    phase_positions, slab_of, span, taps_of, valid_positions, valid_taps,
)


cdef extern from "tile.h" nogil:
    ctypedef struct Tap:
        Py_ssize_t source
        Py_ssize_t weight
    ctypedef struct Piece:
        const float *source
        Py_ssize_t block_stride
        Py_ssize_t channels
        const Tap *taps
        Py_ssize_t tap_count
        const float *weight
        Py_ssize_t panel_stride
        float *sums
        bint resumes
        bint continues
        const float *bias
        bint relu
        float *y
        Py_ssize_t y_stride
        int filters
    int MOST_PANELS
    int MOST_PIXELS(int panels)
    void multiply_piece(const Piece *piece, int pixels, int panels)

cdef extern from "gradient_tile.h" nogil:
    ctypedef struct Outer:
        const float *x
        Py_ssize_t x_image
        Py_ssize_t x_row
        const float *dy
        Py_ssize_t dy_image
        Py_ssize_t dy_row
        Py_ssize_t dy_panel
        Py_ssize_t images
        Py_ssize_t rows
        Py_ssize_t columns
        float *dw
        Py_ssize_t dw_panel
    int MOST_CHANNELS
    void multiply_outer(const Outer *outer, int channels, int panels)

cdef extern from "peak.h" nogil:
    int LANES
    int PEAK_SUMS
    void multiply_add(Py_ssize_t steps)


cdef enum:
    PACK_FLOATS = 128 * 1024     # half of a usual second-level cache
    WEIGHT_FLOATS = 72 * 1024    # of two panels, read once per row
    FEWEST_COLUMNS = 64          # of a slab, however many channels there are
    SUMMED_PIXELS = 256          # of a slab whose pixels are summed: one chain
    CHUNKS = 16                  # parts of a batch whose weight gradients are summed apart
    SHARED_FLOATS = 1 << 18      # weight gradients larger than this are not summed apart
    SHARED_PACK_FLOATS = 1 << 20


def panel_size(Py_ssize_t K, Py_ssize_t C, Py_ssize_t R, Py_ssize_t S, Py_ssize_t groups):
    """Return the floats of a weight array in panels."""
    return groups * panel_floats(K // groups, C // groups, R * S)


cdef Py_ssize_t panel_floats(Py_ssize_t K, Py_ssize_t C, Py_ssize_t taps) noexcept nogil:
    """Return the floats of one group's panels."""
    return ceil_div(K, PANEL) * taps * C * PANEL


cdef Py_ssize_t fitting(const Axis *axis, Py_ssize_t pixels, Py_ssize_t fewest) noexcept nogil:
    """Return how many positions read at most `pixels` source pixels."""
    cdef Py_ssize_t positions = (pixels - axis.reach) // axis.stride + 1
    return min(axis.positions, max(positions, fewest))


cdef Correlation correlation(
    Axis rows, Axis cols, Py_ssize_t groups, Py_ssize_t C, Py_ssize_t K, int fill,
) noexcept nogil:
    """Choose the largest slab: its packed source is to stay in the second-level cache."""
    cdef Correlation t = Correlation(rows, cols, groups, C, K, fill, 1, 1, 1)
    cdef Py_ssize_t pixels = PACK_FLOATS // (ceil_div(C, PANEL) * PANEL)
    t.slab_cols = fitting(&cols, pixels // rows.reach, FEWEST_COLUMNS)
    t.slab_rows = fitting(&rows, pixels // span(&cols, t.slab_cols), 1)
    if t.slab_rows == rows.positions and t.slab_cols == cols.positions:
        pixels //= span(&rows, t.slab_rows) * span(&cols, t.slab_cols)
        t.images = max(1, min(pixels, SUMMED_PIXELS // (t.slab_rows * t.slab_cols)))
    return t


cdef Correlation summing(Correlation t) noexcept nogil:
    """Choose a slab no larger than one chain of products."""
    t.slab_cols = min(t.slab_cols, SUMMED_PIXELS)
    t.slab_rows = min(t.slab_rows, max(1, SUMMED_PIXELS // t.slab_cols))
    if t.slab_rows < t.rows.positions or t.slab_cols < t.cols.positions:
        t.images = 1
    return t


cdef Py_ssize_t pack_floats(const Correlation *t) noexcept nogil:
    """Return the floats of the packed source of the largest slab."""
    cdef Slab slab = Slab(0, t.images, 0, t.slab_rows, 0, t.slab_cols)
    return packing(t, &slab, NULL).size


cdef Py_ssize_t whole_lines(Py_ssize_t floats) noexcept nogil:
    """Round up to cache lines."""
    return ceil_div(floats, PANEL) * PANEL


cdef float *aligned(float *start) noexcept nogil:
    """Return the first cache line at or after `start`."""
    return <float *> ((<size_t> start + 63) & ~<size_t> 63)


cdef Py_ssize_t chunk_channels(const Correlation *t) noexcept nogil:
    """Return how many channels of two panels of weights stay in the second-level cache."""
    cdef Py_ssize_t taps = t.rows.taps * t.cols.taps
    return max(1, WEIGHT_FLOATS // (2 * PANEL * PANEL * taps)) * PANEL


cdef Py_ssize_t summed_pixels(const Correlation *t) noexcept nogil:
    """Return how many pixels' sums a thread keeps in memory: a tile's, or a slab's in chunks."""
    if t.C <= chunk_channels(t):
        return 28
    return t.images * t.slab_rows * t.slab_cols


cdef Py_ssize_t correlate_floats(const Correlation *t) noexcept nogil:
    """Return the scratch floats of one thread."""
    cdef Py_ssize_t taps = t.rows.taps * t.cols.taps * sizeof(Tap) // sizeof(float)
    return pack_floats(t) + whole_lines(taps) + summed_pixels(t) * 2 * PANEL


cdef struct Pair:             # a slab's packed x, and its dy as [K/16][pixels][16]
    Slab slab
    Pack x
    float *dy


cdef class Convolution:
    """The sizes of a convolution of up to `batch` images, and how its passes cut up their work.

    Pads at the bottom and right follow from P and Q. `fill` is 0 for zeros, 1 for reflection,
    2 for the edge's pixel. `scratch_size` floats are enough for every pass.
    """

    cdef Correlation forward
    cdef Correlation backward
    cdef Correlation gradient
    cdef Py_ssize_t H
    cdef Py_ssize_t W
    cdef Py_ssize_t pt
    cdef Py_ssize_t pl
    cdef bint in_one_row      # all pixels of all images, as every one is on its own
    cdef int threads
    cdef readonly Py_ssize_t scratch_size

    def __init__(
        self, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t K, Py_ssize_t R, Py_ssize_t S,
        Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl, Py_ssize_t P, Py_ssize_t Q,
        Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t groups, int fill, Py_ssize_t batch, int threads,
    ):
        self.H, self.W, self.pt, self.pl, self.threads = H, W, pt, pl, threads
        self.in_one_row = R == S == sh == sw == 1 and P == H and Q == W and pt == pl == 0
        if self.in_one_row:
            H, W, P, Q = 1, batch * H * W, 1, batch * P * Q
            fill = ZERO
        C //= groups
        K //= groups
        self.forward = correlation(
            forward_axis(H, P, R, sh, pt, dh), forward_axis(W, Q, S, sw, pl, dw), groups, C, K, fill
        )
        self.gradient = summing(self.forward)
        if fill != ZERO:  # gradients of the padded image come first
            H = max(H + pt, (P - 1) * sh + (R - 1) * dh + 1)
            W = max(W + pl, (Q - 1) * sw + (S - 1) * dw + 1)
            pt = pl = 0
        self.backward = correlation(
            adjoint_axis(P, H, R, sh, pt, dh), adjoint_axis(Q, W, S, sw, pl, dw), groups, K, C, ZERO
        )
        self.scratch_size = 2 * PANEL + max(
            threads * correlate_floats(&self.forward),
            self.backward_data_floats(batch),
            self.backward_weights_floats(batch),
        )

    cdef Py_ssize_t padded_floats(self) noexcept nogil:
        """Return the floats of one image's padded gradient, where padding repeats pixels."""
        if self.forward.fill == ZERO:
            return 0
        return (
            self.backward.rows.outputs * self.backward.cols.outputs
            * self.backward.groups * self.backward.K
        )

    cdef Py_ssize_t backward_data_floats(self, Py_ssize_t n) noexcept nogil:
        """Return the scratch floats of backward-data: weights, padded images, threads."""
        cdef Correlation *t = &self.backward
        cdef Py_ssize_t weights = t.groups * panel_floats(t.K, t.C, t.rows.taps * t.cols.taps)
        return (
            weights + whole_lines(min(n, self.threads) * self.padded_floats())
            + self.threads * correlate_floats(t)
        )

    cdef Py_ssize_t backward_weights_floats(self, Py_ssize_t n) noexcept nogil:
        """Return the scratch floats of backward-weights: partial sums, packed slabs."""
        cdef Correlation *t = &self.gradient
        cdef Py_ssize_t weights = t.groups * panel_floats(t.K, t.C, t.rows.taps * t.cols.taps)
        if weights > SHARED_FLOATS:
            return slabs_together(t) * slab_floats(t)
        return (CHUNKS - 1) * weights + self.threads * slab_floats(t)


cdef struct Work:             # of a correlation, as all threads see it
    const Correlation *t
    Cut cut
    Py_ssize_t shares         # parts of the filters, for different threads
    Py_ssize_t items
    const float *x
    const float *weight
    const float *bias         # NULL for none
    float *y
    bint relu


cdef Correlation for_images(const Correlation *t, Py_ssize_t n, Py_ssize_t pixels) noexcept nogil:
    """Return the correlation of n images of so many pixels as one of a single row."""
    cdef Correlation row = t[0]
    row.cols.size = row.cols.outputs = row.cols.positions = n * pixels
    return row


cdef void share_out(Work *work, Py_ssize_t n, int threads) noexcept nogil:
    """Cut the work into items, more finely where there would be too few for all threads.

    Threads then share out rows (or columns) where the source is large, or else filters.
    """
    cdef const Correlation *t = work.t
    cdef Py_ssize_t pairs = ceil_div(ceil_div(t.K, PANEL), 2)
    cdef Py_ssize_t weights = panel_floats(t.K, t.C, t.rows.taps * t.cols.taps)
    cdef Py_ssize_t images = min(t.images, ceil_div(n, threads))
    work.cut = cut_evenly(t, n, images, t.slab_rows, t.slab_cols)
    work.shares = 1
    if work.cut.slabs * t.groups < 8 * threads and work.cut.slabs * t.groups % threads:
        if pairs >= threads and weights > t.rows.size * t.cols.size * t.C:
            work.shares = threads
        elif t.rows.positions >= threads:
            work.cut = cut_evenly(t, n, 1, ceil_div(work.cut.rows, threads), work.cut.cols)
        else:
            work.cut = cut_evenly(t, n, 1, work.cut.rows, ceil_div(work.cut.cols, threads))
    work.items = t.groups * work.cut.slabs * work.shares


cdef void correlate(Work *work, Py_ssize_t n, float *scratch, int threads) noexcept nogil:
    """Compute y: bias plus the sums over taps and channels of x times weights, then relu."""
    cdef Py_ssize_t item, floats = correlate_floats(work.t)
    share_out(work, n, threads)
    for item in prange(work.items, num_threads=threads, schedule="static"):
        correlate_item(work, item, scratch + threadid() * floats)


cdef void correlate_item(const Work *work, Py_ssize_t item, float *scratch) noexcept nogil:
    """Compute one slab for one share of one group's filters."""
    cdef const Correlation *t = work.t
    cdef Py_ssize_t share = item % work.shares
    cdef Py_ssize_t group = item // work.shares % t.groups
    cdef Slab slab = slab_of(t, &work.cut, item // (work.shares * t.groups))
    cdef Pack pack = packing(t, &slab, scratch + summed_pixels(t) * 2 * PANEL)
    cdef Tap *taps = <Tap *> (pack.data + pack_floats(t))
    cdef Py_ssize_t panels = ceil_div(t.K, PANEL)
    cdef Py_ssize_t step = MOST_PANELS
    cdef Py_ssize_t steps = ceil_div(panels, step)
    cdef Py_ssize_t i, row_phase, col_phase
    cdef Taps rows, cols
    pack_source(t, work.x, work.cut.n, group, &slab, &pack)
    for row_phase in range(t.rows.phases):
        rows = taps_of(&t.rows, row_phase)
        for col_phase in range(t.cols.phases):
            cols = taps_of(&t.cols, col_phase)
            list_taps(t, &rows, &cols, &pack, taps)
            for i in range(share * steps // work.shares, (share + 1) * steps // work.shares):
                correlate_panels(
                    work, &slab, &pack, &rows, &cols, taps, row_phase, col_phase, group,
                    i * step, min(step, panels - i * step), scratch,
                )


cdef void list_taps(
    const Correlation *t, const Taps *rows, const Taps *cols, const Pack *pack, Tap *taps,
) noexcept nogil:
    """List where every tap of a phase finds its source and its weights."""
    cdef Py_ssize_t i, j, row, col
    for i in range(rows.count):
        row = rows.origin - t.rows.origin + i * rows.dilation
        for j in range(cols.count):
            col = cols.origin - t.cols.origin + j * cols.dilation
            taps[i * cols.count + j] = Tap(
                row * pack.row_stride
                + (col % t.cols.stride * pack.width + col // t.cols.stride) * PANEL,
                ((rows.first + i * rows.step) * t.cols.taps + cols.first + j * cols.step)
                * t.C * PANEL,
            )


cdef void correlate_panels(
    const Work *work, const Slab *slab, const Pack *pack, const Taps *rows, const Taps *cols,
    const Tap *taps, Py_ssize_t row_phase, Py_ssize_t col_phase, Py_ssize_t group,
    Py_ssize_t panel, Py_ssize_t panels, float *scratch,
) noexcept nogil:
    """Compute one phase of a slab for one or two panels of filters."""
    cdef const Correlation *t = work.t
    cdef float[2 * PANEL] bias
    cdef Py_ssize_t filters = min(panels * PANEL, t.K - panel * PANEL)
    cdef Py_ssize_t filter = group * t.K + panel * PANEL
    cdef Py_ssize_t width = t.groups * t.K
    cdef Py_ssize_t chunk = chunk_channels(t), part, channel
    cdef Py_ssize_t image, row, sums
    cdef Span valid
    cdef Piece piece
    cdef Py_ssize_t row_count = min(slab.rows, phase_positions(&t.rows, row_phase) - slab.row)
    cdef Py_ssize_t col_count = min(slab.cols, phase_positions(&t.cols, col_phase) - slab.col)
    memset(bias, 0, sizeof(bias))
    if work.bias != NULL:
        memcpy(bias, work.bias + filter, filters * sizeof(float))
    piece.bias = bias
    piece.relu = work.relu
    piece.filters = filters
    piece.block_stride = pack.block_stride
    piece.panel_stride = t.rows.taps * t.cols.taps * t.C * PANEL
    piece.y_stride = t.cols.phases * width
    for part in range(ceil_div(t.C, chunk)):
        channel = part * chunk
        piece.channels = min(chunk, t.C - channel)
        piece.resumes = channel > 0
        piece.continues = channel + chunk < t.C
        piece.weight = (
            work.weight
            + (group * ceil_div(t.K, PANEL) + panel) * piece.panel_stride + channel * PANEL
        )
        for image in range(slab.images):
            for row in range(row_count):
                valid = Span(0, rows.count)
                if t.fill == ZERO:
                    valid = valid_taps(rows, &t.rows, slab.row + row)
                piece.taps = taps + valid.first * cols.count
                piece.tap_count = (valid.last - valid.first) * cols.count
                piece.source = (
                    pack.data + channel // PANEL * pack.block_stride + image * pack.image_stride
                    + row * t.rows.stride * pack.row_stride
                )
                piece.y = work.y + filter + width * (
                    ((slab.image + image) * t.rows.outputs
                     + (slab.row + row) * t.rows.phases + row_phase) * t.cols.outputs
                    + slab.col * t.cols.phases + col_phase
                )
                sums = 0
                if t.C > chunk:
                    sums = (image * slab.rows + row) * slab.cols
                piece.sums = scratch + sums * 2 * PANEL
                multiply_row(piece, col_count, panels, t.C > chunk)


cdef void multiply_row(
    Piece piece, Py_ssize_t pixels, Py_ssize_t panels, bint keeps_sums,
) noexcept nogil:
    """Split a row of pixels evenly into pieces as wide as registers allow."""
    cdef Py_ssize_t pieces = ceil_div(pixels, MOST_PIXELS(panels)), count
    while pixels > 0:
        count = ceil_div(pixels, pieces)
        multiply_piece(&piece, count, panels)
        piece.source += count * PANEL
        piece.y += count * piece.y_stride
        if keeps_sums:
            piece.sums += count * 2 * PANEL
        pixels -= count
        pieces -= 1


cdef void transpose_weights(
    const Correlation *t, const float *weight, float *transposed, int threads,
) noexcept nogil:
    """Regroup panels of 16 filters [C/16][taps][K][16] of `t` from [K/16][taps][C][16]."""
    cdef Py_ssize_t taps = t.rows.taps * t.cols.taps
    cdef Py_ssize_t panels = ceil_div(t.K, PANEL), from_panels = ceil_div(t.C, PANEL)
    cdef Py_ssize_t item, group, panel, tap
    for item in prange(
        t.groups * panels * taps, num_threads=threads, schedule="static"
    ):
        group = item // (panels * taps)
        panel = item // taps % panels
        tap = item % taps
        transpose_panel(
            weight + (group * from_panels * taps + tap) * t.K * PANEL + panel * PANEL * PANEL,
            taps * t.K * PANEL, min(PANEL, t.K - panel * PANEL), t.C,
            transposed + item * t.C * PANEL,
        )


cdef void transpose_panel(
    const float *weight, Py_ssize_t panel_stride, Py_ssize_t rows, Py_ssize_t C, float *to,
) noexcept nogil:
    """Make one tap's [C][16] of its [C/16][16][16], with zeros in lanes beyond `rows`."""
    cdef Py_ssize_t c, lane
    cdef const float *column
    for c in range(C):
        column = weight + c // PANEL * panel_stride + c % PANEL
        for lane in range(rows):
            to[c * PANEL + lane] = column[lane * PANEL]
        for lane in range(rows, PANEL):
            to[c * PANEL + lane] = 0


def conv_forward(
    Convolution g, Py_ssize_t n, const float[::1] x, const float[::1] weight,
    const float[::1] bias, float[::1] y, float[::1] scratch, bint relu,
):
    """y[p, q, k] = b[k] + sum over r, s, c of x[p*sh - pt + r*dh, q*sw - pl + s*dw, c] w[k, r, s, c]

    An empty bias is none; relu sets negative results to zero.
    """
    cdef Correlation t = g.forward
    cdef Work work
    if n == 0:
        return
    if g.in_one_row:
        t = for_images(&t, n, g.H * g.W)
        n = 1
    work.t = &t
    work.x, work.weight, work.y, work.relu = &x[0], &weight[0], &y[0], relu
    work.bias = &bias[0] if bias.shape[0] else NULL
    with nogil:
        correlate(&work, n, aligned(&scratch[0]), g.threads)


def conv_backward_data(
    Convolution g, Py_ssize_t n, const float[::1] dy, const float[::1] weight,
    const float[::1] bias, float[::1] dx, float[::1] scratch, bint relu,
):
    """dx[h, w, c] = b[c] + sum of dy[p, q, k] w[k, r, s, c] over every product of x[h, w, c]

    The adjoint of conv_forward without its bias; with one (of C) and relu, a transposed convolution.
    """
    cdef Correlation t = g.backward
    cdef Work work
    cdef float *start = aligned(&scratch[0])
    if n == 0:
        return
    if g.in_one_row:
        t = for_images(&t, n, g.H * g.W)
        n = 1
    work.t = &t
    work.x, work.weight, work.y, work.relu = &dy[0], start, &dx[0], relu
    work.bias = &bias[0] if bias.shape[0] else NULL
    with nogil:
        transpose_weights(&t, &weight[0], start, g.threads)
        start += t.groups * panel_floats(t.K, t.C, t.rows.taps * t.cols.taps)
        if g.forward.fill == ZERO:
            correlate(&work, n, start, g.threads)
        else:
            correlate_padded(g, &work, n, start)


cdef void correlate_padded(
    Convolution g, const Work *work, Py_ssize_t n, float *scratch,
) noexcept nogil:
    """Compute gradients of padded images, as many at a time as there are threads, and fold them."""
    cdef Work padded = work[0]
    cdef const Correlation *t = work.t
    cdef Py_ssize_t part, image, together
    padded.y = scratch
    padded.bias = NULL
    padded.relu = False
    scratch += whole_lines(min(n, g.threads) * g.padded_floats())
    for part in range(ceil_div(n, g.threads)):
        image = part * g.threads
        together = min(n - image, g.threads)
        padded.x = work.x + image * t.rows.size * t.cols.size * t.groups * t.C
        correlate(&padded, together, scratch, g.threads)
        fold_padding(
            g, together, padded.y, work.bias, work.relu,
            work.y + image * g.H * g.W * t.groups * t.K,
        )


cdef void fold_padding(
    Convolution g, Py_ssize_t n, const float *padded, const float *bias, bint relu, float *dx,
) noexcept nogil:
    """Add the gradients of padded pixels to those of the pixels they repeat."""
    cdef Py_ssize_t channels = g.backward.groups * g.backward.K
    cdef Py_ssize_t padded_floats = g.padded_floats()
    cdef Py_ssize_t item, H = g.H
    for item in prange(n * H, num_threads=g.threads, schedule="static"):
        fold_row(
            g, item % H, padded + item // H * padded_floats, bias, relu,
            dx + item * g.W * channels,
        )


cdef void fold_row(
    Convolution g, Py_ssize_t h, const float *padded, const float *bias, bint relu, float *dx,
) noexcept nogil:
    """Sum one row of dx over all padded pixels it stands for, from the top left on."""
    cdef Py_ssize_t channels = g.backward.groups * g.backward.K
    cdef Py_ssize_t width = g.backward.cols.outputs
    cdef Py_ssize_t row, col, c
    cdef const float *source
    cdef float *pixel
    for col in range(g.W):
        for c in range(channels):
            dx[col * channels + c] = bias[c] if bias != NULL else 0
    for row in range(g.backward.rows.outputs):
        if inside(row - g.pt, g.H, g.forward.fill) != h:
            continue
        for col in range(width):
            source = padded + (row * width + col) * channels
            pixel = dx + inside(col - g.pl, g.W, g.forward.fill) * channels
            for c in range(channels):
                pixel[c] += source[c]
    if relu:
        for c in range(g.W * channels):
            dx[c] = 0 if dx[c] < 0 else dx[c]


def conv_backward_weights(
    Convolution g, Py_ssize_t n, const float[::1] x, const float[::1] dy, float[::1] dweight,
    float[::1] scratch,
):
    """dw[k, r, s, c] = sum over images, p, q of x[p*sh - pt + r*dh, q*sw - pl + s*dw, c] dy[p, q, k]

    Lanes of dweight beyond a group's last filter are set to zero.
    """
    cdef Correlation t = g.gradient
    cdef Py_ssize_t weights = t.groups * panel_floats(t.K, t.C, t.rows.taps * t.cols.taps)
    if g.in_one_row:
        t = for_images(&t, n, g.H * g.W)
        n = min(n, 1)
    with nogil:
        if n == 0:
            memset(&dweight[0], 0, weights * sizeof(float))
        elif weights > SHARED_FLOATS:
            sum_by_weights(&t, n, &x[0], &dy[0], &dweight[0], aligned(&scratch[0]), g.threads)
        else:
            sum_by_slabs(&t, n, &x[0], &dy[0], &dweight[0], aligned(&scratch[0]), g.threads)


cdef Py_ssize_t slab_floats(const Correlation *t) noexcept nogil:
    """Return the scratch floats of a slab's packed x and dy."""
    return pack_floats(t) + ceil_div(t.K, PANEL) * PANEL * t.images * t.slab_rows * t.slab_cols


cdef Py_ssize_t slabs_together(const Correlation *t) noexcept nogil:
    """Return how many slabs are packed before their products are summed by weights."""
    return max(1, SHARED_PACK_FLOATS // slab_floats(t))


cdef Cut cut_gradient(const Correlation *t, Py_ssize_t n) noexcept nogil:
    """Cut n images into slabs whose pixels are summed in one chain."""
    return cut_evenly(t, n, t.images, t.slab_rows, t.slab_cols)


cdef void sum_by_slabs(
    const Correlation *t, Py_ssize_t n, const float *x, const float *dy, float *dweight,
    float *scratch, int threads,
) noexcept nogil:
    """Sum a fixed number of chunks of slabs apart, then add them in order."""
    cdef Py_ssize_t size = t.groups * panel_floats(t.K, t.C, t.rows.taps * t.cols.taps)
    cdef Cut cut = cut_gradient(t, n)
    cdef Py_ssize_t chunks = min(<Py_ssize_t> CHUNKS, cut.slabs), chunk, start
    cdef float *partial = scratch + threads * slab_floats(t)
    for chunk in prange(chunks, num_threads=threads, schedule="static"):
        sum_chunk(
            t, &cut, chunk * cut.slabs // chunks, (chunk + 1) * cut.slabs // chunks, x, dy,
            partial + (chunk - 1) * size if chunk else dweight,
            scratch + threadid() * slab_floats(t),
        )
    for start in prange(0, size, 4096, num_threads=threads, schedule="static"):
        add_partials(partial + start, dweight + start, min(4096, size - start), size, chunks - 1)


cdef void sum_chunk(
    const Correlation *t, const Cut *cut, Py_ssize_t first, Py_ssize_t last, const float *x,
    const float *dy, float *dweight, float *scratch,
) noexcept nogil:
    """Sum the weight gradients of consecutive slabs."""
    cdef Py_ssize_t size = panel_floats(t.K, t.C, t.rows.taps * t.cols.taps)
    cdef Py_ssize_t group, number, step, block
    cdef Pair pair
    memset(dweight, 0, t.groups * size * sizeof(float))
    for number in range(first, last):
        for group in range(t.groups):
            pair = pack_pair(t, cut, number, group, x, dy, scratch)
            for step in range(ceil_div(ceil_div(t.K, PANEL), MOST_PANELS)):
                for block in range(ceil_div(t.C, PANEL)):
                    add_products(t, &pair, step * MOST_PANELS, block, dweight + group * size)


cdef void add_partials(
    const float *partial, float *dweight, Py_ssize_t count, Py_ssize_t size, Py_ssize_t partials,
) noexcept nogil:
    """Add the same `count` elements of every partial sum."""
    cdef Py_ssize_t i, j
    for j in range(partials):
        for i in range(count):
            dweight[i] += partial[j * size + i]


cdef void sum_by_weights(
    const Correlation *t, Py_ssize_t n, const float *x, const float *dy, float *dweight,
    float *scratch, int threads,
) noexcept nogil:
    """Pack many slabs together, then let each thread sum its own part of the weights over them."""
    cdef Py_ssize_t size = panel_floats(t.K, t.C, t.rows.taps * t.cols.taps)
    cdef Py_ssize_t together = slabs_together(t), floats = slab_floats(t)
    cdef Py_ssize_t steps = ceil_div(ceil_div(t.K, PANEL), MOST_PANELS)
    cdef Py_ssize_t blocks = ceil_div(t.C, PANEL)
    cdef Py_ssize_t group, batch, first, count, number, item
    cdef Cut cut = cut_gradient(t, n)
    for group in range(t.groups):
        for batch in range(ceil_div(cut.slabs, together)):
            first = batch * together
            count = min(together, cut.slabs - first)
            for number in prange(count, num_threads=threads, schedule="static"):
                pack_pair(t, &cut, first + number, group, x, dy, scratch + number * floats)
            for item in prange(steps * blocks, num_threads=threads, schedule="static"):
                sum_block(
                    t, &cut, first, count, item // blocks * MOST_PANELS, item % blocks,
                    dweight + group * size, scratch,
                )


cdef void sum_block(
    const Correlation *t, const Cut *cut, Py_ssize_t first, Py_ssize_t count, Py_ssize_t panel,
    Py_ssize_t block, float *dweight, float *scratch,
) noexcept nogil:
    """Add packed slabs' products to the gradient of 16 channels and one or two panels."""
    cdef Py_ssize_t row_floats = t.C * PANEL, taps = t.rows.taps * t.cols.taps
    cdef Py_ssize_t panels = min(<Py_ssize_t> MOST_PANELS, ceil_div(t.K, PANEL) - panel)
    cdef Py_ssize_t channels = min(PANEL, t.C - block * PANEL)
    cdef Py_ssize_t row, number
    cdef Pair pair
    if first == 0:
        for row in range(panel * taps, (panel + panels) * taps):
            memset(
                dweight + row * row_floats + block * PANEL * PANEL, 0,
                channels * PANEL * sizeof(float),
            )
    for number in range(count):
        pair = pair_at(t, cut, first + number, scratch + number * slab_floats(t))
        add_products(t, &pair, panel, block, dweight)


cdef Pair pair_at(
    const Correlation *t, const Cut *cut, Py_ssize_t number, float *data,
) noexcept nogil:
    """Lay out a slab's packed x and dy."""
    cdef Pair pair
    pair.slab = slab_of(t, cut, number)
    pair.x = packing(t, &pair.slab, data)
    pair.dy = data + pack_floats(t)
    return pair


cdef Pair pack_pair(
    const Correlation *t, const Cut *cut, Py_ssize_t number, Py_ssize_t group, const float *x,
    const float *dy, float *data,
) noexcept nogil:
    """Pack what a slab's products need of one group's x and dy."""
    cdef Pair pair = pair_at(t, cut, number, data)
    cdef Py_ssize_t panel, image, row, filters, pixel = t.groups * t.K
    cdef const float *from_row
    cdef float *to = pair.dy
    pack_source(t, x, cut.n, group, &pair.slab, &pair.x)
    for panel in range(ceil_div(t.K, PANEL)):
        filters = min(PANEL, t.K - panel * PANEL)
        for image in range(pair.slab.images):
            for row in range(pair.slab.rows):
                from_row = dy + group * t.K + panel * PANEL + pixel * (
                    ((pair.slab.image + image) * t.rows.outputs + pair.slab.row + row)
                    * t.cols.outputs + pair.slab.col
                )
                pack_filters(from_row, pixel, pair.slab.cols, filters, to)
                to += pair.slab.cols * PANEL
    return pair


cdef void pack_filters(
    const float *dy, Py_ssize_t pixel, Py_ssize_t pixels, Py_ssize_t filters, float *to,
) noexcept nogil:
    """Copy 16 filters of a row of pixels, with zeros beyond the last filter."""
    cdef Py_ssize_t i
    for i in range(pixels):
        if filters == PANEL:
            memcpy(to + i * PANEL, dy + i * pixel, PANEL * sizeof(float))
        else:
            memset(to + i * PANEL, 0, PANEL * sizeof(float))
            memcpy(to + i * PANEL, dy + i * pixel, filters * sizeof(float))


cdef void add_products(
    const Correlation *t, const Pair *pair, Py_ssize_t panel, Py_ssize_t block, float *dweight,
) noexcept nogil:
    """Add a slab's products to the gradient of 16 channels and one or two panels, all taps."""
    cdef Py_ssize_t panels = min(<Py_ssize_t> MOST_PANELS, ceil_div(t.K, PANEL) - panel)
    cdef Py_ssize_t taps = t.rows.taps * t.cols.taps
    cdef Py_ssize_t r, s, origin, col
    cdef Span valid
    cdef Outer outer
    outer.x_image = pair.x.image_stride
    outer.x_row = t.rows.stride * pair.x.row_stride
    outer.dy_row = pair.slab.cols * PANEL
    outer.dy_image = pair.slab.rows * outer.dy_row
    outer.dy_panel = pair.slab.images * outer.dy_image
    outer.dw_panel = taps * t.C * PANEL
    outer.images = pair.slab.images
    outer.columns = pair.slab.cols
    for r in range(t.rows.taps):
        origin = pair.slab.row * t.rows.stride + t.rows.origin + r * t.rows.dilation
        valid = Span(0, pair.slab.rows)
        if t.fill == ZERO:
            valid = valid_positions(&t.rows, origin, origin, pair.slab.rows)
        outer.rows = valid.last - valid.first
        outer.dy = pair.dy + panel * outer.dy_panel + valid.first * outer.dy_row
        for s in range(t.cols.taps):
            col = s * t.cols.dilation
            outer.x = (
                pair.x.data + block * pair.x.block_stride + valid.first * outer.x_row
                + r * t.rows.dilation * pair.x.row_stride
                + (col % t.cols.stride * pair.x.width + col // t.cols.stride) * PANEL
            )
            outer.dw = (
                dweight + panel * outer.dw_panel
                + ((r * t.cols.taps + s) * t.C + block * PANEL) * PANEL
            )
            multiply_channels(outer, min(PANEL, t.C - block * PANEL), panels)


cdef void multiply_channels(Outer outer, Py_ssize_t channels, Py_ssize_t panels) noexcept nogil:
    """Split a block of channels evenly into as many as registers allow."""
    cdef Py_ssize_t pieces = ceil_div(channels, MOST_CHANNELS), count
    while channels > 0:
        count = ceil_div(channels, pieces)
        multiply_outer(&outer, count, panels)
        outer.x += count
        outer.dw += count * PANEL
        channels -= count
        pieces -= 1


def bias_backward(
    Py_ssize_t rows, Py_ssize_t K, const float[::1] y, float[::1] dy, float[::1] dbias,
    float[::1] scratch, bint relu, int threads,
):
    """dbias[k] = sum over rows of dy[row, k]; with relu, dy[row, k] is first set to 0 unless y > 0

    An empty dbias is not wanted. `scratch` has 64 K floats.
    """
    cdef Py_ssize_t chunk, k
    cdef const float *outputs = &y[0] if relu and rows else NULL
    cdef float *gradients = &dy[0] if rows else NULL
    cdef bint wanted = dbias.shape[0] > 0
    cdef float *partial = &scratch[0] if wanted else NULL
    if rows * K < 20_000:
        threads = 1
    with nogil:
        for chunk in prange(64, num_threads=threads, schedule="static"):
            sum_rows(
                rows * chunk // 64, rows * (chunk + 1) // 64, K, outputs,
                gradients, partial + chunk * K if wanted else NULL,
            )
        if wanted:
            memcpy(&dbias[0], partial, K * sizeof(float))
            add_partials(partial + K, &dbias[0], K, K, 64 - 1)


cdef void sum_rows(
    Py_ssize_t first, Py_ssize_t last, Py_ssize_t K, const float *y, float *dy, float *total,
) noexcept nogil:
    """Mask rows of dy by y > 0, where y is given, and sum them, where a total is wanted."""
    cdef float[256] block
    cdef Py_ssize_t k, row, start, i, width
    if total != NULL:
        memset(total, 0, K * sizeof(float))
    for k in range(0, K, 256):
        width = min(256, K - k)
        for start in range(first, last, 128):
            memset(block, 0, sizeof(block))
            for row in range(start, min(start + 128, last)):
                if y != NULL:
                    mask_row(y + row * K + k, dy + row * K + k, width)
                for i in range(width):
                    block[i] += dy[row * K + k + i]
            if total != NULL:
                for i in range(width):
                    total[k + i] += block[i]


cdef void mask_row(const float *y, float *dy, Py_ssize_t width) noexcept nogil:
    """Set dy to zero where y is not positive."""
    cdef Py_ssize_t i
    for i in range(width):
        dy[i] = dy[i] if y[i] > 0 else 0


def peak_gflops(double seconds, int threads):
    """Return the billions of float operations per second of multiply-adds alone, measured.

    The best of many short slices counts, as other programs may hold a processor now and then.
    """
    cdef Py_ssize_t steps = 100_000
    cdef int thread
    cdef double start, end, now, best = 1e9
    with nogil:
        end = omp_get_wtime() + seconds
        while True:
            start = omp_get_wtime()
            for thread in prange(threads, num_threads=threads, schedule="static"):
                multiply_add(steps)
            now = omp_get_wtime()
            best = min(best, now - start)
            if now >= end:
                break
    return 2e-9 * threads * steps * PEAK_SUMS * LANES / best
