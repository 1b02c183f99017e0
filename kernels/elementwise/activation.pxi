"""Activations and softmax, forward and backward; activations.h has the arithmetic of each kind.

Legend: x input, y output, dx dy their gradients; softmax works on rows of C numbers, everything
else on `size` numbers in any layout. y may be x, and dx may be dy.
"""

from cython.parallel cimport prange

from kernels.elementwise.vector_math cimport exponential
from kernels.parallel cimport BLOCK, block_size, blocks_of, team

cdef extern from "elementwise/activations.h" nogil:
    enum Activation:
        RELU, RELU6, LEAKY_RELU, ELU, GELU, SILU, SIGMOID, TANH, HARD_SIGMOID, HARD_SWISH
    void activate_block(
        Activation kind, Py_ssize_t size, float slope, const float *x, float *y
    )
    void differentiate_block(
        Activation kind, Py_ssize_t size, float slope, const float *known, const float *dy,
        float *dx,
    )


cdef int activation_forward(
    Activation kind, Py_ssize_t size, float slope, const float[::1] x, float[::1] y, int threads,
) except -1:
    cdef Py_ssize_t i
    for i in prange(blocks_of(size), num_threads=team(size, threads), nogil=True):
        activate_block(kind, block_size(i, size), slope, &x[i * BLOCK], &y[i * BLOCK])
    return 0


cdef int activation_backward(
    Activation kind, Py_ssize_t size, float slope,
    const float[::1] known, const float[::1] dy, float[::1] dx, int threads,
) except -1:
    """Compute dx from dy and x or y, whichever `known` is."""
    cdef Py_ssize_t i
    for i in prange(blocks_of(size), num_threads=team(size, threads), nogil=True):
        differentiate_block(
            kind, block_size(i, size), slope, &known[i * BLOCK], &dy[i * BLOCK], &dx[i * BLOCK]
        )
    return 0


def relu_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = max(x, 0); NaN stays NaN."""
    activation_forward(RELU, size, 0, x, y, threads)


def relu_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy,
    float[::1] dx, int threads,
):
    """dx = dy where y > 0, else 0."""
    activation_backward(RELU, size, 0, y, dy, dx, threads)


def relu6_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = min(max(x, 0), 6); NaN stays NaN."""
    activation_forward(RELU6, size, 0, x, y, threads)


def relu6_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy,
    float[::1] dx, int threads,
):
    """dx = dy where 0 < y < 6, else 0."""
    activation_backward(RELU6, size, 0, y, dy, dx, threads)


def leaky_relu_forward(Py_ssize_t size, float slope, const float[::1] x, float[::1] y, int threads):
    """y = x where x > 0, else slope * x."""
    activation_forward(LEAKY_RELU, size, slope, x, y, threads)


def leaky_relu_backward(
    Py_ssize_t size, float slope, const float[::1] x, const float[::1] y, const float[::1] dy,
    float[::1] dx, int threads,
):
    """dx = dy where x > 0, else slope * dy."""
    activation_backward(LEAKY_RELU, size, slope, x, dy, dx, threads)


def elu_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = x where x > 0, else e^x - 1."""
    activation_forward(ELU, size, 0, x, y, threads)


def elu_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy,
    float[::1] dx, int threads,
):
    """dx = dy where y > 0, else (y + 1) dy."""
    activation_backward(ELU, size, 0, y, dy, dx, threads)


def gelu_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = x Phi(x), Phi the normal distribution (Hendrycks and Gimpel 2016)."""
    activation_forward(GELU, size, 0, x, y, threads)


def gelu_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy,
    float[::1] dx, int threads,
):
    """dx = (Phi(x) + x phi(x)) dy, phi the normal density."""
    activation_backward(GELU, size, 0, x, dy, dx, threads)


def silu_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = x s(x), s the sigmoid (Elfwing et al. 2017)."""
    activation_forward(SILU, size, 0, x, y, threads)


def silu_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy,
    float[::1] dx, int threads,
):
    """dx = s(x) (1 + x s(-x)) dy."""
    activation_backward(SILU, size, 0, x, dy, dx, threads)


def sigmoid_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = 1 / (1 + e^-x)."""
    activation_forward(SIGMOID, size, 0, x, y, threads)


def sigmoid_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy,
    float[::1] dx, int threads,
):
    """dx = y (1 - y) dy."""
    activation_backward(SIGMOID, size, 0, y, dy, dx, threads)


