"""Batch normalization and relu of what a kernel reads, while it reads it.

A normal is [mean | scale | shift], each of normal_lanes(C) floats, so that whole vectors can be
read from any channel on: z = (x - mean) scale + shift, or 0 where that is negative.
"""

from kernels.geometry cimport PANEL, Axis, Normal, ceil_div, span
from kernels.rows cimport TILE, Piece, fold_of, piece, repeat, tiles_of


cdef inline Py_ssize_t normal_lanes(Py_ssize_t C) noexcept nogil:
    return (ceil_div(C, PANEL) + 1) * PANEL


cdef inline Normal normal_of(const float[::1] normal, Py_ssize_t C) noexcept:
    """Return where the parts lie; no normal leaves what is read as it is."""
    if normal is None:
        return Normal(NULL, NULL, NULL)
    return Normal(&normal[0], &normal[normal_lanes(C)], &normal[2 * normal_lanes(C)])


cdef inline Normal normal_from(const Normal *normal, Py_ssize_t channel) noexcept nogil:
    """Return the normal of the channels from `channel` on."""
    if normal.mean == NULL:
        return normal[0]
    return Normal(normal.mean + channel, normal.scale + channel, normal.shift + channel)


cdef inline float normalize_number(float x, float mean, float scale, float shift) noexcept nogil:
    return (x - mean) * scale + shift


cdef inline void normalize(
    Piece at, Py_ssize_t C, bint relu, const float *x, const float *mean, const float *scale,
    const float *shift, const float *residual, float *y,
) noexcept nogil:
    """y = (x - mean) scale + shift + residual, if there is one; the statistics begin with the
    first channel of the piece.
    """
    cdef float[TILE] means, scales, shifts
    cdef Py_ssize_t c, i, side, fold = fold_of(C), row = at.row
    cdef bint adds = residual != NULL
    cdef float value
    repeat(fold, at.width, mean, means)
    repeat(fold, at.width, scale, scales)
    repeat(fold, at.width, shift, shifts)
    while row < at.row + at.rows:
        side = min(fold, at.row + at.rows - row)
        for c in range(side * at.width):
            i = row * C + at.c + c
            value = normalize_number(x[i], means[c], scales[c], shifts[c])
            if adds:
                value += residual[i]
            y[i] = 0 if relu and value < 0 else value
        row += side


cdef inline void normalize_rows(
    const Normal *normal, Py_ssize_t rows, Py_ssize_t C, const float *x, float *z,
) noexcept nogil:
    """Write z, normalized and through the relu, for `rows` pixels of all channels."""
    cdef Py_ssize_t tile
    cdef Piece at
    for tile in range(tiles_of(C)):
        at = piece(tile, 0, rows, C)
        normalize(
            at, C, True, x, normal.mean + at.c, normal.scale + at.c, normal.shift + at.c, NULL, z
        )


cdef inline const float *read_normalized_rows(
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
