"""The loops of a depthwise convolution of small images, whose borders would be most of the work.

Some rows are copied with the padding around them, a vector of channels at a time; they stay in the
first-level cache, and every strip is as long as a row.
"""

from libc.string cimport memset

from kernels.depthwise.strips cimport Strip, Sweep, multiply_line, vector_width
from kernels.geometry cimport Taps, ceil_div, span, taps_of


cdef extern from "depthwise/tiles.h" nogil:
    void copy_pixels(const float *x, Py_ssize_t step, Py_ssize_t count, int width, float *to)

cdef enum:
    PADDED_FLOATS = 6 * 1024  # of a copy: three quarters of a usual first-level cache
    MOST_PIXELS = 28          # in a row, of windows that move by one


cdef inline Py_ssize_t copied_rows(const Sweep *z) noexcept nogil:
    """Return the rows of positions whose source fits into a copy; 0 for none."""
    cdef Py_ssize_t line = span(&z.cols, z.cols.positions) * vector_width(z.C)
    cdef Py_ssize_t rows = PADDED_FLOATS // line
    return 0 if rows < z.rows.reach else (rows - z.rows.reach) // z.rows.stride + 1


cdef inline bint pads(const Sweep *z) noexcept nogil:
    """Say whether images are small, and every position reads all taps of the window."""
    return (
        z.rows.phases == z.cols.phases == 1 and z.rows.taps * z.cols.taps > 1
        and z.cols.size * z.cols.stride <= MOST_PIXELS and copied_rows(z) > 0
    )


cdef inline void sweep_padded(
    const Sweep *z, const float *x, Py_ssize_t image, Py_ssize_t first, Py_ssize_t last,
) noexcept nogil:
    """Compute rows of positions, as many at a time as a copy has the source of."""
    cdef Py_ssize_t columns = span(&z.cols, z.cols.positions), together = copied_rows(z)
    cdef Py_ssize_t block, channel, row, i
    cdef int width = vector_width(z.C)
    cdef Taps row_taps = taps_of(&z.rows, 0), col_taps = taps_of(&z.cols, 0)
    cdef float[PADDED_FLOATS] padded
    cdef Strip strip
    strip.rows, strip.cols = row_taps.count, col_taps.count
    strip.x_pixel, strip.x_col = z.cols.stride * width, col_taps.dilation * width
    strip.x_row = row_taps.dilation * columns * width
    strip.w_row, strip.w_col = row_taps.step * z.cols.taps * z.C, col_taps.step * z.C
    strip.activation, strip.y_pixel = z.activation, z.C
    for block in range(ceil_div(z.C, width)):
        channel = min(block * width, z.C - width)
        strip.w = z.weight + (row_taps.first * z.cols.taps + col_taps.first) * z.C + channel
        strip.bias = z.bias + channel if z.bias != NULL else NULL
        for row in range(first, last):
            i = (row - first) % together
            if i == 0:
                copy_rows(z, x + channel, image, row, min(together, last - row), columns, padded)
            strip.x = padded + i * z.rows.stride * columns * width
            strip.y = z.y + (
                (image * z.rows.outputs + row) * z.cols.outputs * z.C + channel
            )
            multiply_line(strip, 0, width, z.cols.positions)


cdef inline void copy_rows(
    const Sweep *z, const float *x, Py_ssize_t image, Py_ssize_t row, Py_ssize_t rows,
    Py_ssize_t columns, float *to,
) noexcept nogil:
    """Copy what some rows of positions read, with zeros for the padding."""
    cdef Py_ssize_t source = row * z.rows.stride + z.rows.origin, i
    cdef Py_ssize_t left = min(columns, max(0, -z.cols.origin))
    cdef Py_ssize_t first = max(0, z.cols.origin)
    cdef Py_ssize_t count = max(0, min(columns - left, z.cols.size - first))
    cdef int width = vector_width(z.C)
    for i in range(span(&z.rows, rows)):
        if 0 <= source + i < z.rows.size:
            memset(to, 0, left * width * sizeof(float))
            copy_pixels(
                x + ((image * z.rows.size + source + i) * z.cols.size + first) * z.C, z.C, count,
                width, to + left * width,
            )
            memset(
                to + (left + count) * width, 0, (columns - left - count) * width * sizeof(float)
            )
        else:
            memset(to, 0, columns * width * sizeof(float))
        to += columns * width
