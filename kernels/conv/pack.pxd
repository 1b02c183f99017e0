"""Copying what a slab reads into a thread's own memory, as the tiles want it.

A source of which every position reads a pixel of its own is read where it lies.

A packed source is [C/16][images][rows][column phase][width][16]: pixels side by side are 16 floats
apart whatever C, the stride and the padding are, so that tiles need none of these.
"""

from libc.string cimport memcpy, memset

from kernels.geometry cimport (
    PANEL, Axis, Correlation, Normal, Slab, ceil_div, inside, span,
)
from kernels.normalize cimport normal_from


cdef extern from "normalize.h" nogil:
    void normalize_pixels(
        const float *mean, const float *scale, const float *shift, Py_ssize_t pixels, float *x
    )

cdef enum:
    MOST_DIRECT = 256  # channels: pixels further apart would share too few sets of the first cache

cdef struct Pack:
    const float *data
    Py_ssize_t pixel           # floats from one to the next beside it
    Py_ssize_t rows
    Py_ssize_t width
    Py_ssize_t row_stride
    Py_ssize_t image_stride
    Py_ssize_t block_stride
    Py_ssize_t size


cdef inline Pack lay_pack(const Correlation *t, const Slab *slab, float *data) noexcept nogil:
    """Lay out the packed source of a slab."""
    cdef Pack pack
    pack.data = data
    pack.rows = span(&t.rows, slab.rows)
    if t.gather.taps:
        pack.pixel, pack.block_stride = t.gather.stride * t.gather.channels, PANEL
        pack.width = (slab.cols - 1) * t.gather.stride + t.gather.taps
        pack.row_stride = pack.width * t.gather.channels
        pack.image_stride = pack.rows * pack.row_stride
        pack.size = ceil_div(slab.images * pack.image_stride, PANEL) * PANEL
        return pack
    pack.pixel = PANEL
    pack.width = ceil_div(span(&t.cols, slab.cols), t.cols.stride)
    pack.row_stride = t.cols.stride * pack.width * PANEL
    pack.image_stride = pack.rows * pack.row_stride
    pack.block_stride = slab.images * pack.image_stride
    pack.size = ceil_div(t.C, PANEL) * pack.block_stride
    return pack


cdef inline bint pixel_by_pixel(const Correlation *t) noexcept nogil:
    """Say whether a source needs no packing, as every position reads a pixel of its own."""
    return (
        t.groups * t.C <= MOST_DIRECT
        and t.rows.taps == t.cols.taps == t.rows.stride == t.cols.stride == 1
        and t.rows.phases == t.cols.phases == 1 and t.rows.pad == t.cols.pad == 0
        and t.rows.size == t.rows.outputs and t.cols.size == t.cols.outputs
        and t.gather.taps == 0 and t.normal.mean == NULL
    )


cdef inline Pack lay_unpacked(
    const Correlation *t, const float *x, Py_ssize_t group, const Slab *slab,
) noexcept nogil:
    """Lay out a source of which every position reads a pixel of its own."""
    cdef Pack pack
    cdef Py_ssize_t pixel = t.groups * t.C
    pack.rows, pack.width, pack.pixel = slab.rows, slab.cols, pixel
    pack.row_stride = t.cols.size * pixel
    pack.image_stride = t.rows.size * pack.row_stride
    pack.block_stride, pack.size = PANEL, 0
    pack.data = x + (
        slab.image * pack.image_stride + slab.row * pack.row_stride + slab.col * pixel
        + group * t.C
    )
    return pack


cdef inline Py_ssize_t pack_floats(const Correlation *t) noexcept nogil:
    """Return the floats of the packed source of the largest slab."""
    cdef Slab slab = Slab(0, t.images, 0, t.slab_rows, 0, t.slab_cols)
    return lay_pack(t, &slab, NULL).size


cdef inline void pack_source(
    const Correlation *t, const float *x, Py_ssize_t n, Py_ssize_t group, const Slab *slab,
    const Pack *pack, float *to,
) noexcept nogil:
    """Copy what a slab reads of x; rows of zero padding are left out, as no tap reads them."""
    cdef Py_ssize_t floats = t.rows.size * row_floats(t), image
    cdef Normal normal = normal_from(&t.normal, group * t.C)
    for image in range(slab.images):
        pack_image(
            t, &normal, x + (slab.image + image) * floats + group * t.C, x + n * floats, slab, pack,
            to + image * pack.image_stride,
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
            copy_row(
                t, x + source * row_floats(t), slab.col * t.gather.stride - t.gather.pad,
                pack.width, to + row * pack.row_stride,
            )
            continue
        for phase in range(min(t.cols.stride, columns)):
            if is_read(&t.cols, phase):
                pack_row(
                    t, normal, x + source * row_floats(t), end, left + phase,
                    ceil_div(columns - phase, t.cols.stride),
                    to + row * pack.row_stride + phase * pack.width * PANEL, pack.block_stride,
                )


cdef inline void copy_row(
    const Correlation *t, const float *x, Py_ssize_t left, Py_ssize_t width, float *to,
) noexcept nogil:
    """Copy `width` pixels of a source row from `left` on, padding included."""
    cdef Py_ssize_t pixel = t.gather.channels, j = 0, count, source
    while j < width:
        source = inside(left + j, t.gather.size, t.fill)
        count = 1
        if source < 0:
            memset(to + j * pixel, 0, pixel * sizeof(float))
        else:
            if source == left + j:
                count = min(width - j, t.gather.size - source)
            memcpy(to + j * pixel, x + source * pixel, count * pixel * sizeof(float))
        j += count


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
    cdef Py_ssize_t block, pixel, whole
    if end - x >= (count - 1) * step + blocks * PANEL:
        for block in range(blocks):
            for pixel in range(count):
                memcpy(
                    to + block * block_stride + pixel * PANEL, x + pixel * step + block * PANEL,
                    PANEL * sizeof(float),
                )
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
