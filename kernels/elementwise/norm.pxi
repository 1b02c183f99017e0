"""Batch normalization (Ioffe and Szegedy 2015): statistics, forward and backward.

Legend: x input, y output, dx dy their gradients, all (rows, C) with one row per pixel of the batch.
"""

from cython.parallel cimport prange
from libc.math cimport sqrt
from libc.string cimport memset

from kernels.elementwise.moments cimport chunk_moments, finish_moments
from kernels.geometry cimport Normal
from kernels.normalize cimport normal_lanes, normal_of, normalize, normalize_number
from kernels.parallel cimport team
from kernels.rows cimport (
    CHUNKS, DEPTH, TILE, Piece, chunk, fold_of, part, parts_of, repeat, tiles_of
)

cdef extern from "elementwise/norm_sums.h" nogil:
    ctypedef struct SumBlock:
        const float *x
        const float *dy
        Py_ssize_t stride
        const float *means
        const float *scales
        const float *shifts
        bint relu
        float *sums
        float *products
    void sum_block(const SumBlock *block, Py_ssize_t depth, Py_ssize_t lanes)


def bn_saved_size(Py_ssize_t C):
    """Return the floats kept from forward to backward: a normal, and 1 / deviation."""
    return 3 * normal_lanes(C) + C


def bn_scratch_size(Py_ssize_t C):
    """Return the floats of scratch that C channels need: two doubles a chunk, and two more."""
    return (CHUNKS * 2 * 2 + 2) * C


def bn_forward_training(
    Py_ssize_t rows, Py_ssize_t C, double momentum, double eps,
    const float[::1] x,  # (rows, C)
    const float[::1] weight, const float[::1] bias,  # (C,)
    const float[::1] residual,  # (rows, C)
    float[::1] running_mean, float[::1] running_var,  # (C,)
    float[::1] y,  # (rows, C)
    float[::1] saved,  # (bn_saved_size(C),)
    float[::1] scratch,  # (bn_scratch_size(C),)
    bint relu, int threads,
):
    """y = (x - mean) / sqrt(variance + eps) weight + bias with the statistics of this batch, plus
    the residual unless that is empty, then max(y, 0) if `relu`; an empty y leaves this to those
    who read x. saved = the normal for them, 1 / sqrt(variance + eps). The running statistics move
    by `momentum` towards the mean and the unbiased variance.
    """
    cdef const float *other = &residual[0] if residual.shape[0] else NULL
    cdef Py_ssize_t i, c
    cdef Piece at
    cdef double *means = <double *>&scratch[0]
    cdef double *totals = means + CHUNKS * C
    cdef float *mean = &saved[0]
    cdef float *scale = mean + normal_lanes(C)
    cdef float *shift = scale + normal_lanes(C)
    cdef float *deviation = shift + normal_lanes(C)
    for i in prange(CHUNKS * tiles_of(C), num_threads=team(rows * C, threads), nogil=True):
        at = chunk(i, rows, C)
        c = i // tiles_of(C) * C + at.c
        chunk_moments(at, C, &x[0], means + c, totals + c)
    finish_moments(
        rows, C, momentum, eps, means, totals, &running_mean[0], &running_var[0], mean, deviation
    )
    for c in range(C, normal_lanes(C)):
        mean[c] = scale[c] = shift[c] = 0
    for c in range(C):
        scale[c] = weight[c] * deviation[c]
        shift[c] = bias[c]
    if y.shape[0] == 0:
        return
    for i in prange(parts_of(rows, C), num_threads=team(rows * C, threads), nogil=True):
        at = part(i, rows, C)
        normalize(at, C, relu, &x[0], mean + at.c, scale + at.c, shift + at.c, other, &y[0])


cdef void predict(
    Piece at, Py_ssize_t C, double eps, bint relu, const float *x, const float *weight,
    const float *bias, const float *mean, const float *variance, const float *residual, float *y,
) noexcept nogil:
    cdef float[TILE] scale
    cdef Py_ssize_t c
    for c in range(at.width):
        scale[c] = weight[c] / sqrt(variance[c] + eps)
    normalize(at, C, relu, x, mean, scale, bias, residual, y)


def bn_forward(
    Py_ssize_t rows, Py_ssize_t C, double eps,
    const float[::1] x,  # (rows, C)
    const float[::1] weight, const float[::1] bias,  # (C,)
    const float[::1] residual,  # (rows, C)
    const float[::1] running_mean, const float[::1] running_var,  # (C,)
    float[::1] y,  # (rows, C)
    bint relu, int threads,
):
    """y = (x - running_mean) / sqrt(running_var + eps) weight + bias, plus the residual unless
    that is empty, then max(y, 0) if `relu`; y may be x.
    """
    cdef const float *other = &residual[0] if residual.shape[0] else NULL
    cdef Py_ssize_t i
    cdef Piece at
    for i in prange(parts_of(rows, C), num_threads=team(rows * C, threads), nogil=True):
        at = part(i, rows, C)
        predict(
            at, C, eps, relu, &x[0], &weight[at.c], &bias[at.c],
            &running_mean[at.c], &running_var[at.c], other, &y[0],
        )


cdef void mask_gradient(
    Piece at, Py_ssize_t C, bint relu, const float *y, const float *dy, float *g
) noexcept nogil:
    """g = dy, or 0 where `relu` and not y > 0."""
    cdef Py_ssize_t rows = at.rows, width = at.width, start = at.row * C + at.c, row, i
    if width == C:
        rows, width = 1, at.rows * C
    for row in range(rows):
        for i in range(start + row * C, start + row * C + width):
            g[i] = 0 if relu and not y[i] > 0 else dy[i]