def tanh_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = tanh(x)."""
    activation_forward(TANH, size, 0, x, y, threads)


def tanh_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy,
    float[::1] dx, int threads,
):
    """dx = (1 - y^2) dy."""
    activation_backward(TANH, size, 0, y, dy, dx, threads)


def hard_sigmoid_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = min(max(x + 3, 0), 6) / 6 (Howard et al. 2019)."""
    activation_forward(HARD_SIGMOID, size, 0, x, y, threads)


def hard_sigmoid_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy,
    float[::1] dx, int threads,
):
    """dx = dy / 6 where 0 < y < 1, else 0."""
    activation_backward(HARD_SIGMOID, size, 0, y, dy, dx, threads)


def hard_swish_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = x min(max(x + 3, 0), 6) / 6 (Howard et al. 2019)."""
    activation_forward(HARD_SWISH, size, 0, x, y, threads)


def hard_swish_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy,
    float[::1] dx, int threads,
):
    """dx = (x / 3 + 1 / 2) dy where -3 < x < 3, 0 below, dy above."""
    activation_backward(HARD_SWISH, size, 0, x, dy, dx, threads)


cdef void clip_block(
    Py_ssize_t size, float low, float high, const float *x, float *y
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = low if x[i] < low else high if x[i] > high else x[i]


cdef void clip_block_gradient(
    Py_ssize_t size, float low, float high, const float *x, const float *dy, float *dx
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] if x[i] > low and x[i] < high else 0


def clip_forward(
    Py_ssize_t size, float low, float high, const float[::1] x, float[::1] y, int threads
):
    """y = min(max(x, low), high); NaN stays NaN."""
    cdef Py_ssize_t i
    for i in prange(blocks_of(size), num_threads=team(size, threads), nogil=True):
        clip_block(block_size(i, size), low, high, &x[i * BLOCK], &y[i * BLOCK])


def clip_backward(
    Py_ssize_t size, float low, float high, const float[::1] x, const float[::1] y,
    const float[::1] dy, float[::1] dx, int threads,
):
    """dx = dy where low < x < high, else 0."""
    cdef Py_ssize_t i
    for i in prange(blocks_of(size), num_threads=team(size, threads), nogil=True):
        clip_block_gradient(
            block_size(i, size), low, high, &x[i * BLOCK], &dy[i * BLOCK], &dx[i * BLOCK]
        )


cdef void softmax_rows(Py_ssize_t rows, Py_ssize_t C, const float *x, float *y) noexcept nogil:
    """Run the exponential over all rows at once, so that short rows fill the vectors, too."""
    cdef Py_ssize_t i, c
    cdef float largest
    cdef double total
    for i in range(rows):
        largest = x[i * C]
        for c in range(1, C):
            largest = x[i * C + c] if x[i * C + c] > largest else largest
        for c in range(C):
            y[i * C + c] = x[i * C + c] - largest
    for i in range(rows * C):
        y[i] = exponential(y[i])
    for i in range(rows):
        total = 0
        for c in range(C):
            total += y[i * C + c]
        for c in range(C):
            y[i * C + c] /= <float>total


cdef void softmax_rows_gradient(
    Py_ssize_t rows, Py_ssize_t C, const float *y, const float *dy, float *dx
) noexcept nogil:
    cdef Py_ssize_t i, c
    cdef double product
    for i in range(rows):
        product = 0
        for c in range(C):
            product += <double>y[i * C + c] * dy[i * C + c]
        for c in range(C):
            dx[i * C + c] = y[i * C + c] * (dy[i * C + c] - <float>product)


def softmax_forward(
    Py_ssize_t rows, Py_ssize_t C,
    const float[::1] x, float[::1] y,  # (rows, C)
    int threads,
):
    """y = e^x / sum(e^x) in each row, with the largest x taken off first."""
    cdef Py_ssize_t i, block = max(1, BLOCK // C)
    for i in prange((rows + block - 1) // block, num_threads=team(rows * C, threads), nogil=True):
        softmax_rows(min(block, rows - i * block), C, &x[i * block * C], &y[i * block * C])


def softmax_backward(
    Py_ssize_t rows, Py_ssize_t C,
    const float[::1] y, const float[::1] dy, float[::1] dx,  # (rows, C)
    int threads,
):
    """dx = y (dy - sum(y dy)) in each row."""
    cdef Py_ssize_t i, block = max(1, BLOCK // C)
    for i in prange((rows + block - 1) // block, num_threads=team(rows * C, threads), nogil=True):
        softmax_rows_gradient(
            min(block, rows - i * block), C,
            &y[i * block * C], &dy[i * block * C], &dx[i * block * C],
        )
