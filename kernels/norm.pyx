# cython: language_level=3
"""Batch normalization (Ioffe and Szegedy 2015): statistics, forward and backward.

Legend: x input, y output, dx dy their gradients, all (rows, C) with one row per pixel of the batch.

Narrow rows are treated as wider ones, `fold` of them side by side, so that the loops over channels
fill the vectors; wide ones in tiles of LANES channels. Sums are taken in float over blocks of rows
and added up in double, in an order that does not depend on the number of threads. Deviations are
taken from the mean of the block before: where that is far away the variance is large, too, so the
result stays precise whatever the mean.
"""

from cython.parallel cimport prange
from libc.math cimport sqrt
from libc.string cimport memset

cdef enum:
    LANES = 256  # numbers side by side in one pass
    DEPTH = 32  # rows of them in a block
    CHUNKS = 32  # parts of the batch with statistics of their own
    PART = 32768  # numbers per work item of an elementwise pass
    SMALL = 20000  # numbers below which a second thread costs more than it brings


cdef Py_ssize_t folding(Py_ssize_t C) noexcept nogil:
    """Return how many rows are treated as one."""
    return LANES // C if C < LANES else 1


cdef inline Py_ssize_t chunk_start(Py_ssize_t chunk, Py_ssize_t rows) noexcept nogil:
    return chunk * rows // CHUNKS


cdef void repeat(
    Py_ssize_t fold, Py_ssize_t width, const float* values, float* lanes
) noexcept nogil:
    cdef Py_ssize_t i, c
    for i in range(fold):
        for c in range(width):
            lanes[i * width + c] = values[c]


