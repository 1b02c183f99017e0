"""Mean and variance of each channel of (rows, C), precise whatever the mean.

Sums are taken in float over blocks of rows and merged in double. Deviations are taken from the mean
of the block before: where that one is far away the variance is large, too.
"""

from libc.math cimport sqrt
from libc.string cimport memset

from kernels.rows cimport CHUNKS, DEPTH, TILE, Piece, fold_of

cdef enum:
    FIRST = 8  # rows


cdef inline void block_moments(
    Py_ssize_t depth, Py_ssize_t stride, Py_ssize_t lanes, const float *x, const float *center,
    float *sums, float *squares,
) noexcept nogil:
    """Write the sum of x - center and of its square in each lane; four rows at a time, because
    the sums wait for one another.
    """
    cdef Py_ssize_t i, c
    cdef float a, b, d, e
    memset(sums, 0, lanes * sizeof(float))
    memset(squares, 0, lanes * sizeof(float))
    for i in range(depth // 4):
        for c in range(lanes):
            a = x[4 * i * stride + c] - center[c]
            b = x[(4 * i + 1) * stride + c] - center[c]
            d = x[(4 * i + 2) * stride + c] - center[c]
            e = x[(4 * i + 3) * stride + c] - center[c]
            sums[c] += (a + b) + (d + e)
            squares[c] += (a * a + b * b) + (d * d + e * e)
    for i in range(depth - depth % 4, depth):
        for c in range(lanes):
            a = x[i * stride + c] - center[c]
            sums[c] += a
            squares[c] += a * a


cdef inline void merge_block(
    double before, double added, Py_ssize_t width, const float *sums, const float *squares,
    float *center, double *mean, double *total,
) noexcept nogil:
    """Let `added` rows join the `before` ones (Chan, Golub and LeVeque 1979); move the center."""
    cdef Py_ssize_t c
    cdef double block_mean, difference, share = added / (before + added)
    for c in range(width):
        block_mean = center[c] + sums[c] / added
        difference = block_mean - mean[c]
        mean[c] += difference * share
        total[c] += squares[c] - sums[c] * <double>sums[c] / added
        total[c] += difference * difference * before * share
        center[c] = block_mean


cdef inline void first_center(
    Py_ssize_t rows, Py_ssize_t stride, Py_ssize_t lanes, const float *x, float *center
) noexcept nogil:
    """Take the mean of the first rows, since one of them may lie far outside."""
    cdef Py_ssize_t i, c
    for c in range(lanes):
        center[c] = x[c] / rows
    for i in range(1, rows):
        for c in range(lanes):
            center[c] += x[i * stride + c] / rows


cdef inline void chunk_moments(
    Piece at, Py_ssize_t C, const float *x, double *mean, double *total
) noexcept nogil:
    """Write the mean of each channel and the sum of squared deviations from it."""
    cdef float[TILE] center, sums, squares
    cdef Py_ssize_t i, depth, side, row = 0, width = at.width, fold = fold_of(C)
    memset(mean, 0, width * sizeof(double))
    memset(total, 0, width * sizeof(double))
    x += at.row * C + at.c
    if at.rows > 0:
        side = min(fold, at.rows)
        first_center(min(FIRST, at.rows // side), side * C, side * width, x, center)
    while row < at.rows:
        side = fold if at.rows - row >= fold else 1
        depth = min(DEPTH, (at.rows - row) // side)
        block_moments(depth, side * C, side * width, x + row * C, center, sums, squares)
        for i in range(side):
            merge_block(
                row + i * depth, depth, width, sums + i * width, squares + i * width,
                center + i * width, mean, total,
            )
        row += depth * side


cdef inline void merge_chunks(
    Py_ssize_t rows, Py_ssize_t C, double *means, double *totals,
) noexcept nogil:
    """Let the rows of all chunks join those of the first one."""
    cdef Py_ssize_t c, i, count, seen = rows // CHUNKS
    cdef double share, difference
    for i in range(1, CHUNKS):
        count = (i + 1) * rows // CHUNKS - seen
        if count == 0:
            continue
        share = <double>count / (seen + count)
        for c in range(C):
            difference = means[i * C + c] - means[c]
            means[c] += difference * share
            totals[c] += totals[i * C + c] + difference * difference * seen * share
        seen += count


cdef inline void finish_moments(
    Py_ssize_t rows, Py_ssize_t C, double momentum, double eps, double *means, double *totals,
    float *running_mean, float *running_var, float *mean, float *deviation,
) noexcept nogil:
    """Write mean and 1 / deviation of all rows; move the running statistics."""
    cdef Py_ssize_t c
    merge_chunks(rows, C, means, totals)
    for c in range(C):
        mean[c] = means[c]
        deviation[c] = 1 / sqrt(totals[c] / rows + eps)
        running_mean[c] += momentum * (means[c] - running_mean[c])
        running_var[c] += momentum * (totals[c] / max(1, rows - 1) - running_var[c])
