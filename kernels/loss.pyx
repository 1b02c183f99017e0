# cython: language_level=3
"""Softmax and cross-entropy in one, and the gradient they leave in the logits.

Legend: n images, K classes.
"""

from cython.parallel cimport prange
from libc.math cimport log

cdef extern from "vector_math.h" nogil:
    float exponential(float x) noexcept

cdef enum:
    SMALL = 5000  # numbers below which a second thread costs more than it brings


cdef double image_loss(
    Py_ssize_t n, Py_ssize_t K, double smoothing, const float* logits, int label,
    float* dlogits, float* probabilities,
) noexcept nogil:
    """Return the loss of one image; write its gradient and probabilities where wanted."""
    cdef Py_ssize_t k
    cdef double total = 0, distance = 0
    cdef float largest = logits[0]
    cdef float scale = 1.0 / n, rest = smoothing / K
    for k in range(1, K):
        largest = logits[k] if logits[k] > largest else largest
    for k in range(K):
        total += exponential(logits[k] - largest)
    if probabilities:
        for k in range(K):
            probabilities[k] = exponential(logits[k] - largest) / <float>total
    if dlogits:
        for k in range(K):
            dlogits[k] = (exponential(logits[k] - largest) / <float>total - rest) * scale
        dlogits[label] -= (1 - smoothing) * scale
    if smoothing > 0:
        for k in range(K):
            distance += (<double>largest - logits[k]) / K
    return log(total) + (1 - smoothing) * (<double>largest - logits[label]) + smoothing * distance


def softmax_cross_entropy(
    Py_ssize_t n, Py_ssize_t K, double smoothing,
    const float[::1] logits, const int[::1] labels,
    double[::1] losses, float[::1] dlogits, float[::1] probabilities, int threads,
):
    """losses = -sum(t log p), p = softmax(logits), t = (1 - smoothing) onehot + smoothing / K;
    dlogits = (p - t) / n, the gradient of the mean loss. dlogits and probabilities may be empty.
    """
    cdef Py_ssize_t i
    cdef float* gradient = &dlogits[0] if dlogits.shape[0] else NULL
    cdef float* chances = &probabilities[0] if probabilities.shape[0] else NULL
    for i in prange(
        n, num_threads=threads, use_threads_if=n * K > SMALL, schedule="static", nogil=True
    ):
        losses[i] = image_loss(
            n, K, smoothing, &logits[i * K], labels[i],
            gradient + i * K if gradient else NULL,
            chances + i * K if chances else NULL,
        )
