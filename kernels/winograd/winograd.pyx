# cython: language_level=3
"""Convolution by Winograd's algorithm.

Filters may be 3 x 3 or 5 x 5, or 3 x 3 of stride 2: transforms.h has the forms and their formulas.

Legend: N (n in a call) images, C input channels, K filters, R filter size, s stride, H W input,
P Q output; x input, y output, dx dy dweight gradients. x and y are NHWC. Weights are in panels of
16 filters, [K/16][C/16][R][R][16][16], with zeros in the lanes beyond the last filter.

An output tile is the work of one thread, and adds its products in an order that shapes alone
decide; so results are the same bits for any number of threads and any batch.
"""

from kernels.geometry cimport PANEL
from kernels.winograd.correlate cimport (
    Correlating, correlate_tiles, correlating_floats,
)
from kernels.winograd.gradient cimport Summing, gradient_floats, sum_tiles
from kernels.winograd.tiles cimport (
    BACKWARD_4X4, BACKWARD_8X8, F4X4_3X3, F4X4_5X5, STRIDED_2X2, STRIDED_4X4, Tiling,
    describe_tiling,
)
from kernels.winograd.weights cimport transform_weights, weight_floats


cdef float *align(float *start) noexcept nogil:
    """Return the first cache line at or after `start`."""
    return <float *> ((<size_t> start + 63) & ~<size_t> 63)


cdef class Winograd:
    """The sizes of a convolution of up to `batch` images.

    Pads at the bottom and right follow from P and Q. Transformed weights have `weight_size`
    floats, those for backward-data `data_weight_size`. If `late`, these are 0, and the passes take
    the weights themselves and transform them as they go. `scratch_size`
    floats are enough for every pass, `forward_scratch`, `data_scratch` and `gradient_scratch` for
    one of them. R is 3 or 5, s is 1, and a tile has 4 x 4 outputs; or R is 3, s is 2, and it has
    2 x 2 or 4 x 4. Then there is no weight gradient: it is not faster than by the definition.
    """

    cdef Tiling forward
    cdef Tiling backward
    cdef int threads
    cdef readonly Py_ssize_t weight_size
    cdef readonly Py_ssize_t data_weight_size
    cdef readonly Py_ssize_t forward_scratch
    cdef readonly Py_ssize_t data_scratch
    cdef readonly Py_ssize_t gradient_scratch
    cdef readonly Py_ssize_t scratch_size

    def __init__(
        self, int R, int s, int outputs, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t K,
        Py_ssize_t pt, Py_ssize_t pl, Py_ssize_t P, Py_ssize_t Q, bint late, Py_ssize_t batch,
        int threads,
    ):
        cdef Py_ssize_t above, before
        cdef int form = F4X4_5X5 if R == 5 else F4X4_3X3, back = form
        if s == 2 and outputs == 2:
            form, back = STRIDED_2X2, BACKWARD_4X4
        elif s == 2:
            form, back = STRIDED_4X4, BACKWARD_8X8
        self.threads = threads
        self.forward = describe_tiling(form, H, W, C, P, Q, K, pt, pl, 0, 0, late)
        if s == 1:
            self.backward = describe_tiling(
                back, P, Q, K, H, W, C, R - 1 - pt, R - 1 - pl, 0, 0, late
            )
        else:  # a tile begins with a pixel that tap 1 leads to
            above, before = (pt + 1) % 2, (pl + 1) % 2
            self.backward = describe_tiling(
                back, P, Q, K, H, W, C, (1 + above - pt) // 2, (1 + before - pl) // 2,
                above, before, late,
            )
        if not late:
            self.weight_size = weight_floats(&self.forward)
            self.data_weight_size = weight_floats(&self.backward)
        self.forward_scratch = PANEL + correlating_floats(&self.forward, batch, threads)
        self.data_scratch = PANEL + correlating_floats(&self.backward, batch, threads)
        if s == 1:
            self.gradient_scratch = PANEL + gradient_floats(&self.forward, batch, threads)
        self.scratch_size = max(self.forward_scratch, self.data_scratch, self.gradient_scratch)


