"""The losses of networks that answer for every pixel: weighted cross-entropy and soft Dice.

Legend: n pixels, K classes, p probabilities, t targets.
"""

from cython.parallel cimport prange
from libc.math cimport log
from libc.string cimport memset

from kernels.elementwise.vector_math cimport exponential

cdef enum:
    PIXELS = 2048  # pixels summed by one thread, whatever the number of threads
    CLASS_SUMS = 3  # of a class: p t, p p, t t


cdef double pixel(
    Py_ssize_t K, double smoothing, const float *logits, int label, double weight, float *p,
    double *sums,
) noexcept nogil:
    """Return the weighted cross-entropy of a pixel; write p, add to the sums of Dice.

    A pixel without a label takes part in nothing.
    """
    cdef Py_ssize_t k
    cdef double total = 0, distance = 0
    cdef float largest = logits[0]
    if label < 0:
        return 0
    for k in range(1, K):
        largest = logits[k] if logits[k] > largest else largest
    for k in range(K):
        p[k] = exponential(logits[k] - largest)
        total += p[k]
        distance += (<double>largest - logits[k]) / K
    for k in range(K):
        p[k] = p[k] / <float>total
        sums[CLASS_SUMS * k + 1] += <double>p[k] * p[k]
    sums[CLASS_SUMS * label] += p[label]
    sums[CLASS_SUMS * label + 2] += 1
    distance = smoothing * distance if smoothing > 0 else 0
    return weight * (
        log(total) + (1 - smoothing) * (<double>largest - logits[label]) + distance
    )


cdef void pixel_gradient(
    Py_ssize_t K, double smoothing, int label, double cross, double dice, const double *slopes,
    float *p,
) noexcept nogil:
    """Turn p into the gradient of the logits; cross and dice are the shares of the two losses."""
    cdef Py_ssize_t k
    cdef double mean = 0, slope, target
    if label < 0:
        memset(p, 0, K * sizeof(float))
        return
    if dice > 0:
        for k in range(K):
            mean += p[k] * (slopes[2 * k] * (k == label) + slopes[2 * k + 1] * p[k])
    for k in range(K):
        target = (1 - smoothing) * (k == label) + smoothing / K
        slope = 0
        if dice > 0:
            slope = slopes[2 * k] * (k == label) + slopes[2 * k + 1] * p[k] - mean
        p[k] = <float>(cross * (p[k] - target) + dice * p[k] * slope)


def pixel_scratch_size(Py_ssize_t n, Py_ssize_t K):
    """Return the doubles of scratch that n pixels need."""
    return ((n + PIXELS - 1) // PIXELS) * (CLASS_SUMS * K + 1) + (CLASS_SUMS + 2) * K


def pixel_losses(
    Py_ssize_t n, Py_ssize_t K, double smoothing, double cross, double dice,
    const float[::1] logits,  # (n, K)
    const int[::1] labels,  # (n,), below 0 where a pixel has none
    const double[::1] weights,  # (K,)
    float[::1] dlogits,  # (n, K)
    double[::1] scratch,  # (pixel_scratch_size(n, K),)
    int threads,
):
    """Return (cross-entropy, Dice loss); dlogits = gradient of cross*first + dice*second.

    Cross-entropy: mean of -sum(t log p) over the pixels with a label, by weights[label], p =
    softmax(logits), t = (1 - smoothing) onehot + smoothing / K. Dice: 1 - mean over classes of 2
    sum(p t) / (sum(p p) + sum(t t)), t onehot, sums over the same pixels (Milletari et al. 2016,
    arXiv:1606.04797), over the classes with a pixel. Both are 0 where no pixel has a label.
    """
    cdef Py_ssize_t chunks = (n + PIXELS - 1) // PIXELS, size = CLASS_SUMS * K + 1
    cdef Py_ssize_t chunk, i, k
    cdef double *sums
    cdef double *total = &scratch[chunks * size]
    cdef double *slopes = total + CLASS_SUMS * K
    cdef double entropy = 0, weight = 0, overlap = 0, below
    cdef int present = 0
    for chunk in prange(chunks, num_threads=threads, nogil=True):
        sums = &scratch[chunk * size]
        memset(sums, 0, size * sizeof(double))
        for i in range(chunk * PIXELS, min(n, (chunk + 1) * PIXELS)):
            sums[CLASS_SUMS * K] += pixel(
                K, smoothing, &logits[i * K], labels[i], weights[max(labels[i], 0)],
                &dlogits[i * K], sums
            )
    memset(total, 0, CLASS_SUMS * K * sizeof(double))
    for chunk in range(chunks):  # in this order, whatever the number of threads
        for k in range(CLASS_SUMS * K):
            total[k] += scratch[chunk * size + k]
        entropy += scratch[chunk * size + CLASS_SUMS * K]
    for k in range(K):
        present += total[CLASS_SUMS * k + 2] > 0
        weight += weights[k] * total[CLASS_SUMS * k + 2]
    for k in range(K):
        slopes[2 * k] = slopes[2 * k + 1] = 0
        if total[CLASS_SUMS * k + 2] > 0:
            below = total[CLASS_SUMS * k + 1] + total[CLASS_SUMS * k + 2]
            overlap += 2 * total[CLASS_SUMS * k] / below / present
            slopes[2 * k] = -2 / below / present
            slopes[2 * k + 1] = 4 * total[CLASS_SUMS * k] / (below * below) / present
    for chunk in prange(chunks, num_threads=threads, nogil=True):
        for i in range(chunk * PIXELS, min(n, (chunk + 1) * PIXELS)):
            pixel_gradient(
                K, smoothing, labels[i], cross * weights[max(labels[i], 0)] / weight, dice, slopes,
                &dlogits[i * K],
            )
    return (entropy / weight, 1 - overlap) if present else (0.0, 0.0)
