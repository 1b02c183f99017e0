"""The loops over the strips of a depthwise convolution: windows of any kind."""

from kernels.geometry cimport Axis, Normal, Run, Taps, ceil_div, phase_positions, run_of, taps_of


cdef extern from "depthwise/tiles.h" nogil:
    ctypedef struct Strip:
        const float *x
        Py_ssize_t x_pixel
        Py_ssize_t x_col
        Py_ssize_t x_row
        const float *w
        Py_ssize_t w_col
        Py_ssize_t w_row
        Py_ssize_t rows
        Py_ssize_t cols
        const float *bias
        int activation
        float *y
        Py_ssize_t y_pixel
    enum:
        MOST_COLUMNS
    int vector_width(Py_ssize_t channels)
    void multiply_strip(const Strip *strip, Py_ssize_t channel, int width, int columns)

cdef struct Sweep:    # of x over y, forward; of dy over dx, backward
    Axis rows
    Axis cols
    Py_ssize_t C
    Normal normal     # of x
    const float *x
    const float *weight
    const float *bias
    float *y
    int activation


cdef inline void sweep_strips(
    const Sweep *z, const float *x, Py_ssize_t image, Py_ssize_t first, Py_ssize_t last,
) noexcept nogil:
    """Compute rows of positions: those with the same taps together."""
    cdef Py_ssize_t phase, position, end
    cdef Taps taps
    cdef Run rows
    for phase in range(min(z.rows.phases, z.rows.outputs)):
        taps = taps_of(&z.rows, phase)
        end = min(last, phase_positions(&z.rows, phase))
        position = first
        while position < end:
            rows = run_of(&z.rows, &taps, position, end)
            sweep_rows(z, x, image, phase, &taps, &rows)
            position += rows.count


cdef inline void sweep_rows(
    const Sweep *z, const float *start, Py_ssize_t image, Py_ssize_t row_phase,
    const Taps *row_taps, const Run *rows,
) noexcept nogil:
    """Compute rows of positions that have the same taps, by areas in which columns have, too."""
    cdef Py_ssize_t row = image * z.rows.outputs + rows.position * z.rows.phases + row_phase
    cdef Py_ssize_t block, phase, position, width = vector_width(z.C)
    cdef const float *x = start + (image * z.rows.size + rows.source) * z.cols.size * z.C
    cdef float *y = z.y + row * z.cols.outputs * z.C
    cdef Taps taps
    cdef Run cols
    cdef Strip strip
    strip.x_row = row_taps.dilation * z.cols.size * z.C
    strip.w_row = row_taps.step * z.cols.taps * z.C
    strip.rows = rows.taps
    strip.bias = z.bias
    strip.activation = z.activation
    for phase in range(min(z.cols.phases, z.cols.outputs)):
        taps = taps_of(&z.cols, phase)
        strip.x_col = taps.dilation * z.C
        strip.w_col = taps.step * z.C
        for block in range(ceil_div(z.C, width)):
            position = 0
            while position < phase_positions(&z.cols, phase):
                cols = run_of(&z.cols, &taps, position, phase_positions(&z.cols, phase))
                strip.cols = cols.taps
                strip.x = x + cols.source * z.C
                strip.w = z.weight + (rows.tap * z.cols.taps + cols.tap) * z.C
                strip.y = y + (position * z.cols.phases + phase) * z.C
                multiply_area(z, strip, min(block * width, z.C - width), rows.count, cols.count)
                position += cols.count


cdef inline void multiply_area(
    const Sweep *z, Strip strip, Py_ssize_t channel, Py_ssize_t rows, Py_ssize_t cols,
) noexcept nogil:
    """Compute positions that all have the same taps, in strips across, or down a border."""
    cdef Py_ssize_t x_line = z.rows.stride * z.cols.size * z.C
    cdef Py_ssize_t y_line = z.rows.phases * z.cols.outputs * z.C
    cdef Py_ssize_t _line
    strip.x_pixel = z.cols.stride * z.C
    strip.y_pixel = z.cols.phases * z.C
    if cols == 1:
        strip.x_pixel, x_line = x_line, strip.x_pixel
        strip.y_pixel, y_line = y_line, strip.y_pixel
        rows, cols = cols, rows
    for _line in range(rows):
        multiply_line(strip, channel, vector_width(z.C), cols)
        strip.x += x_line
        strip.y += y_line


cdef inline void multiply_line(
    Strip strip, Py_ssize_t channel, int width, Py_ssize_t pixels,
) noexcept nogil:
    """Split a line of pixels evenly into strips."""
    cdef Py_ssize_t strips = ceil_div(pixels, MOST_COLUMNS), count
    while pixels > 0:
        count = ceil_div(pixels, strips)
        multiply_strip(&strip, channel, width, count)
        strip.x += count * strip.x_pixel
        strip.y += count * strip.y_pixel
        pixels -= count
        strips -= 1
