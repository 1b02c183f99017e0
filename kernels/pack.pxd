"""Copying what a slab reads into a thread's own memory, as the tiles want it.

A packed source is [C/16][images][rows][column phase][width][16]: pixels side by side are 16 floats
apart whatever C, the stride and the padding are, so that tiles need none of these.
"""

from libc.string cimport memcpy, memset

from kernels.geometry cimport (
    PANEL, Axis, Correlation, Gather, Normal, Slab, ceil_div, inside, span,
)
from kernels.normalize cimport normal_from


cdef extern from "normalize.h" nogil:
    void normalize_pixels(
        const float *mean, const float *scale, const float *shift, Py_ssize_t pixels, float *x
    )

cdef struct Pack:
    float *data
    Py_ssize_t rows
    Py_ssize_t width
    Py_ssize_t row_stride
    Py_ssize_t image_stride
    Py_ssize_t block_stride
    Py_ssize_t size


cdef inline Pack packing(const Correlation *t, const Slab *slab, float *data) noexcept nogil:
    """Lay out the packed source of a slab."""
    cdef Pack pack
    pack.data = data
    pack.rows = span(&t.rows, slab.rows)
    pack.width = ceil_div(span(&t.cols, slab.cols), t.cols.stride)
    pack.row_stride = t.cols.stride * pack.width * PANEL
    pack.image_stride = pack.rows * pack.row_stride
    pack.block_stride = slab.images * pack.image_stride
    pack.size = ceil_div(t.C, PANEL) * pack.block_stride
    return pack


cdef inline Py_ssize_t pack_floats(const Correlation *t) noexcept nogil:
    """Return the floats of the packed source of the largest slab."""
    cdef Slab slab = Slab(0, t.images, 0, t.slab_rows, 0, t.slab_cols)
    return packing(t, &slab, NULL).size


cdef inline void pack_source(
    const Correlation *t, const float *x, Py_ssize_t n, Py_ssize_t group, const Slab *slab,
    const Pack *pack,
) noexcept nogil:
    """Copy what a slab reads of x; rows of zero padding are left out, as no tap reads them."""
    cdef Py_ssize_t floats = t.rows.size * row_floats(t), image
    cdef Normal normal = normal_from(&t.normal, group * t.C)
    for image in range(slab.images):
        pack_image(
            t, &normal, x + (slab.image + image) * floats + group * t.C, x + n * floats, slab, pack,
            pack.data + image * pack.image_stride,
        )


cdef inline Py_ssize_t row_floats(const Correlation *t) noexcept nogil:
    """Return the floats of a source row."""
    return t.gather.size * t.gather.channels if t.gather.taps else t.cols.size * t.groups * t.C


cdef inline void pack_image(
    const Correlation *t, const Normal *normal, const float *x, const float *end,
    const Slab *slab, const Pack *pack, float *to,
) noexcept nogil:
    """Copy the rows of one image, each split into its phases under a column stride."""
    cdef Py_ssize_t top = slab.row * t.rows.stride + t.rows.origin
    cdef Py_ssize_t left = slab.col * t.cols.stride + t.cols.origin
    cdef Py_ssize_t columns = span(&t.cols, slab.cols)
    cdef Py_ssize_t row, phase, source
    for row in range(pack.rows):
        source = inside(top + row, t.rows.size, t.fill)
        if source < 0 or not is_read(&t.rows, row):
            continue
        if t.gather.taps:
            gather_row(
                t, x + source * row_floats(t), end, slab.col, slab.cols,
                to + row * pack.row_stride, pack.block_stride,
            )
            continue
        for phase in range(min(t.cols.stride, columns)):
            if is_read(&t.cols, phase):
                pack_row(
                    t, normal, x + source * row_floats(t), end, left + phase,
                    ceil_div(columns - phase, t.cols.stride),
                    to + row * pack.row_stride + phase * pack.width * PANEL, pack.block_stride,
                )


