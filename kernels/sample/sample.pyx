# cython: language_level=3
"""Images seen through a matrix, as augmentation shows them: moved, colored and normalized at once.

Legend: n images, H W rows and columns, C channels; G F rows and columns of the source.

A matrix (3, 3) takes a place (column, row, 1) of the result to its place in the source, up to a
factor. What lies between pixels is interpolated (bilinear); whole places are read as they are. What
lies outside of the source is its pixels in reverse order, the nearest, or nothing (0).
"""

from cython.parallel cimport prange
from libc.math cimport floor

from kernels.parallel cimport team

cdef enum:
    REFLECT, EDGE, ZERO  # borders, by their place in cnncli/augment/border.py
    MOST_CHANNELS = 1024
    IGNORED = -1  # the class of what is not there

cdef double FAR = 1e6  # pixels: where a perspective looks at the horizon

cdef struct Source:
    Py_ssize_t rows, columns
    int border

cdef struct Spot:  # four pixels, top left, top right, bottom left, bottom right, in shares
    Py_ssize_t[4] at  # which pixel of the source
    float[4] share


cdef inline Py_ssize_t find(Py_ssize_t i, Py_ssize_t length, int border) noexcept nogil:
    """Return which row or column stands at place i; -1 where there is none."""
    cdef Py_ssize_t period = 2 * (length - 1)
    if 0 <= i < length:
        return i
    if border == ZERO:
        return -1
    if border == EDGE or length == 1:
        return 0 if i < 0 else length - 1
    i %= period
    i = i + period if i < 0 else i
    return i if i < length else period - i


cdef inline void look(
    const double *matrix, Py_ssize_t row, Py_ssize_t column, double *x, double *y
) noexcept nogil:
    """Write the place in the source that a pixel of the result shows."""
    cdef double depth = matrix[6] * column + matrix[7] * row + matrix[8]
    x[0] = matrix[0] * column + (matrix[1] * row + matrix[2])
    y[0] = matrix[3] * column + (matrix[4] * row + matrix[5])
    if depth != 1:
        x[0] /= depth
        y[0] /= depth
    x[0] = x[0] if x[0] > -FAR else -FAR  # also where it is no number
    x[0] = x[0] if x[0] < FAR else FAR
    y[0] = y[0] if y[0] > -FAR else -FAR
    y[0] = y[0] if y[0] < FAR else FAR


cdef bint is_whole(const double *matrix) noexcept nogil:
    """Say whether every pixel of the result shows one of the source, or none."""
    cdef int i
    for i in range(6):
        if matrix[i] != floor(matrix[i]):
            return False
    return matrix[6] == 0 and matrix[7] == 0 and matrix[8] == 1


