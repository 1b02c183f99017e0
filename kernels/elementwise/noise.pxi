"""Noise, counted instead of drawn: each number is a hash of its sample and its place in it."""

from cython.parallel cimport prange

from kernels.parallel cimport team

ctypedef unsigned long long word

cdef enum:
    HASHING = 4  # costs as much as so many numbers that are moved


cdef inline float draw_normal(word start, Py_ssize_t place) noexcept nogil:
    """Return a number with mean 0 and deviation 1, nearly normal: the sum of a hash's eight bytes.

    The hash is SplitMix64, as in cnncli/randomness.py; on the sum: Irwin 1927, Hall 1927.
    """
    cdef word state = start + (<word>place + 1) * 0x9E3779B97F4A7C15ULL
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9ULL
    state = (state ^ (state >> 27)) * 0x94D049BB133111EBULL
    state ^= state >> 31
    state = (state & 0x00FF00FF00FF00FFULL) + ((state >> 8) & 0x00FF00FF00FF00FFULL)
    state = (state * 0x0001000100010001ULL) >> 48
    return (<int>state - <float>1020) * <float>(1 / 209.02152999054585)  # sqrt(8 (256^2 - 1) / 12)


def add_noise(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C,
    const word[::1] starts,  # (n,)
    const float[::1] deviations,  # (C,)
    float[::1] y,  # (n, pixels, C)
    int threads,
):
    """y += deviations * normal numbers, those of each sample its own by its start."""
    cdef Py_ssize_t i, k, c
    cdef Py_ssize_t size = pixels * C
    for i in prange(n, num_threads=team(HASHING * n * size, threads), nogil=True):
        for k in range(pixels):
            for c in range(C):
                y[i * size + k * C + c] += deviations[c] * draw_normal(starts[i], k * C + c)
