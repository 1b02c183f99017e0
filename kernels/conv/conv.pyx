# cython: language_level=3
"""Convolution: forward, backward-data and backward-weights, direct and in float32.

Legend: N (n in a call) images, C input channels, K filters, H W input, P Q output, R S window;
x input, y output, dx dy dweight dbias gradients. x and y are NHWC. Weights are in panels of 16
filters, [groups][K/16][C/16][R][S][16][16], with zeros in the lanes beyond a group's last filter;
the last of its blocks of 16 channels may have fewer.

Every output element is the work of one thread, and adds its products in an order that shapes
alone decide; so results are the same bits for any number of threads and any batch.
"""

from cython.parallel cimport prange
from openmp cimport omp_get_wtime

from kernels.conv.correlate cimport Work, correlate, correlate_floats
from kernels.geometry cimport (
    PANEL, ZERO, Axis, Correlation, Gather, Normal,
    adjoint_axis, ceil_div, forward_axis, in_pairs, inside, span,
)
from kernels.normalize cimport normal_of
from kernels.conv.planar cimport convolve_planar, is_planar, planar_floats
from kernels.conv.weight_gradient cimport Gradient, gradient_floats, sum_gradient, cut_for_sums


cdef extern from "conv/peak.h" nogil:
    int LANES
    int PEAK_SUMS
    void multiply_add(Py_ssize_t steps)

cdef enum:
    PACK_FLOATS = 128 * 1024   # of a slab: half of a usual second-level cache
    FEWEST_COLUMNS = 64        # of a slab, however many channels there are
    IMAGE_PIXELS = 256         # of a slab of several images
    FEW_CHANNELS = 4           # to be gathered
    MOST_GATHERED = 128        # channels by taps