cdef inline Spot locate(const Source *source, double x, double y) noexcept nogil:
    """Return the four pixels around a place."""
    cdef double left = floor(x), top = floor(y)
    cdef Py_ssize_t i = <Py_ssize_t>left, j = <Py_ssize_t>top, columns = source.columns
    cdef float right = <float>(x - left), low = <float>(y - top)
    cdef Py_ssize_t[2] across, down
    cdef Spot spot
    cdef int k
    spot.share[0], spot.share[1] = (1 - low) * (1 - right), (1 - low) * right
    spot.share[2], spot.share[3] = low * (1 - right), low * right
    if 0 <= i < columns - 1 and 0 <= j < source.rows - 1:
        spot.at[0] = j * columns + i
        spot.at[1], spot.at[2] = spot.at[0] + 1, spot.at[0] + columns
        spot.at[3] = spot.at[2] + 1
        return spot
    for k in range(2):
        across[k] = find(i + k, columns, source.border)
        down[k] = find(j + k, source.rows, source.border)
    for k in range(4):
        spot.at[k] = down[k // 2] * columns + across[k % 2]
        if down[k // 2] < 0 or across[k % 2] < 0:
            spot.at[k], spot.share[k] = 0, 0
    return spot


cdef inline void finish(
    Py_ssize_t C, float *pixel, const float *color, const float *scale, const float *shift, float *y
) noexcept nogil:
    """y = (color of the pixel, within 0 and 255) scale + shift."""
    cdef Py_ssize_t c, k
    cdef float value
    cdef const float *row
    for c in range(C):
        value = pixel[c]
        if color != NULL:
            row = color + c * (C + 1)
            value = row[C]
            for k in range(C):
                value += row[k] * pixel[k]
            value = 0 if value < 0 else (255 if value > 255 else value)
        y[c] = value * scale[c] + shift[c]


cdef inline void sample_row(
    Py_ssize_t C, const Source *source, const unsigned char *image, const double *matrix,
    const float *color, const float *scale, const float *shift, Py_ssize_t row, Py_ssize_t W,
    bint whole, float *y,
) noexcept nogil:
    cdef float[MOST_CHANNELS] pixel
    cdef double across, down
    cdef Py_ssize_t column, c, i, j
    cdef const unsigned char *at
    cdef Spot spot
    for column in range(W):
        look(matrix, row, column, &across, &down)
        if whole:
            i = find(<Py_ssize_t>across, source.columns, source.border)
            j = find(<Py_ssize_t>down, source.rows, source.border)
            at = image if i < 0 or j < 0 else image + (j * source.columns + i) * C
            for c in range(C):
                pixel[c] = 0 if i < 0 or j < 0 else at[c]
        else:
            spot = locate(source, across, down)
            for c in range(C):
                pixel[c] = (
                    (spot.share[0] * image[spot.at[0] * C + c]
                     + spot.share[1] * image[spot.at[1] * C + c])
                    + (spot.share[2] * image[spot.at[2] * C + c]
                       + spot.share[3] * image[spot.at[3] * C + c])
                )
        finish(C, pixel, color, scale, shift, y + column * C)


cdef void sample_image(
    Py_ssize_t C, const Source *source, const unsigned char *image, const double *matrix,
    const float *color, const float *scale, const float *shift, Py_ssize_t H, Py_ssize_t W,
    float *y,
) noexcept nogil:
    cdef bint whole = is_whole(matrix)
    cdef Py_ssize_t row
    for row in range(H):  # the usual numbers of channels as constants, so that loops are unrolled
        if C == 3:
            sample_row(
                3, source, image, matrix, color, scale, shift, row, W, whole, y + row * W * 3
            )
        elif C == 1:
            sample_row(1, source, image, matrix, color, scale, shift, row, W, whole, y + row * W)
        else:
            sample_row(
                C, source, image, matrix, color, scale, shift, row, W, whole, y + row * W * C
            )


def sample_images(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t G, Py_ssize_t F,
    const long long[::1] indices,  # (n,)
    const unsigned char[::1] images,  # (any number, G, F, C)
    const double[::1] matrices,  # (n, 3, 3)
    int border,
    const float[::1] colors,  # (n, C, C + 1); empty: as they are
    const float[::1] scale, const float[::1] shift,  # (C,)
    float[::1] y,  # (n, H, W, C)
    int threads,
):
    """y[i] = images[indices[i]] through matrix i, its channels mixed by color i where there are
    any, and then scaled and shifted.

    A color takes the channels of a pixel, from 0 to 255, and 1 to its new channels.
    """
    cdef Source source = Source(G, F, border)
    cdef Py_ssize_t i
    cdef bint colored = colors.shape[0] > 0
    for i in prange(n, num_threads=team(n * H * W * C, threads), nogil=True):
        sample_image(
            C, &source, &images[indices[i] * G * F * C], &matrices[i * 9],
            &colors[i * C * (C + 1)] if colored else NULL,
            &scale[0], &shift[0], H, W, &y[i * H * W * C],
        )


def sample_classes(
    Py_ssize_t H, Py_ssize_t W, Py_ssize_t G, Py_ssize_t F,
    const signed char[::1] classes,  # (G, F)
    const double[::1] matrix,  # (3, 3)
    int border,
    int[::1] y,  # (H, W)
):
    """y = the nearest class through the matrix, or -1 where there is none."""
    cdef Py_ssize_t row, column, i, j
    cdef double across, down
    for row in range(H):
        for column in range(W):
            look(&matrix[0], row, column, &across, &down)
            i = find(<Py_ssize_t>floor(across + 0.5), F, border)
            j = find(<Py_ssize_t>floor(down + 0.5), G, border)
            y[row * W + column] = IGNORED if i < 0 or j < 0 else classes[j * F + i]
