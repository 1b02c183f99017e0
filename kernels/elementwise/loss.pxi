"""Losses, and the gradient each leaves in what the network answered.

Legend: n rows (images, or pixels of images), K outputs in each.
"""

from cython.parallel cimport prange
from libc.math cimport exp, fabs, log, log1p
from libc.string cimport memset

from kernels.elementwise.vector_math cimport exponential
from kernels.parallel cimport team

cdef enum:
    COST = 4  # of an exponential, in numbers that are moved


cdef double row_loss(
    Py_ssize_t K, double smoothing, double weight, double total_weight, const float *logits,
    int label, float *dlogits, float *probabilities,
) noexcept nogil:
    """Return the weighted loss of one row; write its gradient and probabilities where wanted.

    Without a label the loss and its gradient are 0.
    """
    cdef Py_ssize_t k
    cdef double total = 0, distance = 0
    cdef float largest = logits[0]
    cdef float scale = weight / total_weight if label >= 0 else 0, rest = smoothing / K
    for k in range(1, K):
        largest = logits[k] if logits[k] > largest else largest
    for k in range(K):
        total += exponential(logits[k] - largest)
    if probabilities:
        for k in range(K):
            probabilities[k] = exponential(logits[k] - largest) / <float>total
    if label < 0:
        if dlogits:
            memset(dlogits, 0, K * sizeof(float))
        return 0
    if dlogits:
        for k in range(K):
            dlogits[k] = (exponential(logits[k] - largest) / <float>total - rest) * scale
        dlogits[label] -= (1 - smoothing) * scale
    if smoothing > 0:
        for k in range(K):
            distance += (<double>largest - logits[k]) / K
    distance = (1 - smoothing) * (<double>largest - logits[label]) + smoothing * distance
    return weight * (log(total) + distance)


def sum_weights(
    Py_ssize_t n,
    const double[::1] weights,  # (K,)
    const int[::1] labels,  # (n,), below 0 where a row has none
):
    """Return the sum of weights[label], of 1 where they are empty, over the rows with a label."""
    cdef Py_ssize_t i
    cdef double total = 0
    cdef const double *class_weights = &weights[0] if weights.shape[0] else NULL
    for i in range(n):
        if labels[i] >= 0:
            total += class_weights[labels[i]] if class_weights else 1.0
    return total


def softmax_cross_entropy(
    Py_ssize_t n, Py_ssize_t K, double smoothing,
    const double[::1] weights,  # (K,)
    double total_weight,
    const float[::1] logits,  # (n, K)
    const int[::1] labels,  # (n,), below 0 where a row has none
    double[::1] losses,  # (n,)
    float[::1] dlogits, float[::1] probabilities,  # (n, K)
    int threads,
):
    """losses = -w sum(t log p), p = softmax(logits), t = (1 - smoothing) onehot + smoothing / K,
    w = weights[label], or 1 where they are empty; dlogits = w (p - t) / total_weight, the gradient
    of the mean loss where this is the sum of all w, as `sum_weights` returns it. Without a label
    both are 0. dlogits and probabilities may be empty.
    """
    cdef Py_ssize_t i
    cdef float *gradient = &dlogits[0] if dlogits.shape[0] else NULL
    cdef float *chances = &probabilities[0] if probabilities.shape[0] else NULL
    cdef const double *class_weights = &weights[0] if weights.shape[0] else NULL
    for i in prange(n, num_threads=team(COST * n * K, threads), nogil=True):
        losses[i] = row_loss(
            K, smoothing, class_weights[max(labels[i], 0)] if class_weights else 1.0, total_weight,
            &logits[i * K], labels[i],
            gradient + i * K if gradient else NULL,
            chances + i * K if chances else NULL,
        )


cdef double mixed_row(
    Py_ssize_t K, double smoothing, const double *weights, double total_weight,
    const float *logits, const float *shares, float *dlogits,
) noexcept nogil:
    """Return the weighted loss of one row with a share of every class; write its gradient."""
    cdef Py_ssize_t k
    cdef double total = 0, weight = 0, distance = 0, target
    cdef float largest = logits[0]
    for k in range(K):
        largest = logits[k] if logits[k] > largest else largest
        weight += shares[k] * (weights[k] if weights else 1.0)
    for k in range(K):
        total += exponential(logits[k] - largest)
    for k in range(K):
        target = (1 - smoothing) * shares[k] * (weights[k] if weights else 1.0)
        target += smoothing * weight / K
        if target > 0:  # which a logit of -inf would make NaN
            distance += target * (<double>largest - logits[k])
        dlogits[k] = (weight * exponential(logits[k] - largest) / total - target) / total_weight
    return weight * log(total) + distance


