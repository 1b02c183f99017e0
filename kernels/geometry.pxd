"""Where a convolution reads and writes: axes, taps, and slabs of work.

A convolution and its backward-data are the same thing here, a correlation: a grid of positions,
each a sum over taps of source pixels times weights. Forward, a position is an output pixel.
Backward through a stride of s, a position stands for s x s input pixels (phases), each with its
own share of the taps, so that no product with an inserted zero is ever formed.

Legend: C channels and K filters of a group, R S window; rows and cols are the two axes.
"""

cdef enum:
    PANEL = 16            # channels in a block of a packed source, filters in a panel of weights

cdef enum Fill:           # of the padding
    ZERO = 0
    REFLECT = 1
    EDGE = 2

cdef struct Axis:
    Py_ssize_t size       # source pixels
    Py_ssize_t outputs    # target pixels
    Py_ssize_t taps
    Py_ssize_t pad
    Py_ssize_t dilation
    Py_ssize_t stride     # source pixels from one position to the next
    Py_ssize_t phases     # target pixels per position
    Py_ssize_t positions
    Py_ssize_t origin     # the first source pixel that position 0 reads, in any phase
    Py_ssize_t reach      # source pixels from there to the last one it reads
    bint adjoint

cdef struct Taps:         # of one phase, in the order of the source pixels they read
    Py_ssize_t count
    Py_ssize_t first      # place in the window
    Py_ssize_t step
    Py_ssize_t origin     # source pixel that the first tap reads at position 0
    Py_ssize_t dilation

cdef struct Span:         # from first up to, but without, last
    Py_ssize_t first
    Py_ssize_t last

cdef struct Run:          # of positions that read the source through the same taps
    Py_ssize_t position
    Py_ssize_t count
    Py_ssize_t source     # pixel that the first of these taps reads at the first position
    Py_ssize_t tap        # its place in the window
    Py_ssize_t taps

cdef struct Normal:       # of batch normalization: see normalize.pxd
    const float *mean     # NULL for none
    const float *scale
    const float *shift

cdef struct Gather:       # of the pixels under a row of taps, as if they were channels of one
    Py_ssize_t taps       # 0: not gathered
    Py_ssize_t channels   # of a source pixel
    Py_ssize_t size       # source pixels in a row
    Py_ssize_t stride
    Py_ssize_t pad

cdef struct Correlation:
    Normal normal         # of the source
    Gather gather
    Axis rows
    Axis cols
    Py_ssize_t groups
    Py_ssize_t C
    Py_ssize_t K
    Py_ssize_t target_step  # floats from one pixel to the next
    int fill
    bint pools            # only the largest of every 2 x 2 outputs is stored
    Py_ssize_t images     # the most images, rows and columns of positions in a slab
    Py_ssize_t slab_rows
    Py_ssize_t slab_cols

cdef struct Cut:          # of all positions of n images into slabs of equal size
    Py_ssize_t n
    Py_ssize_t images     # in a slab
    Py_ssize_t rows
    Py_ssize_t cols
    Py_ssize_t row_parts  # slabs one below the other
    Py_ssize_t col_parts
    Py_ssize_t slabs

cdef struct Slab:         # a block of positions, computed by one thread at a time
    Py_ssize_t image
    Py_ssize_t images
    Py_ssize_t row
    Py_ssize_t rows
    Py_ssize_t col
    Py_ssize_t cols


