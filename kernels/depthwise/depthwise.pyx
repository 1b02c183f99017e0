# cython: language_level=3
"""Depthwise convolution: every channel has its own R x S filter; padding is zeros.

Legend: N (n in a call) images, C channels, H W input, P Q output, R S window; x input, y output,
dx dy dweight gradients. x and y are NHWC, weights [R][S][C].

Images are read and written in place, a vector of channels at a time. Every output element is the
work of one thread, in an order that shapes alone decide.
"""

from cython.parallel cimport prange, threadid

from kernels.depthwise.gradient cimport Gradient, gradient_floats, gradient_of, sum_gradient
from kernels.depthwise.padded cimport pads, sweep_padded
from kernels.depthwise.strips cimport Sweep, sweep_strips
from kernels.depthwise.windows3x3 cimport are_threes, sweep_three
from kernels.geometry cimport Axis, Normal, adjoint_axis, ceil_div, forward_axis, span
from kernels.normalize cimport normal_of, read_normalized_rows


cdef enum:
    SLAB_FLOATS = 4 * 1024  # of source rows: strips of all channels find them in the first cache
    FEW_ELEMENTS = 10000    # that are not worth a second thread


cdef class Depthwise:
    """The sizes of a depthwise convolution. Pads at the bottom and right follow from P and Q.

    `scratch_size` floats are enough for every pass of a training; a prediction needs none.
    """

    cdef Axis rows
    cdef Axis cols
    cdef Axis rows_back
    cdef Axis cols_back
    cdef Py_ssize_t C
    cdef int threads
    cdef readonly Py_ssize_t scratch_size

    def __init__(
        self, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t R, Py_ssize_t S,
        Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl, Py_ssize_t P, Py_ssize_t Q,
        Py_ssize_t dh, Py_ssize_t dw, int threads,
    ):
        cdef Gradient z
        self.rows, self.cols = forward_axis(H, P, R, sh, pt, dh), forward_axis(W, Q, S, sw, pl, dw)
        self.rows_back = adjoint_axis(P, H, R, sh, pt, dh)
        self.cols_back = adjoint_axis(Q, W, S, sw, pl, dw)
        self.C, self.threads = C, threads
        z = gradient_of(self.rows, self.cols, C)
        self.scratch_size = max(
            threads * slab_floats(&self.rows, W, C), gradient_floats(&z, threads)
        )


cdef class Bound:
    """A pass with the arrays it works on, which is called with n."""

    cdef Sweep z
    cdef int threads
    cdef const float[::1] normal
    cdef float[::1] scratch
    cdef tuple held            # what the sweep points into

    def __call__(self, Py_ssize_t n):
        cdef float *scratch = NULL if self.normal is None else &self.scratch[0]
        if n > 0:
            with nogil:
                sweep(&self.z, n, scratch, self.threads)


cdef class Forward(Bound):
    """y[p, q, c] = b[c] + sum over r, s of x[p*sh - pt + r*dh, q*sw - pl + s*dw, c] w[r, s, c]

    An empty bias is none; activations are those of vectors.h. A normal is applied to x first, to
    its pixels but not to its padding; only then is scratch needed.
    """

    def __init__(
        self, Depthwise g,
        const float[::1] x,  # (N, H, W, C)
        const float[::1] weight,  # (R, S, C)
        const float[::1] bias,  # (C,)
        float[::1] y,  # (N, P, Q, C)
        float[::1] scratch,  # (scratch_size,)
        int activation,
        const float[::1] normal=None,  # (3, normal_lanes(C))
    ):
        self.held = (x, weight, bias, y)
        self.threads, self.normal, self.scratch = g.threads, normal, scratch
        self.z = Sweep(
            g.rows, g.cols, g.C, normal_of(normal, g.C), start(x), start(weight), start(bias),
            <float *> start(y), activation,
        )


cdef class BackwardData(Bound):
    """dx[h, w, c] = sum of dy[p, q, c] w[r, s, c] over every product of x[h, w, c]"""

    def __init__(
        self, Depthwise g,
        const float[::1] dy,  # (N, P, Q, C)
        const float[::1] weight,  # (R, S, C)
        float[::1] dx,  # (N, H, W, C)
    ):
        self.held = (dy, weight, dx)
        self.threads, self.normal, self.scratch = g.threads, None, None
        self.z = Sweep(
            g.rows_back, g.cols_back, g.C, Normal(NULL, NULL, NULL), start(dy), start(weight),
            NULL, <float *> start(dx), 0,
        )


def depthwise_backward_weights(
    Depthwise g, Py_ssize_t n,
    const float[::1] x,  # (n, H, W, C)
    const float[::1] dy,  # (n, P, Q, C)
    float[::1] dweight,  # (R, S, C)
    float[::1] scratch,  # (scratch_size,)
    const float[::1] normal=None,  # (3, normal_lanes(C))
):
    """dw[r, s, c] = sum of images, p, q: x[p*sh + r*dh - pt, q*sw + s*dw - pl, c] dy[p, q, c]

    A normal as in Forward.
    """
    cdef Gradient z = gradient_of(g.rows, g.cols, g.C)
    cdef bint few = n * g.rows.outputs * g.cols.outputs * g.C < FEW_ELEMENTS
    z.x, z.dy, z.normal = start(x), start(dy), normal_of(normal, g.C)
    with nogil:
        sum_gradient(&z, n, &dweight[0], &scratch[0], 1 if few else g.threads)


cdef const float *start(const float[::1] array) noexcept:
    """Return where an array begins; NULL for an empty one."""
    return &array[0] if array.shape[0] else NULL


cdef Py_ssize_t slab_rows(const Axis *rows, Py_ssize_t width, Py_ssize_t C) noexcept nogil:
    """Return the rows of positions whose source the first cache holds."""
    return min(rows.positions, max(4, SLAB_FLOATS // (rows.stride * width * C)))


cdef Py_ssize_t slab_floats(const Axis *rows, Py_ssize_t width, Py_ssize_t C) noexcept nogil:
    """Return the floats of a slab's source."""
    return span(rows, slab_rows(rows, width, C)) * width * C


cdef void sweep(const Sweep *z, Py_ssize_t n, float *scratch, int threads) noexcept nogil:
    """Compute y, some rows of positions at a time."""
    cdef Py_ssize_t rows = z.rows.positions, slab = slab_rows(&z.rows, z.cols.size, z.C)
    cdef Py_ssize_t floats = slab_floats(&z.rows, z.cols.size, z.C), slabs, item
    if n * z.rows.outputs * z.cols.outputs * z.C < FEW_ELEMENTS:
        threads = 1
    if n * ceil_div(rows, slab) < 2 * threads and z.normal.mean == NULL:
        slab = ceil_div(rows, ceil_div(threads, n))
    slabs = ceil_div(rows, slab)
    for item in prange(n * slabs, num_threads=threads):
        sweep_slab(
            z, item // slabs, item % slabs * slab, min(rows, (item % slabs + 1) * slab),
            scratch + threadid() * floats,
        )


cdef void sweep_slab(
    const Sweep *z, Py_ssize_t image, Py_ssize_t first, Py_ssize_t last, float *scratch,
) noexcept nogil:
    """Compute rows of positions, normalizing what they read if that is wanted."""
    cdef const float *x = read_normalized_rows(
        &z.normal, &z.rows, z.cols.size, z.C, z.x, image, first, last, scratch
    )
    if are_threes(z):
        sweep_three(z, x, image, first, last)
    elif pads(z):
        sweep_padded(z, x, image, first, last)
    else:
        sweep_strips(z, x, image, first, last)
