"""Moving, combining and preparing numbers: transposes, upsampling, sums, dropout, input images.

Legend: n images, H W rows and columns, C channels; x input, y output, dx dy their gradients.
"""

from cython.parallel cimport prange
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy, memset

from kernels.parallel cimport BLOCK, block_size, blocks_of, team

cdef extern from *:
    """
    #include <stdint.h>

    /* One step of SplitMix64 (Steele, Lea and Flood 2014). */
    static inline uint64_t mix_bits(uint64_t z) {
        z += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    /* lowbias32, from C. Wellons' hash-prospector. */
    static inline uint32_t random_bits(uint32_t i) {
        i = (i ^ (i >> 16)) * 0x7feb352du;
        i = (i ^ (i >> 15)) * 0x846ca68bu;
        return i ^ (i >> 16);
    }
    """
    uint64_t mix_bits(uint64_t z) noexcept nogil
    uint32_t random_bits(uint32_t i) noexcept nogil

cdef enum:
    SQUARE = 16  # rows and columns of a transpose that stay in the cache together
    PASS = 240  # numbers per pass over an image: whole pixels of 1, 2, 3, 4, 5 or 6 channels


cdef void transpose(
    Py_ssize_t rows, Py_ssize_t columns, const float *x, float *y
) noexcept nogil:
    """(rows, columns) to (columns, rows)."""
    cdef Py_ssize_t i, j, top, left
    for left in range((columns + SQUARE - 1) // SQUARE):
        for top in range((rows + SQUARE - 1) // SQUARE):
            for j in range(left * SQUARE, min(left * SQUARE + SQUARE, columns)):
                for i in range(top * SQUARE, min(top * SQUARE + SQUARE, rows)):
                    y[j * rows + i] = x[i * columns + j]


def channels_first(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C,
    const float[::1] x,  # (n, pixels, C)
    float[::1] y,  # (n, C, pixels)
    int threads,
):
    """Move the channels before the pixels."""
    cdef Py_ssize_t i, image = pixels * C
    for i in prange(n, num_threads=team(n * image, threads), nogil=True):
        transpose(pixels, C, &x[i * image], &y[i * image])


def channels_last(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C,
    const float[::1] x,  # (n, C, pixels)
    float[::1] y,  # (n, pixels, C)
    int threads,
):
    """Move the channels behind the pixels."""
    cdef Py_ssize_t i, image = pixels * C
    for i in prange(n, num_threads=team(n * image, threads), nogil=True):
        transpose(C, pixels, &x[i * image], &y[i * image])


cdef void add_into(Py_ssize_t size, const float *x, float *y) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] += x[i]


cdef void upsample_row(
    Py_ssize_t W, Py_ssize_t C, Py_ssize_t fh, Py_ssize_t fw, const float *x, float *y
) noexcept nogil:
    cdef Py_ssize_t w, i, wide = W * fw * C
    for w in range(W):
        for i in range(fw):
            memcpy(y + (w * fw + i) * C, x + w * C, C * sizeof(float))
    for i in range(1, fh):
        memcpy(y + i * wide, y, wide * sizeof(float))


cdef void upsample_row_gradient(
    Py_ssize_t W, Py_ssize_t C, Py_ssize_t fh, Py_ssize_t fw, const float *dy, float *dx
) noexcept nogil:
    cdef Py_ssize_t w, i, j
    memset(dx, 0, W * C * sizeof(float))
    for i in range(fh):
        for w in range(W):
            for j in range(fw):
                add_into(C, dy + ((i * W + w) * fw + j) * C, dx + w * C)


def upsample_forward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t fh, Py_ssize_t fw,
    const float[::1] x,  # (n, H, W, C)
    float[::1] y,  # (n, H fh, W fw, C)
    int threads,
):
    """Make fh x fw equal pixels of every pixel."""
    cdef Py_ssize_t i, row = W * C
    for i in prange(n * H, num_threads=team(n * H * row * fh * fw, threads), nogil=True):
        upsample_row(W, C, fh, fw, &x[i * row], &y[i * row * fh * fw])


def upsample_backward(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t fh, Py_ssize_t fw,
    const float[::1] dy,  # (n, H fh, W fw, C)
    float[::1] dx,  # (n, H, W, C)
    int threads,
):
    """dx = the sums of dy over fh x fw pixels."""
    cdef Py_ssize_t i, row = W * C
    for i in prange(n * H, num_threads=team(n * H * row * fh * fw, threads), nogil=True):
        upsample_row_gradient(W, C, fh, fw, &dy[i * row * fh * fw], &dx[i * row])


