# cython: language_level=3
"""Images seen through a matrix, as augmentation shows them: moved, colored and normalized at once.

Legend: n images, H W rows and columns, C channels; G F rows and columns of the source.

A matrix (3, 3) takes a place (column, row, 1) of the result to its place in the source, up to a
factor. What lies between pixels is interpolated (bilinear); whole places are read as they are. What
lies outside of the source is, by the border, its pixels in reverse order (0), the nearest (1), or
nothing (2).
"""

from cython.parallel cimport prange
from libc.stddef cimport ptrdiff_t

from kernels.parallel cimport team

cdef extern from "sample/view.h":
    ctypedef struct Source:
        const unsigned char *pixels
        ptrdiff_t rows, columns, channels
        int border
    void view_any_image(
        Source source, const double *matrix, const float *color, const float *scale,
        const float *shift, ptrdiff_t H, ptrdiff_t W, float *y
    ) noexcept nogil
    void view_classes(
        const Source *source, const double *matrix, ptrdiff_t H, ptrdiff_t W, int *y
    ) noexcept nogil


def sample_images(
    Py_ssize_t n, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t G, Py_ssize_t F,
    const long long[::1] indices,  # (n,)
    const unsigned char[::1] images,  # (any number, G, F, C)
    const double[::1] matrices,  # (n, 3, 3)
    int border,
    const float[::1] colors,  # (n, C, C + 1); empty: as they are
    const float[::1] scale, const float[::1] shift,  # (C,), at most 1024
    float[::1] y,  # (n, H, W, C)
    int threads,
):
    """y[i] = images[indices[i]] through matrix i, its channels mixed by color i where there are
    any, and then scaled and shifted.

    A color takes the channels of a pixel, from 0 to 255, and 1 to its new channels.
    """
    cdef bint colored = colors.shape[0] > 0
    cdef Py_ssize_t i
    for i in prange(n, num_threads=team(n * H * W * C, threads), nogil=True):
        view_any_image(
            Source(&images[indices[i] * G * F * C], G, F, C, border), &matrices[i * 9],
            &colors[i * C * (C + 1)] if colored else NULL, &scale[0], &shift[0], H, W,
            &y[i * H * W * C],
        )


def sample_classes(
    Py_ssize_t H, Py_ssize_t W, Py_ssize_t G, Py_ssize_t F,
    const signed char[::1] classes,  # (G, F)
    const double[::1] matrix,  # (3, 3)
    int border,
    int[::1] y,  # (H, W)
):
    """y = the nearest class through the matrix, or -1 where there is none."""
    cdef Source source = Source(<const unsigned char *>&classes[0], G, F, 1, border)
    view_classes(&source, &matrix[0], H, W, &y[0])