def winograd_weights(
    Winograd g,
    const float[::1] weight,  # (K/16, C/16, R, R, 16, 16)
    float[::1] transformed,  # (weight_size,)
):
    """Transform weights for winograd_forward."""
    with nogil:
        transform_weights(&g.forward, &weight[0], False, &transformed[0], g.threads)


def winograd_data_weights(
    Winograd g,
    const float[::1] weight,  # (K/16, C/16, R, R, 16, 16)
    float[::1] transformed,  # (data_weight_size,)
):
    """Transform weights for winograd_backward_data."""
    with nogil:
        transform_weights(&g.backward, &weight[0], True, &transformed[0], g.threads)


def winograd_forward(
    Winograd g, Py_ssize_t n,
    const float[::1] x,  # (n, H, W, C)
    const float[::1] transformed,  # (weight_size,), or the weights if late
    const float[::1] bias,  # (K,)
    const float[::1] residual, float[::1] y,  # (n, P, Q, K)
    float[::1] scratch,  # (forward_scratch,)
    int activation, Py_ssize_t y_step=0, bint pools=False,
):
    """y[p, q, k] = b[k] + residual[p, q, k] + sum of i, j, c: x[sp+i-pt, sq+j-pl, c] w[k, c, i, j]

    An empty bias or residual is none; activations are those of vectors.h. From one pixel of y, and
    of the residual, to the next are K or `y_step` floats. If it `pools`, y has only the largest of
    every 2 x 2 outputs; P and Q must be even then, and the residual none.
    """
    cdef Correlating z
    cdef Tiling t = g.forward
    if n == 0:
        return
    t.target_step = y_step or t.target_step
    z.t = &t
    z.x, z.weight, z.y, z.activation = &x[0], &transformed[0], &y[0], activation
    z.turned, z.pools = False, pools
    z.bias = &bias[0] if bias.shape[0] else NULL
    z.residual = &residual[0] if residual.shape[0] else NULL
    with nogil:
        correlate_tiles(&z, n, align(&scratch[0]), g.threads)


def winograd_backward_data(
    Winograd g, Py_ssize_t n,
    const float[::1] dy,  # (n, P, Q, K)
    const float[::1] transformed,  # (data_weight_size,), or the weights if late
    const float[::1] residual, float[::1] dx,  # (n, H, W, C)
    float[::1] scratch,  # (data_scratch,)
):
    """dx[h, w, c] = residual[h, w, c] + sum of dy[p, q, k] w[k, c, i, j] over its every product

    An empty residual is none; it may be dx itself.
    """
    cdef Correlating z
    if n == 0:
        return
    z.t = &g.backward
    z.x, z.weight, z.y, z.activation = &dy[0], &transformed[0], &dx[0], 0
    z.turned, z.pools = True, False
    z.bias = NULL
    z.residual = &residual[0] if residual.shape[0] else NULL
    with nogil:
        correlate_tiles(&z, n, align(&scratch[0]), g.threads)


def winograd_backward_weights(
    Winograd g, Py_ssize_t n,
    const float[::1] x,  # (n, H, W, C)
    const float[::1] dy,  # (n, P, Q, K)
    float[::1] dweight,  # (K/16, C/16, R, R, 16, 16)
    float[::1] scratch,  # (gradient_scratch,)
):
    """dw[k, c, i, j] = sum of images, p, q: x[p + i - pt, q + j - pl, c] dy[p, q, k]

    Lanes of dweight beyond the last filter are set to zero.
    """
    cdef Summing z
    z.t = &g.forward
    z.x = &x[0] if n else NULL
    z.dy = &dy[0] if n else NULL
    z.dweight = &dweight[0]
    with nogil:
        sum_tiles(&z, n, align(&scratch[0]), g.threads)
