"""Optimizer steps: one pass over flat arrays, in place, with the formulas of torch.optim.

Legend: lr learning rate; g gradient, p parameter; every other array is state, 0 before step 1.
"""

from cython.parallel cimport prange
from libc.math cimport pow, sqrt
from libc.string cimport memset

from kernels.parallel cimport BLOCK, block_size, blocks_of, team

cdef extern from "<math.h>" nogil:
    float sqrtf(float) noexcept

cdef enum:
    PARTIALS = 64  # partial sums
    SUMS_ABREAST = 64  # sums side by side, so that additions do not wait for one another


cdef void sgd_block(
    Py_ssize_t size, float lr, float decay, const float *g, float *p
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        p[i] -= lr * (g[i] + decay * p[i])


def sgd_step(
    Py_ssize_t size, double lr, double weight_decay,
    const float[::1] gradient, float[::1] parameter,  # (size,)
    int threads,
):
    """p -= lr (g + weight_decay p)."""
    cdef Py_ssize_t i
    for i in prange(blocks_of(size), num_threads=team(size, threads), nogil=True):
        sgd_block(
            block_size(i, size), lr, weight_decay,
            &gradient[i * BLOCK], &parameter[i * BLOCK],
        )


cdef void momentum_block(
    Py_ssize_t size, float lr, float momentum, float decay,
    const float *g, float *p, float *velocity,
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        velocity[i] = momentum * velocity[i] + (g[i] + decay * p[i])
        p[i] -= lr * velocity[i]


cdef void nesterov_block(
    Py_ssize_t size, float lr, float momentum, float decay,
    const float *g, float *p, float *velocity,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef float step
    for i in range(size):
        step = g[i] + decay * p[i]
        velocity[i] = momentum * velocity[i] + step
        p[i] -= lr * (step + momentum * velocity[i])


def momentum_step(
    Py_ssize_t size, double lr, double momentum, double weight_decay, bint nesterov, bint first,
    const float[::1] gradient, float[::1] parameter, float[::1] velocity,  # (size,)
    int threads,
):
    """v = momentum v + g, p -= lr v; with nesterov p -= lr (g + momentum v).
    g includes weight_decay p; the first step takes v as 0.
    """
    cdef Py_ssize_t i, count
    for i in prange(blocks_of(size), num_threads=team(size, threads), nogil=True):
        count = block_size(i, size)
        if first:
            memset(&velocity[i * BLOCK], 0, count * sizeof(float))
        (nesterov_block if nesterov else momentum_block)(
            count, lr, momentum, weight_decay,
            &gradient[i * BLOCK], &parameter[i * BLOCK], &velocity[i * BLOCK],
        )


cdef void rmsprop_block(
    Py_ssize_t size, float lr, float alpha, float rest, float eps, float decay,
    const float *g, float *p, float *square,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef float slope
    for i in range(size):
        slope = g[i] + decay * p[i]
        square[i] = alpha * square[i] + rest * slope * slope
        p[i] -= lr * (slope / (sqrtf(square[i]) + eps))


cdef void rmsprop_momentum_block(
    Py_ssize_t size, float lr, float alpha, float rest, float eps, float momentum, float decay,
    const float *g, float *p, float *square, float *velocity,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef float slope
    for i in range(size):
        slope = g[i] + decay * p[i]
        square[i] = alpha * square[i] + rest * slope * slope
        velocity[i] = momentum * velocity[i] + slope / (sqrtf(square[i]) + eps)
        p[i] -= lr * velocity[i]


def rmsprop_step(
    Py_ssize_t size, double lr, double alpha, double eps, double momentum, double weight_decay,
    const float[::1] gradient, float[::1] parameter,  # (size,)
    float[::1] square, float[::1] velocity,  # (size,)
    int threads,
):
    """s = alpha s + (1 - alpha) g^2, v = momentum v + g / (sqrt(s) + eps), p -= lr v.
    g includes weight_decay p; velocity may be empty where momentum is 0.
    """
    cdef Py_ssize_t i, count
    for i in prange(blocks_of(size), num_threads=team(size, threads), nogil=True):
        count = block_size(i, size)
        if momentum == 0:
            rmsprop_block(
                count, lr, alpha, 1 - alpha, eps, weight_decay,
                &gradient[i * BLOCK], &parameter[i * BLOCK], &square[i * BLOCK],
            )
        else:
            rmsprop_momentum_block(
                count, lr, alpha, 1 - alpha, eps, momentum, weight_decay,
                &gradient[i * BLOCK], &parameter[i * BLOCK], &square[i * BLOCK],
                &velocity[i * BLOCK],
            )


cdef void adam_block(
    Py_ssize_t size, float keep, float decay, float rest1, float beta2, float rest2,
    float step, float correction, float eps, const float *g, float *p, float *mean, float *square,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef float slope
    for i in range(size):
        slope = g[i] + decay * p[i]
        mean[i] += rest1 * (slope - mean[i])
        square[i] = beta2 * square[i] + rest2 * slope * slope
        p[i] = keep * p[i] - step * (mean[i] / (sqrtf(square[i]) * correction + eps))


def adam_step(
    Py_ssize_t size, double lr, double beta1, double beta2, double eps, double weight_decay,
    bint decoupled, long long t,
    const float[::1] gradient, float[::1] parameter,  # (size,)
    float[::1] mean, float[::1] square,  # (size,)
    int threads,
):
    """m = beta1 m + (1 - beta1) g, s = beta2 s + (1 - beta2) g^2,
    p -= lr m / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + eps), t counted from 1 (Kingma and Ba
    2014). Weight decay is part of g, or with `decoupled` p -= lr weight_decay p first (Loshchilov
    and Hutter 2017).
    """
    cdef Py_ssize_t i
    cdef float keep = 1 - lr * weight_decay if decoupled else 1
    cdef float decay = 0 if decoupled else weight_decay
    cdef float step = lr / (1 - pow(beta1, t))
    cdef float correction = 1 / sqrt(1 - pow(beta2, t))
    for i in prange(blocks_of(size), num_threads=team(size, threads), nogil=True):
        adam_block(
            block_size(i, size),
            keep, decay, 1 - beta1, beta2, 1 - beta2, step, correction, eps,
            &gradient[i * BLOCK], &parameter[i * BLOCK], &mean[i * BLOCK], &square[i * BLOCK],
        )


cdef void lion_block(
    Py_ssize_t size, float keep, float lr, float beta1, float rest1, float beta2, float rest2,
    const float *g, float *p, float *mean,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef float direction
    for i in range(size):
        direction = beta1 * mean[i] + rest1 * g[i]
        p[i] = keep * p[i] - lr * (<float>(direction > 0) - <float>(direction < 0))
        mean[i] = beta2 * mean[i] + rest2 * g[i]


def lion_step(
    Py_ssize_t size, double lr, double beta1, double beta2, double weight_decay,
    const float[::1] gradient, float[::1] parameter, float[::1] mean, int threads,
):
    """p -= lr (sign(beta1 m + (1 - beta1) g) + weight_decay p), m = beta2 m + (1 - beta2) g
    (Chen et al. 2023, arXiv:2302.06675, algorithm 2).
    """
    cdef Py_ssize_t i
    for i in prange(blocks_of(size), num_threads=team(size, threads), nogil=True):
        lion_block(
            block_size(i, size),
            1 - lr * weight_decay, lr, beta1, 1 - beta1, beta2, 1 - beta2,
            &gradient[i * BLOCK], &parameter[i * BLOCK], &mean[i * BLOCK],
        )


cdef double sum_of_squares_chunk(Py_ssize_t size, const float *x) noexcept nogil:
    cdef double[SUMS_ABREAST] lanes
    cdef double total = 0
    cdef Py_ssize_t i, lane, rows = size // SUMS_ABREAST
    memset(lanes, 0, sizeof(lanes))
    for i in range(rows):
        for lane in range(SUMS_ABREAST):
            lanes[lane] += <double>x[i * SUMS_ABREAST + lane] * x[i * SUMS_ABREAST + lane]
    for i in range(rows * SUMS_ABREAST, size):
        lanes[i - rows * SUMS_ABREAST] += <double>x[i] * x[i]
    for lane in range(SUMS_ABREAST):
        total += lanes[lane]
    return total


def sum_of_squares(
    Py_ssize_t size,
    const float[::1] x,  # (size,)
    double[::1] partials,  # (64,)
    int threads,
):
    """Return sum(x^2), not finite where an x is not."""
    cdef Py_ssize_t i, start
    cdef double total = 0
    for i in prange(PARTIALS, num_threads=team(size, threads), nogil=True):
        start = i * size // PARTIALS
        partials[i] = sum_of_squares_chunk((i + 1) * size // PARTIALS - start, &x[0] + start)
    for i in range(PARTIALS):
        total += partials[i]
    return total
