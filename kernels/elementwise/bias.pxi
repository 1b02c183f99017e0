"""The gradient of a bias, and on the way to it the relu behind the bias, backward."""

from cython.parallel cimport prange
from libc.string cimport memset

from kernels.parallel cimport team
from kernels.rows cimport CHUNKS, DEPTH, TILE, Piece, chunk, fold_of, tiles_of


cdef void bias_block_sums(
    Py_ssize_t depth, Py_ssize_t stride, Py_ssize_t lanes, bint relu, const float *y, float *dy,
    float *sums,
) noexcept nogil:
    """Mask dy by y > 0 if `relu`; write the sum of each lane."""
    cdef Py_ssize_t i, c
    cdef float g
    memset(sums, 0, lanes * sizeof(float))
    for i in range(depth):
        if relu:
            for c in range(lanes):
                g = dy[i * stride + c] if y[i * stride + c] > 0 else 0
                dy[i * stride + c] = g
                sums[c] += g
        else:
            for c in range(lanes):
                sums[c] += dy[i * stride + c]


cdef void bias_sums(
    Piece at, Py_ssize_t K, bint relu, const float *y, float *dy, float *total
) noexcept nogil:
    cdef float[TILE] sums
    cdef Py_ssize_t i, k, start, depth, side, row = 0, width = at.width, fold = fold_of(K)
    memset(total, 0, width * sizeof(float))
    while row < at.rows:
        side = fold if at.rows - row >= fold else 1
        depth = min(DEPTH, (at.rows - row) // side)
        start = (at.row + row) * K + at.c
        bias_block_sums(depth, side * K, side * width, relu, y + start, dy + start, sums)
        for i in range(side):
            for k in range(width):
                total[k] += sums[i * width + k]
        row += depth * side


def bias_scratch_size(Py_ssize_t K):
    """Return the floats of scratch that K filters need."""
    return CHUNKS * K


def bias_backward(
    Py_ssize_t rows, Py_ssize_t K,
    const float[::1] y, float[::1] dy,  # (rows, K)
    float[::1] dbias,  # (K,)
    float[::1] scratch,  # (bias_scratch_size(K),)
    bint relu, int threads,
):
    """dbias[k] = sum over rows of dy[row, k]; with relu, dy[row, k] is first set to 0 unless y > 0

    An empty dbias is not wanted.
    """
    cdef Py_ssize_t i, k
    cdef Piece at
    cdef const float *outputs = &y[0] if relu and rows else NULL
    cdef float *gradients = &dy[0] if rows else NULL
    for i in prange(CHUNKS * tiles_of(K), num_threads=team(rows * K, threads), nogil=True):
        at = chunk(i, rows, K)
        bias_sums(
            at, K, relu, outputs, gradients, &scratch[i // tiles_of(K) * K + at.c]
        )
    for k in range(dbias.shape[0]):
        dbias[k] = 0
        for i in range(CHUNKS):
            dbias[k] += scratch[i * K + k]