def panel_size(Py_ssize_t K, Py_ssize_t C, Py_ssize_t R, Py_ssize_t S, Py_ssize_t groups):
    """Return the floats of weights in panels."""
    return groups * ceil_div(K // groups, PANEL) * PANEL * R * S * (C // groups)


cdef Correlation correlation(
    Axis rows, Axis cols, Py_ssize_t groups, Py_ssize_t C, Py_ssize_t K, int fill,
) noexcept nogil:
    """Choose the largest slab: its packed source is to stay in the second-level cache."""
    cdef Correlation t
    cdef Py_ssize_t pixels = PACK_FLOATS // (ceil_div(C, PANEL) * PANEL)
    t.normal = Normal(NULL, NULL, NULL)
    t.gather = Gather(0, 0, 0, 0, 0)
    t.pools = False
    t.rows, t.cols, t.groups, t.C, t.K, t.fill, t.images = rows, cols, groups, C, K, fill, 1
    t.target_step = groups * K
    t.slab_cols = count_fitting(&cols, pixels // rows.reach, FEWEST_COLUMNS)
    t.slab_rows = count_fitting(&rows, pixels // span(&cols, t.slab_cols), 1)
    if t.slab_rows == rows.positions and t.slab_cols == cols.positions:
        pixels //= span(&rows, t.slab_rows) * span(&cols, t.slab_cols)
        t.images = max(1, min(pixels, IMAGE_PIXELS // (t.slab_rows * t.slab_cols)))
    return t


cdef Correlation gather_columns(Correlation t) noexcept nogil:
    """Return a convolution of few channels as one of more channels by a single column of taps.

    In the panels, the weights of a row of taps follow one another as those of channels do.
    """
    cdef Axis cols = t.cols
    cdef Py_ssize_t together = cols.taps * t.C
    if t.C > FEW_CHANNELS or cols.taps == 1 or together > MOST_GATHERED:
        return t
    if t.groups > 1 or cols.dilation > 1:
        return t
    t = correlation(
        t.rows, forward_axis(cols.outputs, cols.outputs, 1, 1, 0, 1), 1, together, t.K, t.fill
    )
    t.gather = Gather(cols.taps, together // cols.taps, cols.size, cols.stride, cols.pad)
    return t


cdef void pool_outputs(Correlation *t) noexcept nogil:
    """Have the outputs pooled, in slabs of whole windows; how sums are cut up stays the same."""
    t.pools = True
    t.slab_rows = in_pairs(t, t.slab_rows)
    t.slab_cols = in_pairs(t, t.slab_cols)


cdef Py_ssize_t count_fitting(
    const Axis *axis, Py_ssize_t pixels, Py_ssize_t fewest,
) noexcept nogil:
    """Return how many positions read at most `pixels` source pixels."""
    return min(axis.positions, max((pixels - axis.reach) // axis.stride + 1, fewest))


cdef float *align(float *start) noexcept nogil:
    """Return the first cache line at or after `start`."""
    return <float *> ((<size_t> start + 63) & ~<size_t> 63)


cdef class Convolution:
    """The sizes of a convolution of up to `batch` images, and how its passes cut up their work.

    Pads at the bottom and right follow from P and Q. `fill` is 0 for zeros, 1 for reflection,
    2 for the edge's pixel. `scratch_size` floats are enough for every pass, `forward_scratch` for
    Forward and `data_scratch` for BackwardData. If `planar`, Forward knows no `target_step`, and if
    padding repeats pixels, BackwardData none. If it `pools`, Forward writes only the largest of
    every 2 x 2 outputs, without an odd row or column; not for windows of one pixel.
    """

    cdef Correlation forward
    cdef Correlation gathered  # forward and gradient, without a normal
    cdef Correlation backward
    cdef Correlation gradient
    cdef Correlation gathered_gradient
    cdef Py_ssize_t H
    cdef Py_ssize_t W
    cdef Py_ssize_t pt
    cdef Py_ssize_t pl
    cdef readonly bint planar  # forward, without a residual
    cdef bint in_one_row       # the pixels of all images, if every one is on its own
    cdef int threads
    cdef readonly Py_ssize_t forward_scratch
    cdef readonly Py_ssize_t data_scratch
    cdef readonly Py_ssize_t scratch_size

    def __init__(
        self, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t K, Py_ssize_t R, Py_ssize_t S,
        Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t pt, Py_ssize_t pl, Py_ssize_t P, Py_ssize_t Q,
        Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t groups, int fill, Py_ssize_t batch, int threads,
        bint pools=False,
    ):
        self.H, self.W, self.pt, self.pl, self.threads = H, W, pt, pl, threads
        self.in_one_row = R == S == sh == sw == 1 and P == H and Q == W and pt == pl == 0
        if self.in_one_row:
            H, W, P, Q = 1, batch * H * W, 1, batch * P * Q
            fill = ZERO
        C //= groups
        K //= groups
        self.forward = correlation(
            forward_axis(H, P, R, sh, pt, dh), forward_axis(W, Q, S, sw, pl, dw), groups, C, K, fill
        )
        self.gradient = cut_for_sums(self.forward)
        self.planar = is_planar(&self.forward)
        self.gathered = gather_columns(self.forward)
        self.gathered_gradient = cut_for_sums(self.gathered)
        if pools:
            pool_outputs(&self.forward)
            pool_outputs(&self.gathered)
        if fill != ZERO:  # the gradient of the padded image comes first
            H = max(H + pt, (P - 1) * sh + (R - 1) * dh + 1)
            W = max(W + pl, (Q - 1) * sw + (S - 1) * dw + 1)
            pt = pl = 0
        self.backward = correlation(
            adjoint_axis(P, H, R, sh, pt, dh), adjoint_axis(Q, W, S, sw, pl, dw), groups, K, C, ZERO
        )
        self.forward_scratch = PANEL + threads * max(
            correlate_floats(&self.forward), correlate_floats(&self.gathered),
            planar_floats(&self.forward) if self.planar else 0,
        )
        self.data_scratch = (
            PANEL + self.padded_floats(min(batch, threads))
            + threads * correlate_floats(&self.backward)
        )
        self.scratch_size = max(
            self.forward_scratch, self.data_scratch,
            PANEL + gradient_floats(&self.gradient, threads),
            PANEL + gradient_floats(&self.gathered_gradient, threads),
        )

    cdef Py_ssize_t padded_floats(self, Py_ssize_t n) noexcept nogil:
        """Return the floats of n images' padded gradients, if padding repeats pixels."""
        cdef Correlation *t = &self.backward
        if self.forward.fill == ZERO:
            return 0
        return ceil_div(n * t.rows.outputs * t.cols.outputs * t.groups * t.K, PANEL) * PANEL

    cdef Correlation for_images(self, Correlation t, Py_ssize_t *n) noexcept nogil:
        """Return a correlation for n images; if in one row, n becomes one."""
        if self.in_one_row and n[0] > 0:
            t.cols.size = t.cols.outputs = t.cols.positions = n[0] * self.H * self.W
            n[0] = 1
        return t


cdef class Bound:
    """A pass with the arrays it works on: small ones would take longer to hand over at every call
    than to compute. It is called with n. From one pixel of the target to the next are its channels,
    or `target_step` floats; a residual is laid out alike.
    """

    cdef Convolution g
    cdef const float[::1] source
    cdef const float[::1] weight
    cdef const float[::1] bias
    cdef const float[::1] residual
    cdef float[::1] target
    cdef float[::1] scratch
    cdef int activation
    cdef Py_ssize_t target_step

    def __init__(
        self, Convolution g,
        const float[::1] source,  # (N, H, W, C) forward, (N, P, Q, K) backward
        const float[::1] weight,  # (groups, K/16, C/16, R, S, 16, 16): see panel_size
        const float[::1] bias,  # (K,) forward, (C,) backward
        const float[::1] residual, float[::1] target,  # (N, P, Q, K) forward, (N, H, W, C) backward
        float[::1] scratch,  # (scratch_size,)
        int activation, Py_ssize_t target_step=0,
    ):
        self.g, self.source, self.weight, self.bias = g, source, weight, bias
        self.residual, self.target, self.scratch = residual, target, scratch
        self.activation, self.target_step = activation, target_step

    cdef Correlation for_arrays(self, Correlation t, Py_ssize_t *n) noexcept:
        """Return a correlation for n images that lie where the arrays say."""
        t = self.g.for_images(t, n)
        t.target_step = self.target_step or t.target_step
        return t

    cdef Work work(self) noexcept:
        cdef Work work
        work.x, work.weight, work.y = &self.source[0], &self.weight[0], &self.target[0]
        work.bias = &self.bias[0] if self.bias.shape[0] else NULL
        work.residual = &self.residual[0] if self.residual.shape[0] else NULL
        work.activation = self.activation
        return work


cdef class Forward(Bound):
    """y[p, q, k] = b[k] + sum of r, s, c: x[p*sh + r*dh - pt, q*sw + s*dw - pl, c] w[k, c, r, s]

    Plus the residual, which is like y and may be y; then the activation (see vectors.h). Empty
    arrays are none. A normal is applied to x first, to its pixels but not to its padding. What is
    pooled has no residual.
    """

    cdef const float[::1] normal  # (3, normal_lanes(C))

    def __init__(self, *arguments, const float[::1] normal=None, **steps):
        super().__init__(*arguments, **steps)
        self.normal = normal

    def __call__(self, Py_ssize_t n):
        cdef Convolution g = self.g
        cdef Correlation t = self.for_arrays(g.gathered if self.normal is None else g.forward, &n)
        cdef Work work
        if n == 0:
            return
        work = self.work()
        work.t = &t
        t.normal = normal_of(self.normal, t.groups * t.C)
        with nogil:
            if g.planar and work.residual == NULL and t.normal.mean == NULL:
                convolve_planar(
                    &g.forward, n, work.x, work.weight, work.bias, work.y, work.activation,
                    align(&self.scratch[0]), g.threads,
                )
            else:
                correlate(&work, n, align(&self.scratch[0]), g.threads)


cdef class BackwardData(Bound):
    """dx[h, w, c] = b[c] + sum of dy[p, q, k] w[k, r, s, c] over every product of x[h, w, c]

    The adjoint of Forward without its bias; with one (of C) it is a transposed convolution.
    Residual as there; the only activation is relu.
    """

    def __call__(self, Py_ssize_t n):
        cdef Convolution g = self.g
        cdef Correlation t = self.for_arrays(g.backward, &n)
        cdef Work work
        cdef float *start = align(&self.scratch[0])
        if n == 0:
            return
        work = self.work()
        work.t = &t
        with nogil:
            if g.forward.fill == ZERO:
                correlate(&work, n, start, g.threads)
            else:
                correlate_padded(g, &work, n, start)


def conv_backward_weights(
    Convolution g, Py_ssize_t n,
    const float[::1] x,  # (n, H, W, C)
    const float[::1] dy,  # (n, P, Q, K)
    float[::1] dweight,  # (groups, K/16, C/16, R, S, 16, 16)
    float[::1] scratch,  # (scratch_size,)
    const float[::1] normal=None,  # (3, normal_lanes(C))
):
    """dw[k, c, r, s] = sum of images, p, q: x[p*sh + r*dh - pt, q*sw + s*dw - pl, c] dy[p, q, k]

    Lanes of dweight beyond a group's last filter are set to zero. A normal as in Forward.
    """
    cdef Correlation t = g.for_images(
        g.gathered_gradient if normal is None else g.gradient, &n
    )
    cdef Gradient z
    t.normal = normal_of(normal, t.groups * t.C)
    z.t = &t
    z.x = &x[0] if n else NULL
    z.dy = &dy[0] if n else NULL
    z.dweight, z.scratch, z.threads = &dweight[0], align(&scratch[0]), g.threads
    with nogil:
        sum_gradient(&z, n)


cdef void correlate_padded(
    Convolution g, const Work *work, Py_ssize_t n, float *scratch,
) noexcept nogil:
    """Compute gradients of padded images, as many at a time as there are threads, and fold them."""
    cdef Work padded = work[0]
    cdef const Correlation *t = work.t
    cdef Py_ssize_t part, image, together
    padded.y = scratch
    padded.bias = padded.residual = NULL
    padded.activation = 0
    scratch += g.padded_floats(min(n, g.threads))
    for part in range(ceil_div(n, g.threads)):
        image = part * g.threads
        together = min(n - image, g.threads)
        padded.x = work.x + image * t.rows.size * t.cols.size * t.groups * t.C
        correlate(&padded, together, scratch, g.threads)
        fold_padding(g, image, together, padded.y, work)


cdef void fold_padding(
    Convolution g, Py_ssize_t image, Py_ssize_t n, const float *padded, const Work *work,
) noexcept nogil:
    """Add the gradients of padded pixels to those of the pixels they repeat, in n images."""
    cdef Correlation *t = &g.backward
    cdef Py_ssize_t channels = t.groups * t.K, item, H = g.H
    for item in prange(n * H, num_threads=g.threads):
        fold_row(
            g, item % H, padded + item // H * t.rows.outputs * t.cols.outputs * channels, work,
            (image * H + item) * g.W * channels,
        )


cdef void fold_row(
    Convolution g, Py_ssize_t h, const float *padded, const Work *work, Py_ssize_t offset,
) noexcept nogil:
    """Sum one row of dx over all padded pixels it stands for, from the top left on."""
    cdef Py_ssize_t channels = g.backward.groups * g.backward.K
    cdef Py_ssize_t row, col, c
    cdef float *dx = work.y + offset
    cdef float *pixel
    cdef float start
    for col in range(g.W):
        for c in range(channels):
            start = work.bias[c] if work.bias != NULL else 0
            if work.residual != NULL:
                start += work.residual[offset + col * channels + c]
            dx[col * channels + c] = start
    for row in range(g.backward.rows.outputs):
        if inside(row - g.pt, g.H, g.forward.fill) != h:
            padded += g.backward.cols.outputs * channels
            continue
        for col in range(g.backward.cols.outputs):
            pixel = dx + inside(col - g.pl, g.W, g.forward.fill) * channels
            for c in range(channels):
                pixel[c] += padded[c]
            padded += channels
    if work.activation:
        for c in range(g.W * channels):
            dx[c] = 0 if dx[c] < 0 else dx[c]


def peak_gflops(double seconds, int threads):
    """Return the billions of float operations per second of multiply-adds alone, measured.

    The best of many short slices counts, as other programs may hold a processor now and then.
    """
    cdef Py_ssize_t steps = 100_000
    cdef int _thread
    cdef double start, now, end, best = 1e9
    with nogil:
        end = omp_get_wtime() + seconds
        while True:
            start = omp_get_wtime()
            for _thread in prange(threads, num_threads=threads):
                multiply_add(steps)
            now = omp_get_wtime()
            best = min(best, now - start)
            if now >= end:
                break
    return 2e-9 * threads * steps * PEAK_SUMS * LANES / best
