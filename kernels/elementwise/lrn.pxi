"""Local response normalization across channels (Krizhevsky et al. 2012, section 3.3).

Legend: x input, y output, dx dy their gradients, all (rows, C) with one row per pixel;
s = k + alpha / size * the sum of squares of the `size` channels around each.
"""

from cython.parallel cimport prange
from libc.math cimport pow, sqrt

from kernels.parallel cimport BLOCK, team


cdef inline double power(double s, double beta) noexcept nogil:
    """Return s^-beta; roots are much quicker for the usual beta."""
    return 1 / (sqrt(s) * sqrt(sqrt(s))) if beta == 0.75 else pow(s, -beta)


cdef inline double sum_window(
    Py_ssize_t C, Py_ssize_t c, Py_ssize_t half, const float *a, const float *b
) noexcept nogil:
    cdef double total = 0
    cdef Py_ssize_t j
    for j in range(max(0, c - half), min(C, c + half + 1)):
        total += <double>a[j] * b[j]
    return total


cdef void lrn_rows(
    Py_ssize_t rows, Py_ssize_t C, Py_ssize_t size, double alpha, double beta, double k,
    const float *x, float *y,
) noexcept nogil:
    cdef Py_ssize_t r, c
    cdef const float *row
    for r in range(rows):
        row = x + r * C
        for c in range(C):
            y[r * C + c] = row[c] * power(
                k + alpha / size * sum_window(C, c, size // 2, row, row), beta
            )


cdef void lrn_rows_gradient(
    Py_ssize_t rows, Py_ssize_t C, Py_ssize_t size, double alpha, double beta, double k,
    const float *x, const float *dy, float *ratio, float *dx,
) noexcept nogil:
    cdef Py_ssize_t r, c
    cdef const float *row
    cdef double s, shared
    for r in range(rows):
        row = x + r * C
        for c in range(C):
            s = k + alpha / size * sum_window(C, c, size // 2, row, row)
            ratio[r * C + c] = dy[r * C + c] * power(s, beta) / s
        for c in range(C):
            s = k + alpha / size * sum_window(C, c, size // 2, row, row)
            shared = sum_window(C, c, size // 2, ratio + r * C, row)
            dx[r * C + c] = ratio[r * C + c] * s - 2 * alpha * beta / size * row[c] * shared


def lrn_forward(
    Py_ssize_t rows, Py_ssize_t C, Py_ssize_t size, double alpha, double beta, double k,
    const float[::1] x, float[::1] y,  # (rows, C)
    int threads,
):
    """y = x s^-beta, for an odd size."""
    cdef Py_ssize_t i, block = max(1, BLOCK // C)
    for i in prange((rows + block - 1) // block, num_threads=team(rows * C, threads), nogil=True):
        lrn_rows(
            min(block, rows - i * block), C, size, alpha, beta, k, &x[i * block * C],
            &y[i * block * C],
        )


def lrn_backward(
    Py_ssize_t rows, Py_ssize_t C, Py_ssize_t size, double alpha, double beta, double k,
    const float[::1] x, const float[::1] dy,  # (rows, C)
    float[::1] ratio,  # (rows, C) of scratch
    float[::1] dx,  # (rows, C)
    int threads,
):
    """dx = dy s^-beta - 2 alpha beta / size x times the sum of dy x s^(-beta - 1) around each
    channel; dx may be dy.
    """
    cdef Py_ssize_t i, block = max(1, BLOCK // C)
    for i in prange((rows + block - 1) // block, num_threads=team(rows * C, threads), nogil=True):
        lrn_rows_gradient(
            min(block, rows - i * block), C, size, alpha, beta, k, &x[i * block * C],
            &dy[i * block * C], &ratio[i * block * C], &dx[i * block * C],
        )
