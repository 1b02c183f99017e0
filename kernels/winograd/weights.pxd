"""The transforms of a Winograd convolution's weights, of 16 channels and 16 filters at a time.

For backward-data, filters are flipped and turned: source channels are the convolution's filters.
"""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from kernels.geometry cimport PANEL
from kernels.winograd.tiles cimport (
    MOST_FILTER, Tiling, count_taps, count_weight_planes, filter_plane, panels, transform_filters,
)


cdef extern from "transpose.h" nogil:
    void transpose_block(const float *source, Py_ssize_t ahead, float *to)


cdef inline Py_ssize_t weight_floats(const Tiling *t) noexcept nogil:
    """Return the floats of transformed weights."""
    return panels(t.K) * count_weight_planes(t) * filter_plane(t.C)


cdef inline void transform_weights(
    const Tiling *t, const float *weight, bint turned, float *to, int threads,
) noexcept nogil:
    """Transform weights to panels [K/16][planes][C][16]."""
    cdef Py_ssize_t blocks = panels(t.C), plane = filter_plane(t.C), item
    cdef Py_ssize_t panel = count_weight_planes(t) * plane
    for item in prange(panels(t.K) * blocks, num_threads=threads):
        transform_block(
            t, weight, turned, item // blocks, item % blocks,
            to + item // blocks * panel + item % blocks * PANEL * PANEL, plane,
        )


cdef inline void transform_block(
    const Tiling *t, const float *weight, bint turned, Py_ssize_t panel, Py_ssize_t block,
    float *to, Py_ssize_t plane,
) noexcept nogil:
    """Transform a panel's weights for a block of 16 source channels."""
    cdef Py_ssize_t channels = min(<Py_ssize_t> PANEL, t.C - block * PANEL), taps = count_taps(t)
    cdef float[MOST_FILTER * MOST_FILTER * PANEL * PANEL] flipped
    if turned:
        turn_block(
            weight + (block * t.K + panel * PANEL) * taps * PANEL, taps,
            min(<Py_ssize_t> PANEL, t.K - panel * PANEL), flipped,
        )
        transform_filters(t.form, flipped, PANEL * PANEL, channels, to, plane)
    else:
        weight += (panel * t.C + block * PANEL) * taps * PANEL
        transform_filters(t.form, weight, channels * PANEL, channels, to, plane)


cdef inline void turn_block(
    const float *weight, Py_ssize_t taps, Py_ssize_t filters, float *to,
) noexcept nogil:
    """Transpose up to 16 rows of a panel [taps][filters][16] under each tap, in reverse order."""
    cdef float[PANEL * PANEL] rows
    cdef const float *block
    cdef Py_ssize_t tap
    memset(rows, 0, sizeof(rows))
    for tap in range(taps):
        block = weight + tap * filters * PANEL
        if filters < PANEL:
            memcpy(rows, block, filters * PANEL * sizeof(float))
            block = rows
        transpose_block(block, PANEL * PANEL, to + (taps - 1 - tap) * PANEL * PANEL)