cdef void add_block(
    Py_ssize_t size, const float *a, const float *b, float *y
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = a[i] + b[i]


cdef void multiply_block(
    Py_ssize_t size, const float *a, const float *b, float *y
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = a[i] * b[i]


def add(
    Py_ssize_t size,
    const float[::1] a, const float[::1] b, float[::1] y,  # (size,)
    int threads,
):
    """y = a + b; y may be a or b."""
    cdef Py_ssize_t i
    for i in prange(blocks_of(size), num_threads=team(size, threads), nogil=True):
        add_block(block_size(i, size), &a[i * BLOCK], &b[i * BLOCK], &y[i * BLOCK])


def multiply(
    Py_ssize_t size,
    const float[::1] a, const float[::1] b, float[::1] y,  # (size,)
    int threads,
):
    """y = a b, number by number; y may be a or b."""
    cdef Py_ssize_t i
    for i in prange(blocks_of(size), num_threads=team(size, threads), nogil=True):
        multiply_block(block_size(i, size), &a[i * BLOCK], &b[i * BLOCK], &y[i * BLOCK])


def copy(
    Py_ssize_t size,
    const float[::1] x, float[::1] y,  # (size,)
    int threads,
):
    """y = x."""
    cdef Py_ssize_t i
    for i in prange(blocks_of(size), num_threads=team(size, threads), nogil=True):
        memcpy(&y[i * BLOCK], &x[i * BLOCK], block_size(i, size) * sizeof(float))


def copy_channels(
    Py_ssize_t rows, Py_ssize_t from_width, Py_ssize_t from_offset,
    Py_ssize_t to_width, Py_ssize_t to_offset, Py_ssize_t width,
    const float[::1] x,  # (rows, from_width)
    float[::1] y,  # (rows, to_width)
    int threads,
):
    """y[r, to_offset : to_offset + width] = x[r, from_offset : from_offset + width]."""
    cdef Py_ssize_t r
    for r in prange(rows, num_threads=team(rows * width, threads), nogil=True):
        memcpy(
            &y[r * to_width + to_offset], &x[r * from_width + from_offset], width * sizeof(float)
        )


cdef void dropout_block(
    Py_ssize_t size, uint32_t threshold, float scale, uint32_t key, const float *x, float *y
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] * (scale if random_bits(<uint32_t>i ^ key) >= threshold else 0)


def dropout(
    Py_ssize_t n, Py_ssize_t sample_size, double rate,
    const uint64_t[::1] keys,  # (n,)
    const float[::1] x, float[::1] y,  # (n, sample_size)
    int threads,
):
    """y = x keep / (1 - rate); keep is 0 with probability rate and depends on the key of the sample
    and the position in it alone, so that the same call makes dx from dy. y may be x.
    """
    cdef Py_ssize_t i, sample, block, start, blocks = blocks_of(sample_size)
    cdef uint32_t threshold = <uint32_t>min(rate * 4294967296.0, 4294967295.0)
    cdef float scale = 1 / (1 - rate)
    for i in prange(n * blocks, num_threads=team(n * sample_size, threads), nogil=True):
        sample, block = i // blocks, i % blocks
        start = sample * sample_size + block * BLOCK
        dropout_block(
            block_size(block, sample_size), threshold, scale,
            <uint32_t>mix_bits(mix_bits(keys[sample]) + <uint64_t>block), &x[start], &y[start],
        )


cdef void normalize_image(
    Py_ssize_t pixels, Py_ssize_t C, const unsigned char *image,
    const float *scale, const float *shift, float *y,
) noexcept nogil:
    """Treat several pixels as one with more channels, to fill the vectors."""
    cdef float[PASS] scales, shifts
    cdef Py_ssize_t size = pixels * C, i, j, c, channel, tile, width
    cdef Py_ssize_t step = C if C > PASS else PASS - PASS % C
    for tile in range((C + PASS - 1) // PASS):
        c = tile * PASS
        width = min(PASS, step - c)
        channel = c
        for i in range(width):
            scales[i] = scale[channel]
            shifts[i] = shift[channel]
            channel = channel + 1 if channel + 1 < C else 0
        i = c
        while i < size:
            for j in range(min(width, size - i)):
                y[i + j] = image[i + j] * scales[j] + shifts[j]
            i += step


def normalize_images(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C,
    const long long[::1] indices,  # (n,)
    const unsigned char[::1] images,  # (any number, pixels, C)
    const float[::1] scale, const float[::1] shift,  # (C,)
    float[::1] y,  # (n, pixels, C)
    int threads,
):
    """y[i, p, c] = images[indices[i], p, c] scale[c] + shift[c]."""
    cdef Py_ssize_t i, image = pixels * C
    for i in prange(n, num_threads=team(n * image, threads), nogil=True):
        normalize_image(
            pixels, C, &images[indices[i] * image], &scale[0], &shift[0], &y[i * image]
        )
