"""Weighted sums over positions along an axis, as images are resized by.

Legend: x (outer, length, inner), y (outer, count, inner); the terms of position p of y are those
from starts[p] to before starts[p + 1], each a position of x and its weight.
"""

from cython.parallel cimport prange
from libc.string cimport memset

from kernels.parallel cimport team


cdef void sum_terms(
    Py_ssize_t inner, Py_ssize_t terms, const long long *sources, const float *weights,
    const float *x, float *y,
) noexcept nogil:
    """Write one position of y."""
    cdef Py_ssize_t t, i
    cdef const float *term
    cdef float weight
    if terms == 0:
        memset(y, 0, inner * sizeof(float))
    for t in range(terms):
        term, weight = x + sources[t] * inner, weights[t]
        if t == 0:
            for i in range(inner):
                y[i] = weight * term[i]
        else:
            for i in range(inner):
                y[i] += weight * term[i]


def interpolate(
    Py_ssize_t outer, Py_ssize_t length, Py_ssize_t count, Py_ssize_t inner,
    const long long[::1] starts,  # (count + 1,)
    const long long[::1] sources, const float[::1] weights,  # (terms,)
    const float[::1] x,  # (outer, length, inner)
    float[::1] y,  # (outer, count, inner)
    int threads,
):
    """y[o, p] = the sum of weights[t] x[o, sources[t]] over the terms t of p, in their order."""
    cdef Py_ssize_t i, p, image = length * inner, size = outer * count * inner
    for i in prange(outer * count, num_threads=team(size, threads), nogil=True):
        p = i % count
        sum_terms(
            inner, starts[p + 1] - starts[p], &sources[0] + starts[p], &weights[0] + starts[p],
            &x[i // count * image], &y[i * inner],
        )