def sum_mixed_weights(
    Py_ssize_t n, Py_ssize_t K,
    const double[::1] weights,  # (K,)
    const float[::1] shares,  # (n, K)
):
    """Return the sum over all rows of shares * weights, of the shares where weights are empty."""
    cdef Py_ssize_t i
    cdef double total = 0
    cdef const double *class_weights = &weights[0] if weights.shape[0] else NULL
    for i in range(n * K):
        total += shares[i] * (class_weights[i % K] if class_weights else 1.0)
    return total


def mixed_cross_entropy(
    Py_ssize_t n, Py_ssize_t K, double smoothing,
    const double[::1] weights,  # (K,)
    double total_weight,
    const float[::1] logits, const float[::1] shares,  # (n, K)
    double[::1] losses,  # (n,)
    float[::1] dlogits,  # (n, K)
    int threads,
):
    """The sum over the classes of shares * the loss of that class, as `softmax_cross_entropy`
    defines it, and its gradient; total_weight is what `sum_mixed_weights` returns.
    """
    cdef Py_ssize_t i
    cdef const double *class_weights = &weights[0] if weights.shape[0] else NULL
    for i in prange(n, num_threads=team(COST * n * K, threads), nogil=True):
        losses[i] = mixed_row(
            K, smoothing, class_weights, total_weight,
            &logits[i * K], &shares[i * K], &dlogits[i * K],
        )


cdef double binary_row(
    Py_ssize_t K, double share, const float *logits, const float *targets, float *dlogits,
) noexcept nogil:
    """Return the sum of the losses of one row; write its gradient."""
    cdef Py_ssize_t k
    cdef double total = 0, x, t, small
    for k in range(K):
        x, t = logits[k], targets[k]
        small = exp(-fabs(x))
        total += (x if x > 0 else 0) - x * t + log1p(small)
        dlogits[k] = ((1 if x >= 0 else small) / (1 + small) - t) * share
    return total


def binary_cross_entropy(
    Py_ssize_t n, Py_ssize_t K,
    const float[::1] logits, const float[::1] targets,  # (n, K)
    double[::1] losses,  # (n,)
    float[::1] dlogits,  # (n, K)
    int threads,
):
    """losses = the mean of -t log p - (1 - t) log(1 - p) over a row, p = sigmoid(logits);
    dlogits = (p - t) / (n K), the gradient of the mean loss.
    """
    cdef Py_ssize_t i
    cdef double share = 1.0 / (n * K)
    for i in prange(n, num_threads=team(COST * n * K, threads), nogil=True):
        losses[i] = binary_row(K, share, &logits[i * K], &targets[i * K], &dlogits[i * K]) / K


cdef double distance_row(
    Py_ssize_t K, double delta, int squared, double share,
    const float *outputs, const float *targets, float *doutputs,
) noexcept nogil:
    """Return the sum of the losses of one row; write its gradient."""
    cdef Py_ssize_t k
    cdef double total = 0, gap, length
    for k in range(K):
        gap = <double>outputs[k] - targets[k]
        length = fabs(gap)
        if squared:
            total += gap * gap
            doutputs[k] = 2 * gap * share
        elif length <= delta:
            total += gap * gap / 2
            doutputs[k] = gap * share
        elif delta > 0:
            total += delta * (length - delta / 2)
            doutputs[k] = (delta if gap > 0 else -delta) * share
        else:
            total += length
            doutputs[k] = ((gap > 0) - (gap < 0)) * share
    return total


def distance(
    Py_ssize_t n, Py_ssize_t K, double delta, bint squared,
    const float[::1] outputs, const float[::1] targets,  # (n, K)
    double[::1] losses,  # (n,)
    float[::1] doutputs,  # (n, K)
    int threads,
):
    """losses = the mean over a row of d^2 where squared, of |d| where delta is 0, else of Huber's
    d^2 / 2 up to |d| = delta and delta (|d| - delta / 2) beyond, d = outputs - targets;
    doutputs = the gradient of the mean loss.
    """
    cdef Py_ssize_t i
    cdef double share = 1.0 / (n * K)
    for i in prange(n, num_threads=team(COST * n * K, threads), nogil=True):
        losses[i] = distance_row(
            K, delta, squared, share, &outputs[i * K], &targets[i * K], &doutputs[i * K]
        ) / K
