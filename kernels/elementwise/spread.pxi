"""Sums and products of maps with less than a map: a number per channel, per pixel or per image.

Legend: n images of `pixels` rows of C numbers; b (n, b_pixels, b_C), where b_pixels is `pixels`
or 1 and b_C is C or 1: where it is 1, the same number meets all pixels or all channels.
"""

from cython.parallel cimport prange

from kernels.parallel cimport BLOCK, team

cdef enum:
    LANES = 64  # channels whose sums are taken together


cdef void spread_rows(
    Py_ssize_t rows, Py_ssize_t C, Py_ssize_t b_step, Py_ssize_t b_C, bint product,
    const float *x, const float *b, float *y,
) noexcept nogil:
    """y = x b if `product`, else x + b; rows of b are b_step numbers apart."""
    cdef Py_ssize_t r, c
    cdef float number
    for r in range(rows):
        if b_C == 1:
            number = b[r * b_step]
            for c in range(C):
                y[r * C + c] = x[r * C + c] * number if product else x[r * C + c] + number
        elif product:
            for c in range(C):
                y[r * C + c] = x[r * C + c] * b[r * b_step + c]
        else:
            for c in range(C):
                y[r * C + c] = x[r * C + c] + b[r * b_step + c]


cdef int spread(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t b_pixels, Py_ssize_t b_C,
    bint product, const float[::1] x, const float[::1] b, float[::1] y, int threads,
) except -1:
    cdef Py_ssize_t block = max(1, BLOCK // C), i, image, row
    cdef Py_ssize_t blocks = (pixels + block - 1) // block
    cdef Py_ssize_t b_step = b_C if b_pixels > 1 else 0
    for i in prange(n * blocks, num_threads=team(n * pixels * C, threads), nogil=True):
        image = i // blocks
        row = i % blocks * block
        spread_rows(
            min(block, pixels - row), C, b_step, b_C, product, &x[(image * pixels + row) * C],
            &b[image * b_pixels * b_C + row * b_step], &y[(image * pixels + row) * C],
        )
    return 0


def spread_add(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t b_pixels, Py_ssize_t b_C,
    const float[::1] x,  # (n, pixels, C)
    const float[::1] b,  # (n, b_pixels, b_C)
    float[::1] y,  # (n, pixels, C)
    int threads,
):
    """y = x + b; y may be x."""
    spread(n, pixels, C, b_pixels, b_C, False, x, b, y, threads)


def spread_multiply(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t b_pixels, Py_ssize_t b_C,
    const float[::1] x,  # (n, pixels, C)
    const float[::1] b,  # (n, b_pixels, b_C)
    float[::1] y,  # (n, pixels, C)
    int threads,
):
    """y = x b; y may be x."""
    spread(n, pixels, C, b_pixels, b_C, True, x, b, y, threads)


cdef void sum_columns(
    Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t lanes, const float *a, const float *b, float *total
) noexcept nogil:
    """total[c] = the sum over pixels of a b, or of a where b is NULL, in `lanes` of C channels."""
    cdef double[LANES] sums
    cdef Py_ssize_t p, c
    for c in range(lanes):
        sums[c] = 0
    for p in range(pixels):
        if b == NULL:
            for c in range(lanes):
                sums[c] += a[p * C + c]
        else:
            for c in range(lanes):
                sums[c] += <double>a[p * C + c] * b[p * C + c]
    for c in range(lanes):
        total[c] = sums[c]


cdef double sum_numbers(Py_ssize_t size, const float *a, const float *b) noexcept nogil:
    cdef double total = 0
    cdef Py_ssize_t i
    for i in range(size):
        total += <double>a[i] * b[i] if b != NULL else a[i]
    return total


def spread_sums(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t b_pixels, Py_ssize_t b_C,
    const float[::1] a, const float[::1] b,  # (n, pixels, C); b may be empty
    float[::1] total,  # (n, b_pixels, b_C)
    int threads,
):
    """Sum a b, or a alone, over all that each number of `total` is spread over."""
    cdef const float *other = &b[0] if b.shape[0] else NULL
    cdef Py_ssize_t tiles = (C + LANES - 1) // LANES if b_C > 1 else 1
    cdef Py_ssize_t items = n * b_pixels * tiles, image = pixels * C, size = image // b_pixels
    cdef Py_ssize_t i, start
    for i in prange(items, num_threads=team(n * image, threads), nogil=True):
        if b_C > 1:
            start = i // tiles * image + i % tiles * LANES
            sum_columns(
                pixels, C, min(LANES, C - i % tiles * LANES), &a[start],
                other + start if other != NULL else NULL,
                &total[i // tiles * C + i % tiles * LANES],
            )
        else:
            total[i] = sum_numbers(size, &a[i * size], other + i * size if other != NULL else NULL)
