"""Normalization of each image by itself, in groups of channels (Wu and He 2018).

Legend: n images of `pixels` rows of C channels in G groups of C / G; x input, y output, dx dy their
gradients, all (n, pixels, C); mean and deviation of each group of each image, the latter as
1 / sqrt(variance + eps). Channels are worked on in spans: several groups, or a part of one, that
fit in LANES.
"""

from cython.parallel cimport prange
from libc.math cimport sqrt

from kernels.parallel cimport team
from kernels.rows cimport CHUNKS, TILE, Piece, chunk, tiles_of

cdef inline Py_ssize_t groups_together(Py_ssize_t width) noexcept nogil:
    return max(1, LANES // width)


cdef inline void spread_groups(
    Py_ssize_t first, Py_ssize_t lanes, Py_ssize_t width, const float *groups, float *channels
) noexcept nogil:
    """Write the number of its group for each of `lanes` channels from channel `first` on."""
    cdef Py_ssize_t c, g = first // width, left = width - first % width
    for c in range(lanes):
        channels[c] = groups[g]
        left -= 1
        if left == 0:
            g += 1
            left = width


cdef void add_to_groups(
    Py_ssize_t first, Py_ssize_t lanes, Py_ssize_t width, const double *channels, double *groups
) noexcept nogil:
    cdef Py_ssize_t c, g = first // width, left = width - first % width
    for c in range(lanes):
        groups[g] += channels[c]
        left -= 1
        if left == 0:
            g += 1
            left = width


cdef void image_moments(
    Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t G, double eps, const float *x, float *mean,
    float *deviation,
) noexcept nogil:
    """Write the statistics of an image: the mean first, then squares of deviations from it."""
    cdef double[LANES] sums, totals
    cdef float[LANES] center
    cdef double difference
    cdef Py_ssize_t width = C // G, together = groups_together(width)
    cdef Py_ssize_t g, count, first, lanes, p, c, start
    cdef int turn
    for start in range((G + together - 1) // together):
        g = start * together
        count = min(together, G - g)
        for turn in range(2):
            for c in range(count):
                totals[c] = 0
            first = 0
            while first < count * width:
                lanes = min(<Py_ssize_t>LANES, count * width - first)
                for c in range(lanes):
                    sums[c] = 0
                    center[c] = 0
                if turn == 1:
                    spread_groups(first, lanes, width, mean + g, center)
                for p in range(pixels):
                    if turn == 0:
                        for c in range(lanes):
                            sums[c] += x[p * C + g * width + first + c]
                    else:
                        for c in range(lanes):
                            difference = x[p * C + g * width + first + c] - center[c]
                            sums[c] += difference * difference
                add_to_groups(first, lanes, width, sums, totals)
                first += lanes
            for c in range(count):
                if turn == 0:
                    mean[g + c] = totals[c] / (pixels * width)
                else:
                    deviation[g + c] = 1 / sqrt(totals[c] / (pixels * width) + eps)


cdef void normalize_groups(
    Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t G, const float *x, const float *weight,
    const float *bias, const float *mean, const float *deviation, float *y,
) noexcept nogil:
    cdef float[LANES] center, scale
    cdef Py_ssize_t width = C // G, first = 0, lanes, p, c
    while first < C:
        lanes = min(<Py_ssize_t>LANES, C - first)
        spread_groups(first, lanes, width, mean, center)
        spread_groups(first, lanes, width, deviation, scale)
        for c in range(lanes):
            scale[c] *= weight[first + c]
        for p in range(pixels):
            for c in range(lanes):
                y[p * C + first + c] = (
                    (x[p * C + first + c] - center[c]) * scale[c] + bias[first + c]
                )
        first += lanes


def group_norm_forward(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t G, double eps,
    const float[::1] x,  # (n, pixels, C)
    const float[::1] weight, const float[::1] bias,  # (C,)
    float[::1] y,  # (n, pixels, C)
    float[::1] saved,  # (2, n, G): mean and deviation
    int threads,
):
    """y = (x - mean) / sqrt(variance + eps) weight + bias, by the statistics of each group of each
    image.
    """
    cdef Py_ssize_t i, image = pixels * C
    cdef float *mean = &saved[0]
    cdef float *deviation = mean + saved.shape[0] // 2
    for i in prange(n, num_threads=team(n * image, threads), nogil=True):
        image_moments(pixels, C, G, eps, &x[i * image], mean + i * G, deviation + i * G)
        normalize_groups(
            pixels, C, G, &x[i * image], &weight[0], &bias[0], mean + i * G, deviation + i * G,
            &y[i * image],
        )


cdef void image_gradient(
    Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t G, const float *x, const float *weight,
    const float *mean, const float *deviation, const float *dy, float *dx,
) noexcept nogil:
    """dx = deviation (g - mean(g) - normal mean(g normal)), g = weight dy."""
    cdef double[LANES] sums, products, sum_totals, product_totals
    cdef float[LANES] center, scale, offsets, slopes, offset, slope
    cdef float g_number, normal
    cdef Py_ssize_t width = C // G, together = groups_together(width)
    cdef Py_ssize_t g, count, first, lanes, p, c, i, start
    for start in range((G + together - 1) // together):
        g = start * together
        count = min(together, G - g)
        for c in range(count):
            sum_totals[c] = 0
            product_totals[c] = 0
        first = 0
        while first < count * width:
            lanes = min(<Py_ssize_t>LANES, count * width - first)
            spread_groups(first, lanes, width, mean + g, center)
            spread_groups(first, lanes, width, deviation + g, scale)
            for c in range(lanes):
                sums[c] = 0
                products[c] = 0
            for p in range(pixels):
                for c in range(lanes):
                    i = p * C + g * width + first + c
                    g_number = dy[i] * weight[g * width + first + c]
                    sums[c] += g_number
                    products[c] += g_number * ((x[i] - center[c]) * scale[c])
            add_to_groups(first, lanes, width, sums, sum_totals)
            add_to_groups(first, lanes, width, products, product_totals)
            first += lanes
        for c in range(count):
            offsets[c] = sum_totals[c] / (pixels * width)
            slopes[c] = product_totals[c] / (pixels * width)
        first = 0
        while first < count * width:
            lanes = min(<Py_ssize_t>LANES, count * width - first)
            spread_groups(first, lanes, width, mean + g, center)
            spread_groups(first, lanes, width, deviation + g, scale)
            spread_groups(first, lanes, width, offsets, offset)
            spread_groups(first, lanes, width, slopes, slope)
            for p in range(pixels):
                for c in range(lanes):
                    i = p * C + g * width + first + c
                    normal = (x[i] - center[c]) * scale[c]
                    g_number = dy[i] * weight[g * width + first + c]
                    dx[i] = scale[c] * (g_number - offset[c] - normal * slope[c])
            first += lanes


def group_norm_backward(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t G,
    const float[::1] x,  # (n, pixels, C)
    const float[::1] weight,  # (C,)
    const float[::1] saved,  # (2, n, G): mean and deviation
    const float[::1] dy, float[::1] dx,  # (n, pixels, C)
    int threads,
):
    """Compute dx; it may be dy."""
    cdef Py_ssize_t i, image = pixels * C
    cdef const float *mean = &saved[0]
    cdef const float *deviation = mean + saved.shape[0] // 2
    for i in prange(n, num_threads=team(n * image, threads), nogil=True):
        image_gradient(
            pixels, C, G, &x[i * image], &weight[0], mean + i * G, deviation + i * G,
            &dy[i * image], &dx[i * image],
        )


def row_sums_scratch_size(Py_ssize_t C):
    """Return the floats of scratch that sums over the rows of C channels need: two a chunk."""
    return 2 * CHUNKS * C


cdef void group_norm_sums(
    Piece at, Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t G, const float *x, const float *dy,
    const float *mean, const float *deviation, float *products, float *sums,
) noexcept nogil:
    cdef double[TILE] wide_products, wide_sums
    cdef float[TILE] center, scale
    cdef Py_ssize_t row, c, i, image, last = -1
    for c in range(at.width):
        wide_products[c] = 0
        wide_sums[c] = 0
    for row in range(at.row, at.row + at.rows):
        image = row // pixels
        if image != last:
            spread_groups(at.c, at.width, C // G, mean + image * G, center)
            spread_groups(at.c, at.width, C // G, deviation + image * G, scale)
            last = image
        for c in range(at.width):
            i = row * C + at.c + c
            wide_sums[c] += dy[i]
            wide_products[c] += dy[i] * ((x[i] - center[c]) * scale[c])
    for c in range(at.width):
        sums[c] = wide_sums[c]
        products[c] = wide_products[c]


cdef void merge_row_sums(Py_ssize_t C, const float *sums, float *total) noexcept nogil:
    """Sum up what the chunks have: (CHUNKS, C) to (C,)."""
    cdef Py_ssize_t i, c
    for c in range(C):
        total[c] = 0
    for i in range(CHUNKS):
        for c in range(C):
            total[c] += sums[i * C + c]


def group_norm_weight_gradient(
    Py_ssize_t n, Py_ssize_t pixels, Py_ssize_t C, Py_ssize_t G,
    const float[::1] x,  # (n, pixels, C)
    const float[::1] saved,  # (2, n, G): mean and deviation
    const float[::1] dy,  # (n, pixels, C)
    float[::1] dweight, float[::1] dbias,  # (C,)
    float[::1] scratch,  # (row_sums_scratch_size(C),)
    int threads,
):
    """dweight = the sum over images and pixels of dy (x - mean) deviation, dbias = that of dy."""
    cdef Py_ssize_t i, to
    cdef Piece at
    cdef const float *mean = &saved[0]
    cdef const float *deviation = mean + saved.shape[0] // 2
    cdef float *products = &scratch[0]
    cdef float *sums = products + CHUNKS * C
    for i in prange(
        CHUNKS * tiles_of(C), num_threads=team(n * pixels * C, threads), nogil=True
    ):
        at = chunk(i, n * pixels, C)
        to = i // tiles_of(C) * C + at.c
        group_norm_sums(
            at, pixels, C, G, &x[0], &dy[0], mean, deviation, products + to, sums + to
        )
    merge_row_sums(C, products, &dweight[0])
    merge_row_sums(C, sums, &dbias[0])