cdef inline void gather_row(
    const Correlation *t, const float *x, const float *end, Py_ssize_t position,
    Py_ssize_t positions, float *to, Py_ssize_t block_stride,
) noexcept nogil:
    """Copy the source pixels under a row of taps side by side, for every position."""
    cdef const Gather *g = &t.gather
    cdef Py_ssize_t j = 0, left, count
    while j < positions:
        left = (position + j) * g.stride - g.pad
        count = 1
        if left < 0 or left + g.taps > g.size:
            gather_border(t, x, left, to + j * PANEL, block_stride)
        else:
            count = min(positions - j, (g.size - g.taps - left) // g.stride + 1)
            split_pixels(
                x + left * g.channels, end, g.stride * g.channels, count, ceil_div(t.C, PANEL),
                to + j * PANEL, block_stride,
            )
        j += count


cdef inline void gather_border(
    const Correlation *t, const float *x, Py_ssize_t left, float *to, Py_ssize_t block_stride,
) noexcept nogil:
    """Copy the source pixels under a row of taps, of which some lie in the padding."""
    cdef const Gather *g = &t.gather
    cdef Py_ssize_t s, c, lane, source
    for s in range(g.taps):
        source = inside(left + s, g.size, t.fill)
        for c in range(g.channels):
            lane = s * g.channels + c
            to[lane // PANEL * block_stride + lane % PANEL] = (
                x[source * g.channels + c] if source >= 0 else 0
            )


cdef inline bint is_read(const Axis *axis, Py_ssize_t place) noexcept nogil:
    """Say whether a position can read the source pixel `place` pixels after the first origin."""
    cdef Py_ssize_t r
    if axis.stride == 1:
        return True
    for r in range(axis.taps):
        if (place - r * axis.dilation) % axis.stride == 0:
            return True
    return False


cdef inline void pack_row(
    const Correlation *t, const Normal *normal, const float *x, const float *end,
    Py_ssize_t col, Py_ssize_t width, float *to, Py_ssize_t block_stride,
) noexcept nogil:
    """Copy every stride-th pixel of a source row from `col` on, padding included."""
    cdef Py_ssize_t step = t.cols.stride, pixel = t.groups * t.C
    cdef Py_ssize_t blocks = ceil_div(t.C, PANEL), j = 0, count, source
    while j < width:
        source = inside(col + j * step, t.cols.size, t.fill)
        count = 1
        if source < 0:
            zero_pixel(blocks, to + j * PANEL, block_stride)
        else:
            if source == col + j * step:
                count = min(width - j, (t.cols.size - 1 - source) // step + 1)
            split_pixels(
                x + source * pixel, end, step * pixel, count, blocks, to + j * PANEL, block_stride
            )
            if normal.mean != NULL:
                normalize_blocks(normal, count, blocks, to + j * PANEL, block_stride)
        j += count


cdef inline void normalize_blocks(
    const Normal *normal, Py_ssize_t count, Py_ssize_t blocks, float *to, Py_ssize_t block_stride,
) noexcept nogil:
    """Normalize the packed pixels that were just copied."""
    cdef Py_ssize_t block
    cdef Normal part
    for block in range(blocks):
        part = normal_from(normal, block * PANEL)
        normalize_pixels(part.mean, part.scale, part.shift, count, to + block * block_stride)


cdef inline void zero_pixel(
    Py_ssize_t blocks, float *to, Py_ssize_t block_stride,
) noexcept nogil:
    """Set a pixel's blocks of 16 channels to zero."""
    cdef Py_ssize_t block
    for block in range(blocks):
        memset(to + block * block_stride, 0, PANEL * sizeof(float))


cdef inline void split_pixels(
    const float *x, const float *end, Py_ssize_t step, Py_ssize_t count, Py_ssize_t blocks,
    float *to, Py_ssize_t block_stride,
) noexcept nogil:
    """Copy blocks of 16 channels of pixels `step` floats apart.

    What lies beyond a pixel's last channel is copied along, but nothing beyond the array's end.
    """
    cdef Py_ssize_t block, whole, pixel
    if blocks == 1 and end - x >= (count - 1) * step + PANEL:
        for pixel in range(count):
            memcpy(to + pixel * PANEL, x + pixel * step, PANEL * sizeof(float))
        return
    while count > 0:
        whole = blocks if end - x >= blocks * PANEL else (end - x) // PANEL
        for block in range(whole):
            memcpy(to + block * block_stride, x + block * PANEL, PANEL * sizeof(float))
        if whole < blocks:
            memcpy(to + whole * block_stride, x + whole * PANEL, (end - x) % PANEL * sizeof(float))
        x += step
        to += PANEL
        count -= 1
