"""The loops of a convolution of a few channels by a few filters, forward.

A thread copies an image into one plane per channel, with its padding, and computes it row by row.
"""

from cython.parallel cimport prange, threadid
from libc.string cimport memcpy, memset

from kernels.geometry cimport ZERO, Correlation, ceil_div, pool_size


cdef extern from "conv/planar_tile.h" nogil:
    enum:
        PLANAR_FILTERS
        PLANAR_PIXELS
    ctypedef struct PlanarRow:
        const float *x
        Py_ssize_t row
        Py_ssize_t plane
        Py_ssize_t R
        Py_ssize_t S
        Py_ssize_t C
        const float *weight
        float[8] bias
        int activation
        bint pools
        float *y
        Py_ssize_t pixels
    void multiply_planar(const PlanarRow *z, Py_ssize_t filters)

cdef enum:
    PLANAR_CHANNELS = 4
    PLANAR_TERMS = 144        # of one sum: see forward_tile.h
    PLANAR_FLOATS = 1 << 16   # of an image: it is to stay in the second-level cache
    PLANAR_FEW = 1 << 16    # multiply-adds that are not worth a second thread


cdef inline bint is_planar(const Correlation *t) noexcept nogil:
    """Say whether a convolution is one of a few channels by a few filters."""
    return (
        t.groups == 1 and t.fill == ZERO and t.C <= PLANAR_CHANNELS and t.K <= PLANAR_FILTERS
        and t.rows.stride == t.cols.stride == t.rows.dilation == t.cols.dilation == 1
        and t.rows.taps * t.cols.taps * t.C <= PLANAR_TERMS and t.cols.taps > 1
        and planar_floats(t) <= PLANAR_FLOATS
    )


cdef inline Py_ssize_t planar_width(const Correlation *t) noexcept nogil:
    """Return the floats of a row: the pixels under all outputs, and what vectors read beyond."""
    return t.cols.outputs + t.cols.taps + PLANAR_PIXELS


cdef inline Py_ssize_t planar_floats(const Correlation *t) noexcept nogil:
    """Return the floats of an image in planes."""
    return t.C * (t.rows.outputs + t.rows.taps) * planar_width(t)


cdef inline void convolve_planar(
    const Correlation *t, Py_ssize_t n, const float *x, const float *weight, const float *bias,
    float *y, int activation, float *scratch, int threads,
) noexcept nogil:
    """Compute y of n images."""
    cdef Py_ssize_t item, parts, image, floats = planar_floats(t)
    cdef Py_ssize_t rows = t.rows.outputs // pool_size(t), cols = t.cols.outputs // pool_size(t)
    if n * t.rows.outputs * t.cols.outputs * t.K * t.C * t.rows.taps * t.cols.taps < PLANAR_FEW:
        threads = 1
    parts = ceil_div(threads, n)
    for item in prange(n * parts, num_threads=threads):
        image = item // parts
        copy_planes(
            t, x + image * t.rows.size * t.cols.size * t.C, scratch + threadid() * floats
        )
        compute_rows(
            t, item % parts * rows // parts, (item % parts + 1) * rows // parts,
            scratch + threadid() * floats, weight, bias,
            y + image * rows * cols * t.K, activation,
        )


cdef inline void copy_planes(const Correlation *t, const float *x, float *to) noexcept nogil:
    """Copy an image into planes, with zeros around it."""
    cdef Py_ssize_t width = planar_width(t), plane = (t.rows.outputs + t.rows.taps) * width
    cdef Py_ssize_t columns = min(t.cols.size, width - t.cols.pad), _row, col, c
    memset(to, 0, planar_floats(t) * sizeof(float))
    to += t.rows.pad * width + t.cols.pad
    for _row in range(min(t.rows.size, t.rows.outputs + t.rows.taps - t.rows.pad)):
        if t.C == 1:
            memcpy(to, x, columns * sizeof(float))
        else:
            for c in range(t.C):
                for col in range(columns):
                    to[c * plane + col] = x[col * t.C + c]
        x += t.cols.size * t.C
        to += width


cdef inline void compute_rows(
    const Correlation *t, Py_ssize_t first, Py_ssize_t last, const float *planes,
    const float *weight, const float *bias, float *y, int activation,
) noexcept nogil:
    """Compute some rows of one image's y."""
    cdef PlanarRow z
    cdef Py_ssize_t k, row
    z.row = planar_width(t)
    z.plane = (t.rows.outputs + t.rows.taps) * z.row
    z.R, z.S, z.C = t.rows.taps, t.cols.taps, t.C
    z.weight, z.activation, z.pools, z.pixels = weight, activation, t.pools, t.cols.outputs
    for k in range(t.K):
        z.bias[k] = bias[k] if bias != NULL else 0
    for row in range(first, last):
        z.x = planes + row * pool_size(t) * z.row
        z.y = y + row * (t.cols.outputs // pool_size(t)) * t.K
        multiply_planar(&z, t.K)
