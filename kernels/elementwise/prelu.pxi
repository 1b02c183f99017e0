"""A relu whose slope below zero is learned, one per channel (He et al. 2015).

Legend: x input, y output, dx dy their gradients, all (rows, C) with one row per pixel.
"""

from cython.parallel cimport prange

from kernels.parallel cimport team
from kernels.rows cimport CHUNKS, TILE, Piece, chunk, part, parts_of, tiles_of


cdef void bend(
    Piece at, Py_ssize_t C, const float *x, const float *weight, const float *from_, float *to
) noexcept nogil:
    """to = from_ where x > 0, else weight * from_."""
    cdef Py_ssize_t row, c, i
    for row in range(at.row, at.row + at.rows):
        for c in range(at.width):
            i = row * C + at.c + c
            to[i] = from_[i] if x[i] > 0 else weight[c] * from_[i]


def prelu_forward(
    Py_ssize_t rows, Py_ssize_t C,
    const float[::1] x,  # (rows, C)
    const float[::1] weight,  # (C,)
    float[::1] y,  # (rows, C)
    int threads,
):
    """y = x where x > 0, else weight * x."""
    cdef Py_ssize_t i
    cdef Piece at
    for i in prange(parts_of(rows, C), num_threads=team(rows * C, threads), nogil=True):
        at = part(i, rows, C)
        bend(at, C, &x[0], &weight[at.c], &x[0], &y[0])


def prelu_backward(
    Py_ssize_t rows, Py_ssize_t C,
    const float[::1] x,  # (rows, C)
    const float[::1] weight,  # (C,)
    const float[::1] dy, float[::1] dx,  # (rows, C)
    int threads,
):
    """dx = dy where x > 0, else weight * dy; dx may be dy."""
    cdef Py_ssize_t i
    cdef Piece at
    for i in prange(parts_of(rows, C), num_threads=team(rows * C, threads), nogil=True):
        at = part(i, rows, C)
        bend(at, C, &x[0], &weight[at.c], &dy[0], &dx[0])


cdef void prelu_sums(
    Piece at, Py_ssize_t C, const float *x, const float *dy, float *total
) noexcept nogil:
    cdef double[TILE] sums
    cdef Py_ssize_t row, c, i
    for c in range(at.width):
        sums[c] = 0
    for row in range(at.row, at.row + at.rows):
        for c in range(at.width):
            i = row * C + at.c + c
            sums[c] += 0 if x[i] > 0 else x[i] * dy[i]
    for c in range(at.width):
        total[c] = sums[c]


def prelu_weight_gradient(
    Py_ssize_t rows, Py_ssize_t C,
    const float[::1] x, const float[::1] dy,  # (rows, C)
    float[::1] dweight,  # (C,)
    float[::1] scratch,  # (row_sums_scratch_size(C),)
    int threads,
):
    """dweight = the sum over rows of x dy where x is not above 0."""
    cdef Py_ssize_t i
    cdef Piece at
    for i in prange(CHUNKS * tiles_of(C), num_threads=team(rows * C, threads), nogil=True):
        at = chunk(i, rows, C)
        prelu_sums(at, C, &x[0], &dy[0], &scratch[i // tiles_of(C) * C + at.c])
    merge_row_sums(C, &scratch[0], &dweight[0])
