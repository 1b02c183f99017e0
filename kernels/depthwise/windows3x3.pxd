"""The loops of a depthwise convolution of 3x3 windows that move by one pixel or two."""

from kernels.depthwise.strips cimport Sweep
from kernels.geometry cimport Axis, Taps, ceil_div, taps_of


cdef extern from "depthwise/tiles.h" nogil:
    ctypedef struct Three:
        const float *x[5]
        Py_ssize_t x_pixel[5]
        const float *w
        Py_ssize_t w_col
        Py_ssize_t w_row
        const float *bias
        int activation
        float *y
        Py_ssize_t y_pixel
        Py_ssize_t y_row
        Py_ssize_t columns
        bint padded_left
        bint padded_right
    int vector_width(Py_ssize_t channels)
    void multiply_three(const Three *z, Py_ssize_t channel, int width, int stride, int rows)


cdef inline bint are_threes(const Sweep *z) noexcept nogil:
    """Say whether this is such a convolution, with a padding of one pixel at most."""
    return is_three(&z.rows) and is_three(&z.cols) and z.rows.stride == z.cols.stride


cdef inline bint is_three(const Axis *axis) noexcept nogil:
    """Say whether three taps side by side move by one or two and stand out by one at most."""
    cdef Py_ssize_t last = (axis.positions - 1) * axis.stride + axis.origin + 3
    return (
        axis.taps == 3 and axis.dilation == 1 and axis.phases == 1 and axis.stride <= 2
        and -1 <= axis.origin <= 0 and last <= axis.size + 1
    )


cdef inline void sweep_three(
    const Sweep *z, const float *x, Py_ssize_t image, Py_ssize_t first, Py_ssize_t last,
) noexcept nogil:
    """Compute rows of 3x3 windows, two at a time."""
    cdef Py_ssize_t row = first, pixels = z.rows.outputs * z.cols.outputs, block
    cdef int count, width = vector_width(z.C)
    cdef Taps row_taps = taps_of(&z.rows, 0), col_taps = taps_of(&z.cols, 0)
    cdef Three three
    three.w_row, three.w_col = row_taps.step * 3 * z.C, col_taps.step * z.C
    three.w = z.weight + (row_taps.first * 3 + col_taps.first) * z.C
    three.bias, three.activation = z.bias, z.activation
    three.y_pixel, three.y_row = z.C, z.cols.outputs * z.C
    three.columns = z.cols.outputs
    three.padded_left = z.cols.origin < 0
    three.padded_right = (z.cols.outputs - 1) * z.cols.stride + z.cols.origin + 3 > z.cols.size
    while row < last:
        count = min(2, last - row)
        three.y = z.y + (image * pixels + row * z.cols.outputs) * z.C
        find_source(z, x, image, row, &three)
        for block in range(ceil_div(z.C, width)):
            multiply_three(&three, min(block * width, z.C - width), width, z.rows.stride, count)
        row += count


cdef inline void find_source(
    const Sweep *z, const float *x, Py_ssize_t image, Py_ssize_t row, Three *three,
) noexcept nogil:
    """Find the source rows under two rows of windows."""
    cdef Py_ssize_t i, source
    for i in range(z.rows.stride + 3):
        source = row * z.rows.stride + z.rows.origin + i
        three.x_pixel[i] = z.C if 0 <= source < z.rows.size else 0
        three.x[i] = x + (image * z.rows.size + source) * z.cols.size * z.C
