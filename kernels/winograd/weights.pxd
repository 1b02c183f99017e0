"""The transforms of a Winograd convolution's weights, of 16 channels and 16 filters at a time.

For backward-data, filters are flipped and turned: source channels are the convolution's filters.
"""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from kernels.geometry cimport PANEL
from kernels.winograd.tiles cimport PLANES, Tiling, filter_plane, panels, transform_filters


cdef extern from "transpose.h" nogil:
    void transpose_block(const float *source, Py_ssize_t ahead, float *to)

cdef enum:
    TAPS = 9


cdef inline Py_ssize_t weight_floats(const Tiling *t) noexcept nogil:
    """Return the floats of transformed weights."""
    return panels(t.K) * PLANES * filter_plane(t.C)


cdef inline void transform_weights(
    const Tiling *t, const float *weight, bint turned, float *to, int threads,
) noexcept nogil:
    """Transform weights to panels [K/16][36][C][16]."""
    cdef Py_ssize_t blocks = panels(t.C), plane = filter_plane(t.C), item
    for item in prange(panels(t.K) * blocks, num_threads=threads):
        transform_block(
            t, weight, turned, item // blocks, item % blocks,
            to + item // blocks * PLANES * plane + item % blocks * PANEL * PANEL, plane,
        )


cdef inline void transform_block(
    const Tiling *t, const float *weight, bint turned, Py_ssize_t panel, Py_ssize_t block,
    float *to, Py_ssize_t plane,
) noexcept nogil:
    """Transform a panel's weights for a block of 16 source channels."""
    cdef Py_ssize_t channels = min(<Py_ssize_t> PANEL, t.C - block * PANEL)
    cdef float[TAPS * PANEL * PANEL] flipped
    if turned:
        turn_block(
            weight + (block * t.K + panel * PANEL) * TAPS * PANEL,
            min(<Py_ssize_t> PANEL, t.K - panel * PANEL), flipped,
        )
        transform_filters(flipped, PANEL * PANEL, channels, to, plane)
    else:
        weight += (panel * t.C + block * PANEL) * TAPS * PANEL
        transform_filters(weight, channels * PANEL, channels, to, plane)


cdef inline void turn_block(
    const float *weight, Py_ssize_t filters, float *to,
) noexcept nogil:
    """Transpose up to 16 rows of a panel [3][3][filters][16] under each tap, in reverse order."""
    cdef float[PANEL * PANEL] rows
    cdef const float *block
    cdef Py_ssize_t tap
    memset(rows, 0, sizeof(rows))
    for tap in range(TAPS):
        block = weight + tap * filters * PANEL
        if filters < PANEL:
            memcpy(rows, block, filters * PANEL * sizeof(float))
            block = rows
        transpose_block(block, PANEL * PANEL, to + (TAPS - 1 - tap) * PANEL * PANEL)
