"""The transforms of a Winograd convolution's weights, of 16 channels and 16 filters at a time."""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from kernels.correlate cimport transpose_block
from kernels.geometry cimport PANEL
from kernels.winograd_tiles cimport FILTER, PLANES, filter_plane, panels, transform_filters

cdef enum:
    TAPS = 9                   # FILTER * FILTER


cdef inline Py_ssize_t weight_floats(Py_ssize_t C, Py_ssize_t K) noexcept nogil:
    """Return the floats of transformed weights for C channels and K filters."""
    return panels(K) * PLANES * filter_plane(C)


cdef inline void transform_weights(
    const float *weight, Py_ssize_t C, Py_ssize_t K, float *to, int threads,
) noexcept nogil:
    """Transform panels [K/16][3][3][C][16] to [K/16][36][C][16]."""
    cdef Py_ssize_t blocks = panels(C), item
    for item in prange(panels(K) * blocks, num_threads=threads, schedule="static"):
        transform_block(
            weight + item // blocks * TAPS * C * PANEL, C, item % blocks * PANEL,
            to + item // blocks * PLANES * filter_plane(C),
        )


cdef inline void transform_block(
    const float *weight, Py_ssize_t C, Py_ssize_t channel, float *to,
) noexcept nogil:
    """Transform 16 channels of a panel."""
    transform_filters(
        weight + channel * PANEL, C * PANEL, min(<Py_ssize_t> PANEL, C - channel),
        to + channel * PANEL, filter_plane(C),
    )


cdef inline void transform_data_weights(
    const float *weight, Py_ssize_t C, Py_ssize_t K, float *to, int threads,
) noexcept nogil:
    """Transform the flipped and transposed filters of [K/16][3][3][C][16] to [C/16][36][K][16]."""
    cdef Py_ssize_t blocks = panels(K), item
    for item in prange(panels(C) * blocks, num_threads=threads, schedule="static"):
        transform_turned(
            weight + item % blocks * TAPS * C * PANEL, C, item // blocks * PANEL,
            min(<Py_ssize_t> PANEL, K - item % blocks * PANEL),
            to + item // blocks * PLANES * filter_plane(K) + item % blocks * PANEL * PANEL,
            filter_plane(K),
        )


cdef inline void transform_turned(
    const float *weight, Py_ssize_t C, Py_ssize_t channel, Py_ssize_t filters, float *to,
    Py_ssize_t plane,
) noexcept nogil:
    """Turn and transform 16 channels of a panel: they become filters."""
    cdef float[TAPS * PANEL * PANEL] turned
    cdef float[PANEL * PANEL] rows
    cdef Py_ssize_t tap, count = min(<Py_ssize_t> PANEL, C - channel)
    cdef const float *block
    memset(rows, 0, sizeof(rows))
    for tap in range(TAPS):
        block = weight + (tap * C + channel) * PANEL
        if count < PANEL:
            memcpy(rows, block, count * PANEL * sizeof(float))
            block = rows
        transpose_block(block, C * PANEL, turned + (TAPS - 1 - tap) * PANEL * PANEL)
    transform_filters(turned, PANEL * PANEL, filters, to, plane)