cdef inline Py_ssize_t ceil_div(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    return (a + b - 1) // b


cdef inline Taps taps_of(const Axis *axis, Py_ssize_t phase) noexcept nogil:
    """Return the taps that reach target pixels phase, phase + phases, phase + 2 phases, ..."""
    cdef Taps taps = Taps(axis.taps, 0, 1, -axis.pad, axis.dilation)
    cdef Py_ssize_t r, distance
    if not axis.adjoint:
        return taps
    taps.count = 0
    for r in range(axis.taps - 1, -1, -1):
        distance = phase + axis.pad - r * axis.dilation
        if distance % axis.phases:
            continue
        if taps.count == 0:
            taps.first = r
            taps.origin = distance // axis.phases
        elif taps.count == 1:
            taps.step = r - taps.first
            taps.dilation = distance // axis.phases - taps.origin
        taps.count += 1
    return taps


cdef inline Axis with_window(Axis axis) noexcept nogil:
    """Work out positions and the source pixels that one position reads over all phases."""
    cdef Taps taps
    cdef Py_ssize_t phase, last = 0
    cdef bint empty = True
    axis.positions = ceil_div(axis.outputs, axis.phases)
    axis.origin = 0
    for phase in range(min(axis.phases, axis.outputs)):
        taps = taps_of(&axis, phase)
        if taps.count:
            if empty or taps.origin < axis.origin:
                axis.origin = taps.origin
            if empty or taps.origin + (taps.count - 1) * taps.dilation > last:
                last = taps.origin + (taps.count - 1) * taps.dilation
            empty = False
    axis.reach = last - axis.origin + 1
    return axis


cdef inline Axis forward_axis(
    Py_ssize_t size, Py_ssize_t outputs, Py_ssize_t taps,
    Py_ssize_t stride, Py_ssize_t pad, Py_ssize_t dilation,
) noexcept nogil:
    """Output p reads inputs p*stride - pad + r*dilation."""
    return with_window(Axis(size, outputs, taps, pad, dilation, stride, 1, 0, 0, 0, False))


cdef inline Axis adjoint_axis(
    Py_ssize_t size, Py_ssize_t outputs, Py_ssize_t taps,
    Py_ssize_t stride, Py_ssize_t pad, Py_ssize_t dilation,
) noexcept nogil:
    """Input h reads outputs (h + pad - r*dilation) / stride, where that is whole."""
    return with_window(Axis(size, outputs, taps, pad, dilation, 1, stride, 0, 0, 0, True))


cdef inline Span valid_taps(
    const Taps *taps, const Axis *axis, Py_ssize_t position,
) noexcept nogil:
    """Return the taps that read pixels of the source at a position, not padding."""
    cdef Py_ssize_t origin = position * axis.stride + taps.origin
    cdef Span valid = Span(0, taps.count)
    while valid.first < valid.last and origin + valid.first * taps.dilation < 0:
        valid.first += 1
    while valid.first < valid.last and origin + (valid.last - 1) * taps.dilation >= axis.size:
        valid.last -= 1
    return valid


cdef inline Span valid_positions(
    const Axis *axis, Py_ssize_t first_origin, Py_ssize_t last_origin, Py_ssize_t positions,
) noexcept nogil:
    """Return the positions at which taps with such origins all read pixels of the source."""
    cdef Span valid = Span(0, 0)
    if first_origin < 0:
        valid.first = min(positions, ceil_div(-first_origin, axis.stride))
    if last_origin < axis.size:
        valid.last = min(positions, (axis.size - 1 - last_origin) // axis.stride + 1)
    valid.last = max(valid.first, valid.last)
    return valid


cdef inline Run run_of(
    const Axis *axis, const Taps *taps, Py_ssize_t position, Py_ssize_t last,
) noexcept nogil:
    """Return the run of positions from `position` on: one over padding, or up to the far border."""
    cdef Span valid = valid_taps(taps, axis, position)
    cdef Span inner = valid_positions(
        axis, taps.origin, taps.origin + (taps.count - 1) * taps.dilation, last
    )
    cdef Py_ssize_t count = inner.last - position if inner.first <= position < inner.last else 1
    return Run(
        position, count,
        position * axis.stride + taps.origin + valid.first * taps.dilation,
        taps.first + valid.first * taps.step, valid.last - valid.first,
    )


cdef inline Py_ssize_t phase_positions(const Axis *axis, Py_ssize_t phase) noexcept nogil:
    """Return how many positions have a target pixel of a phase."""
    return ceil_div(axis.outputs - phase, axis.phases)


cdef inline Py_ssize_t span(const Axis *axis, Py_ssize_t positions) noexcept nogil:
    """Return how many source pixels lie under `positions` positions."""
    return (positions - 1) * axis.stride + axis.reach


cdef inline Py_ssize_t inside(Py_ssize_t place, Py_ssize_t size, int fill) noexcept nogil:
    """Return the pixel that stands at `place`, or -1 for zero padding."""
    if 0 <= place < size:
        return place
    if fill == ZERO:
        return -1
    if fill == EDGE or size == 1:
        return 0 if place < 0 else size - 1
    while not 0 <= place < size:
        place = -place if place < 0 else 2 * (size - 1) - place
    return place


cdef inline Py_ssize_t panel_floats(const Correlation *t) noexcept nogil:
    """Return the floats of one group's weights in panels of 16 filters."""
    return ceil_div(t.K, PANEL) * t.rows.taps * t.cols.taps * t.C * PANEL


cdef inline Py_ssize_t block_floats(const Correlation *t) noexcept nogil:
    """Return the floats from a panel's weights of 16 channels to those of the next 16."""
    return PANEL * PANEL * (1 if t.gather.taps else t.rows.taps * t.cols.taps)


cdef inline Py_ssize_t tap_floats(const Correlation *t, Py_ssize_t channel) noexcept nogil:
    """Return the floats from tap to tap of weights of up to 16 channels, from `channel` on."""
    return PANEL * (t.C if t.gather.taps else min(<Py_ssize_t> PANEL, t.C - channel))


cdef inline Py_ssize_t pool_size(const Correlation *t) noexcept nogil:
    """Return how many rows, and how many columns, of outputs become one of y."""
    return 2 if t.pools else 1


cdef inline Py_ssize_t in_pairs(const Correlation *t, Py_ssize_t positions) noexcept nogil:
    """Return rows or columns of a slab, one more if they are pooled and one would be alone."""
    return ceil_div(positions, pool_size(t)) * pool_size(t)


cdef inline Cut cut_evenly(
    const Correlation *t, Py_ssize_t n, Py_ssize_t images, Py_ssize_t rows, Py_ssize_t cols,
) noexcept nogil:
    """Cut n images into slabs of at most so many images, rows and columns."""
    cdef Cut cut = Cut(n, 0, 0, 0, 0, 0, 0)
    cut.images = ceil_div(n, ceil_div(n, images))
    cut.rows = in_pairs(t, ceil_div(t.rows.positions, ceil_div(t.rows.positions, rows)))
    cut.cols = in_pairs(t, ceil_div(t.cols.positions, ceil_div(t.cols.positions, cols)))
    cut.row_parts = ceil_div(t.rows.positions, cut.rows)
    cut.col_parts = ceil_div(t.cols.positions, cut.cols)
    cut.slabs = ceil_div(n, cut.images) * cut.row_parts * cut.col_parts
    return cut


cdef inline Slab slab_of(const Correlation *t, const Cut *cut, Py_ssize_t number) noexcept nogil:
    """Return one slab of a cut; the last ones may be smaller."""
    cdef Slab slab
    slab.col = number % cut.col_parts * cut.cols
    slab.row = number // cut.col_parts % cut.row_parts * cut.rows
    slab.image = number // (cut.col_parts * cut.row_parts) * cut.images
    slab.cols = min(cut.cols, t.cols.positions - slab.col)
    slab.rows = min(cut.rows, t.rows.positions - slab.row)
    slab.images = min(cut.images, cut.n - slab.image)
    return slab