cdef void block_moments(
    Py_ssize_t depth, Py_ssize_t stride, Py_ssize_t lanes, const float* x, const float* center,
    float* sums, float* squares,
) noexcept nogil:
    """Write the sum of x - center and of its square in each lane; four rows at a time, because
    the sums wait for one another.
    """
    cdef Py_ssize_t i, c
    cdef float a, b, d, e
    memset(sums, 0, lanes * sizeof(float))
    memset(squares, 0, lanes * sizeof(float))
    for i in range(depth // 4):
        for c in range(lanes):
            a = x[4 * i * stride + c] - center[c]
            b = x[(4 * i + 1) * stride + c] - center[c]
            d = x[(4 * i + 2) * stride + c] - center[c]
            e = x[(4 * i + 3) * stride + c] - center[c]
            sums[c] += (a + b) + (d + e)
            squares[c] += (a * a + b * b) + (d * d + e * e)
    for i in range(depth - depth % 4, depth):
        for c in range(lanes):
            a = x[i * stride + c] - center[c]
            sums[c] += a
            squares[c] += a * a


cdef void merge_block(
    double before, double added, Py_ssize_t width, const float* sums, const float* squares,
    float* center, double* mean, double* total,
) noexcept nogil:
    """Let `added` rows join the `before` ones (Chan, Golub and LeVeque 1979); move the center."""
    cdef Py_ssize_t c
    cdef double block_mean, difference, part = added / (before + added)
    for c in range(width):
        block_mean = center[c] + sums[c] / added
        total[c] += squares[c] - sums[c] * <double>sums[c] / added
        difference = block_mean - mean[c]
        mean[c] += difference * part
        total[c] += difference * difference * before * part
        center[c] = block_mean


cdef void chunk_moments(
    Py_ssize_t rows, Py_ssize_t C, Py_ssize_t width, Py_ssize_t fold, const float* x,
    double* mean, double* total,
) noexcept nogil:
    """Write mean and summed squared deviations of `width` channels over some rows."""
    cdef Py_ssize_t i, row = 0, depth, side
    cdef float[LANES] center, sums, squares
    memset(mean, 0, width * sizeof(double))
    memset(total, 0, width * sizeof(double))
    if rows > 0:
        repeat(fold, width, x, center)
    while row < rows:
        side = fold if rows - row >= fold else 1
        depth = min(DEPTH, (rows - row) // side)
        block_moments(depth, side * C, side * width, x + row * C, center, sums, squares)
        for i in range(side):
            merge_block(
                row + i * depth, depth, width, sums + i * width, squares + i * width,
                center + i * width, mean, total,
            )
        row += depth * side


cdef void finish_moments(
    Py_ssize_t rows, Py_ssize_t C, double momentum, double eps, const double* means,
    const double* squares, float* running_mean, float* running_var, float* saved,
) noexcept nogil:
    """Merge the chunks; save mean and 1 / deviation; move the running statistics."""
    cdef Py_ssize_t c, chunk, count
    cdef double mean, square, difference, seen
    for c in range(C):
        mean = 0
        square = 0
        seen = 0
        for chunk in range(CHUNKS):
            count = chunk_start(chunk + 1, rows) - chunk_start(chunk, rows)
            if count == 0:
                continue
            difference = means[chunk * C + c] - mean
            mean += difference * count / (seen + count)
            square += squares[chunk * C + c] + difference * difference * seen * count / (
                seen + count
            )
            seen += count
        saved[c] = mean
        saved[C + c] = 1 / sqrt(square / rows + eps)
        running_mean[c] += momentum * (mean - running_mean[c])
        running_var[c] += momentum * (square / max(1, rows - 1) - running_var[c])


cdef void normalize_part(
    Py_ssize_t rows, Py_ssize_t C, Py_ssize_t width, Py_ssize_t fold, bint relu,
    const float* x, const float* mean, const float* scale, const float* shift, float* y,
) noexcept nogil:
    """y = (x - mean) scale + shift in `width` channels of some rows."""
    cdef float[LANES] means, scales, shifts
    cdef Py_ssize_t row = 0, c, side
    cdef float value
    repeat(fold, width, mean, means)
    repeat(fold, width, scale, scales)
    repeat(fold, width, shift, shifts)
    while row < rows:
        side = min(fold, rows - row)
        for c in range(side * width):
            value = (x[row * C + c] - means[c]) * scales[c] + shifts[c]
            y[row * C + c] = 0 if relu and value < 0 else value
        row += side


cdef void normalize(
    Py_ssize_t rows, Py_ssize_t C, bint relu, const float* x, const float* mean,
    const float* scale, const float* shift, float* y, int threads,
) noexcept nogil:
    cdef Py_ssize_t fold = folding(C), part = max(1, PART // (fold * C)) * fold
    cdef Py_ssize_t i, row, c, tiles = (C + LANES - 1) // LANES
    for i in prange(
        (rows + part - 1) // part * tiles,
        num_threads=threads, use_threads_if=rows * C > SMALL, schedule="static",
    ):
        row = i // tiles * part
        c = i % tiles * LANES
        normalize_part(
            min(part, rows - row), C, min(LANES, C - c), fold, relu,
            x + row * C + c, mean + c, scale + c, shift + c, y + row * C + c,
        )


def bn_scratch_size(Py_ssize_t C):
    """Return the floats of scratch that C channels need: two doubles for each chunk."""
    return CHUNKS * 2 * C * 2


def bn_forward_training(
    Py_ssize_t rows, Py_ssize_t C, double momentum, double eps,
    const float[::1] x, const float[::1] weight, const float[::1] bias,
    float[::1] running_mean, float[::1] running_var, float[::1] y, float[::1] saved,
    float[::1] scratch, bint relu, int threads,
):
    """y = (x - mean) / sqrt(variance + eps) weight + bias with the statistics of this batch, then
    max(y, 0) if `relu`; saved = mean, 1 / sqrt(variance + eps). The running statistics move by
    momentum towards the mean and the unbiased variance.
    """
    cdef Py_ssize_t i, c, chunk, start, tiles = (C + LANES - 1) // LANES
    cdef double* means = <double*>&scratch[0]
    cdef double* squares = means + CHUNKS * C
    cdef float* scale = &scratch[0]
    for i in prange(
        CHUNKS * tiles, num_threads=threads, use_threads_if=rows * C > SMALL,
        schedule="static", nogil=True,
    ):
        chunk = i // tiles
        c = i % tiles * LANES
        start = chunk_start(chunk, rows)
        chunk_moments(
            chunk_start(chunk + 1, rows) - start, C, min(LANES, C - c), folding(C),
            &x[0] + start * C + c, means + chunk * C + c, squares + chunk * C + c,
        )
    with nogil:
        finish_moments(
            rows, C, momentum, eps, means, squares,
            &running_mean[0], &running_var[0], &saved[0],
        )
        for c in range(C):
            scale[c] = weight[c] * saved[C + c]
        normalize(rows, C, relu, &x[0], &saved[0], scale, &bias[0], &y[0], threads)


def bn_forward(
    Py_ssize_t rows, Py_ssize_t C, double eps,
    const float[::1] x, const float[::1] weight, const float[::1] bias,
    const float[::1] running_mean, const float[::1] running_var, float[::1] y,
    bint relu, int threads,
):
    """y = (x - running_mean) / sqrt(running_var + eps) weight + bias, then max(y, 0) if `relu`;
    y may be x.
    """
    cdef Py_ssize_t fold = folding(C), part = max(1, PART // (fold * C)) * fold
    cdef Py_ssize_t i, row, c, tiles = (C + LANES - 1) // LANES
    for i in prange(
        (rows + part - 1) // part * tiles,
        num_threads=threads, use_threads_if=rows * C > SMALL, schedule="static", nogil=True,
    ):
        row = i // tiles * part
        c = i % tiles * LANES
        predict_part(
            min(part, rows - row), C, min(LANES, C - c), fold, eps, relu, &x[row * C + c],
            &weight[c], &bias[c], &running_mean[c], &running_var[c], &y[row * C + c],
        )


cdef void predict_part(
    Py_ssize_t rows, Py_ssize_t C, Py_ssize_t width, Py_ssize_t fold, double eps, bint relu,
    const float* x, const float* weight, const float* bias,
    const float* mean, const float* variance, float* y,
) noexcept nogil:
    cdef float[LANES] scale
    cdef Py_ssize_t c
    for c in range(width):
        scale[c] = weight[c] / sqrt(variance[c] + eps)
    normalize_part(rows, C, width, fold, relu, x, mean, scale, bias, y)


cdef void block_sums(
    Py_ssize_t depth, Py_ssize_t stride, Py_ssize_t lanes, bint relu,
    const float* x, const float* y, const float* dy, const float* means,
    float* sums, float* products,
) noexcept nogil:
    """Write sum(g) and sum(g (x - mean)) of each lane, g = dy where the relu is open."""
    cdef Py_ssize_t i, c
    cdef float gradient
    memset(sums, 0, lanes * sizeof(float))
    memset(products, 0, lanes * sizeof(float))
    for i in range(depth):
        for c in range(lanes):
            gradient = dy[i * stride + c]
            if relu:
                gradient = gradient if y[i * stride + c] > 0 else 0
            sums[c] += gradient
            products[c] += gradient * (x[i * stride + c] - means[c])


cdef void chunk_sums(
    Py_ssize_t rows, Py_ssize_t C, Py_ssize_t width, Py_ssize_t fold, bint relu,
    const float* x, const float* y, const float* dy, const float* mean,
    double* sums, double* products,
) noexcept nogil:
    cdef float[LANES] means, block_sum, block_product
    cdef Py_ssize_t i, c, row = 0, depth, side
    repeat(fold, width, mean, means)
    memset(sums, 0, width * sizeof(double))
    memset(products, 0, width * sizeof(double))
    while row < rows:
        side = fold if rows - row >= fold else 1
        depth = min(DEPTH, (rows - row) // side)
        block_sums(
            depth, side * C, side * width, relu, x + row * C, y + row * C, dy + row * C,
            means, block_sum, block_product,
        )
        for i in range(side):
            for c in range(width):
                sums[c] += block_sum[i * width + c]
                products[c] += block_product[i * width + c]
        row += depth * side


cdef void gradient_part(
    Py_ssize_t rows, Py_ssize_t C, Py_ssize_t width, Py_ssize_t fold, bint relu,
    const float* x, const float* y, const float* dy, const float* mean,
    const float* scale, const float* offset, const float* slope, float* dx,
) noexcept nogil:
    """dx = scale (g - offset - slope (x - mean)) in `width` channels of some rows."""
    cdef float[LANES] means, scales, offsets, slopes
    cdef Py_ssize_t row = 0, i, c, side
    cdef float gradient
    repeat(fold, width, mean, means)
    repeat(fold, width, scale, scales)
    repeat(fold, width, offset, offsets)
    repeat(fold, width, slope, slopes)
    while row < rows:
        side = min(fold, rows - row)
        for c in range(side * width):
            i = row * C + c
            gradient = dy[i]
            if relu:
                gradient = gradient if y[i] > 0 else 0
            dx[i] = scales[c] * (gradient - offsets[c] - slopes[c] * (x[i] - means[c]))
        row += side


def bn_backward(
    Py_ssize_t rows, Py_ssize_t C,
    const float[::1] x, const float[::1] y, const float[::1] dy, const float[::1] weight,
    const float[::1] saved, float[::1] dx, float[::1] dweight, float[::1] dbias,
    float[::1] scratch, bint relu, int threads,
):
    """With g = dy (0 where `relu` and y <= 0), mean and s = 1 / sqrt(variance + eps) from `saved`:
    dbias = sum(g), dweight = sum(g (x - mean) s),
    dx = weight s (g - dbias / rows - (x - mean) s dweight / rows).
    dx may be dy, or empty where it is not wanted.
    """
    cdef Py_ssize_t fold = folding(C), part = max(1, PART // (fold * C)) * fold
    cdef Py_ssize_t i, c, row, chunk, start, tiles = (C + LANES - 1) // LANES
    cdef double* sums = <double*>&scratch[0]
    cdef double* products = sums + CHUNKS * C
    cdef float* scale = &scratch[0]
    cdef float* offset = scale + C
    cdef float* slope = offset + C
    cdef double total, product
    for i in prange(
        CHUNKS * tiles, num_threads=threads, use_threads_if=rows * C > SMALL,
        schedule="static", nogil=True,
    ):
        chunk = i // tiles
        c = i % tiles * LANES
        start = chunk_start(chunk, rows)
        chunk_sums(
            chunk_start(chunk + 1, rows) - start, C, min(LANES, C - c), fold, relu,
            &x[0] + start * C + c, &y[0] + start * C + c, &dy[0] + start * C + c, &saved[c],
            sums + chunk * C + c, products + chunk * C + c,
        )
    for c in range(C):
        total = 0
        product = 0
        for chunk in range(CHUNKS):
            total += sums[chunk * C + c]
            product += products[chunk * C + c]
        dbias[c] = total
        dweight[c] = product * saved[C + c]
    if dx.shape[0] == 0:
        return
    for c in range(C):
        scale[c] = weight[c] * saved[C + c]
        offset[c] = dbias[c] / rows
        slope[c] = dweight[c] * saved[C + c] / rows
    for i in prange(
        (rows + part - 1) // part * tiles,
        num_threads=threads, use_threads_if=rows * C > SMALL, schedule="static", nogil=True,
    ):
        row = i // tiles * part
        c = i % tiles * LANES
        gradient_part(
            min(part, rows - row), C, min(LANES, C - c), fold, relu,
            &x[row * C + c], &y[row * C + c], &dy[row * C + c], &saved[c],
            scale + c, offset + c, slope + c, &dx[row * C + c],
        )