cdef void norm_sums(
    Piece at, Py_ssize_t C, bint relu, const float *x, const float *dy,
    const float *mean, const float *scale, const float *shift, double *sums, double *products,
) noexcept nogil:
    cdef float[TILE] means, scales, shifts, block_sum, block_product
    cdef Py_ssize_t i, c, start, depth, side, row = 0, width = at.width, fold = fold_of(C)
    cdef SumBlock block
    block.means, block.scales, block.shifts = means, scales, shifts
    block.relu, block.sums, block.products = relu, block_sum, block_product
    repeat(fold, width, mean, means)
    repeat(fold, width, scale, scales)
    repeat(fold, width, shift, shifts)
    memset(sums, 0, width * sizeof(double))
    memset(products, 0, width * sizeof(double))
    while row < at.rows:
        side = fold if at.rows - row >= fold else 1
        depth = min(DEPTH, (at.rows - row) // side)
        start = (at.row + row) * C + at.c
        block.x, block.dy, block.stride = x + start, dy + start, side * C
        sum_block(&block, depth, side * width)
        for i in range(side):
            for c in range(width):
                sums[c] += block_sum[i * width + c]
                products[c] += block_product[i * width + c]
        row += depth * side


cdef void finish_sums(
    Py_ssize_t C, double *sums, double *products, const float *deviation, float *dweight,
    float *dbias,
) noexcept nogil:
    cdef Py_ssize_t c, i
    for i in range(1, CHUNKS):
        for c in range(C):
            sums[c] += sums[i * C + c]
            products[c] += products[i * C + c]
    for c in range(C):
        dbias[c] = sums[c]
        dweight[c] = products[c] * deviation[c]


cdef void gradient(
    Piece at, Py_ssize_t C, bint relu, const float *x, const float *dy, const float *mean,
    const float *scale, const float *shift, const float *offset, const float *slope, float *dx,
) noexcept nogil:
    """dx = scale (g - offset - slope (x - mean)), g = dy through the relu."""
    cdef float[TILE] means, scales, shifts, offsets, slopes
    cdef Py_ssize_t i, c, side, fold = fold_of(C), row = at.row
    cdef float g, value
    repeat(fold, at.width, mean, means)
    repeat(fold, at.width, scale, scales)
    repeat(fold, at.width, shift, shifts)
    repeat(fold, at.width, offset, offsets)
    repeat(fold, at.width, slope, slopes)
    while row < at.row + at.rows:
        side = min(fold, at.row + at.rows - row)
        for c in range(side * at.width):
            i = row * C + at.c + c
            value = normalize_number(x[i], means[c], scales[c], shifts[c])
            g = 0 if relu and not value > 0 else dy[i]
            dx[i] = scales[c] * (g - offsets[c] - slopes[c] * (x[i] - means[c]))
        row += side


def bn_backward(
    Py_ssize_t rows, Py_ssize_t C,
    const float[::1] x, const float[::1] y, float[::1] dy,  # (rows, C)
    const float[::1] saved,  # (bn_saved_size(C),)
    float[::1] dx, float[::1] dresidual,  # (rows, C)
    float[::1] dweight, float[::1] dbias,  # (C,)
    float[::1] scratch,  # (bn_scratch_size(C),)
    bint relu, int threads,
):
    """With g = dy (0 where `relu` and not y > 0), mean and s = 1 / sqrt(variance + eps) of `saved`:
    dbias = sum(g), dweight = sum(g (x - mean) s), dresidual = g,
    dx = weight s (g - dbias / rows - (x - mean) s dweight / rows).
    An empty y means that there was no residual: then y > 0 follows from x. dx may be dy, as may
    dresidual; both may be empty where they are not wanted. With a residual dy may become g.
    """
    cdef Py_ssize_t i, c
    cdef Piece at
    cdef bint residual = y.shape[0] > 0, passes = residual and (relu or dresidual.shape[0] > 0)
    cdef float *g = &dresidual[0] if dresidual.shape[0] else &dy[0]
    cdef const float *outputs = &y[0] if residual else NULL
    cdef double *sums = <double *>&scratch[0]
    cdef double *products = sums + CHUNKS * C
    cdef float *offset = <float *>(products + CHUNKS * C)
    cdef float *slope = offset + C
    cdef Normal normal = normal_of(saved, C)
    cdef const float *deviation = normal.shift + normal_lanes(C)
    if not passes:
        g = &dy[0]
    for i in prange(CHUNKS * tiles_of(C), num_threads=team(rows * C, threads), nogil=True):
        at = chunk(i, rows, C)
        c = i // tiles_of(C) * C + at.c
        if passes:
            mask_gradient(at, C, relu, outputs, &dy[0], g)
        norm_sums(
            at, C, relu and not residual, &x[0], g, normal.mean + at.c, normal.scale + at.c,
            normal.shift + at.c, sums + c, products + c,
        )
    finish_sums(C, sums, products, deviation, &dweight[0], &dbias[0])
    if dx.shape[0] == 0:
        return
    for c in range(C):
        offset[c] = dbias[c] / rows
        slope[c] = dweight[c] * deviation[c] / rows
    for i in prange(parts_of(rows, C), num_threads=team(rows * C, threads), nogil=True):
        at = part(i, rows, C)
        gradient(
            at, C, relu and not residual, &x[0], g, normal.mean + at.c, normal.scale + at.c,
            normal.shift + at.c, offset + at.c, slope + at.c, &dx[0],
        )
