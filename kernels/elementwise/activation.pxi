"""Activations and softmax, forward and backward.

Legend: x input, y output, dx dy their gradients; softmax works on rows of C numbers, everything
else on `size` numbers in any layout. y may be x, and dx may be dy.
"""

from cython.parallel cimport prange

from kernels.elementwise.vector_math cimport (
    at_least, at_most, choose, exponential, exponential_minus_one, hyperbolic_tangent, logistic,
    normal_distribution,
)
from kernels.parallel cimport BLOCK, block_size, blocks_of, team

ctypedef void (*Forward)(Py_ssize_t, float, const float*, float*) noexcept nogil
ctypedef void (*Backward)(Py_ssize_t, float, const float*, const float*, float*) noexcept nogil


cdef void forward(
    Forward block, Py_ssize_t size, float slope, const float *x, float *y, int threads
) noexcept nogil:
    cdef Py_ssize_t i
    for i in prange(blocks_of(size), num_threads=team(size, threads)):
        block(block_size(i, size), slope, x + i * BLOCK, y + i * BLOCK)


cdef void backward(
    Backward block, Py_ssize_t size, float slope,
    const float *known, const float *dy, float *dx, int threads,
) noexcept nogil:
    """Run a block function on x or y, whichever `known` is, and dy."""
    cdef Py_ssize_t i
    for i in prange(blocks_of(size), num_threads=team(size, threads)):
        block(
            block_size(i, size), slope,
            known + i * BLOCK, dy + i * BLOCK, dx + i * BLOCK,
        )


cdef void relu_block(Py_ssize_t size, float slope, const float *x, float *y) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = 0 if x[i] < 0 else x[i]


cdef void relu_gradient(
    Py_ssize_t size, float slope, const float *y, const float *dy, float *dx
) noexcept nogil:
    cdef Py_ssize_t i
    cdef float gradient
    for i in range(size):
        gradient = dy[i]
        dx[i] = gradient if y[i] > 0 else 0


def relu_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = max(x, 0); NaN stays NaN."""
    with nogil:
        forward(relu_block, size, 0, &x[0], &y[0], threads)


def relu_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx,
    int threads,
):
    """dx = dy where y > 0, else 0."""
    with nogil:
        backward(relu_gradient, size, 0, &y[0], &dy[0], &dx[0], threads)


cdef void relu6_block(Py_ssize_t size, float slope, const float *x, float *y) noexcept nogil:
    cdef Py_ssize_t i
    cdef float positive
    for i in range(size):
        positive = 0 if x[i] < 0 else x[i]
        y[i] = 6 if positive > 6 else positive


cdef void relu6_gradient(
    Py_ssize_t size, float slope, const float *y, const float *dy, float *dx
) noexcept nogil:
    cdef Py_ssize_t i
    cdef float gradient
    for i in range(size):
        gradient = dy[i]
        dx[i] = gradient if (y[i] > 0) & (y[i] < 6) else 0


def relu6_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = min(max(x, 0), 6); NaN stays NaN."""
    with nogil:
        forward(relu6_block, size, 0, &x[0], &y[0], threads)


def relu6_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx,
    int threads,
):
    """dx = dy where 0 < y < 6, else 0."""
    with nogil:
        backward(relu6_gradient, size, 0, &y[0], &dy[0], &dx[0], threads)


cdef void leaky_relu_block(Py_ssize_t size, float slope, const float *x, float *y) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] if x[i] > 0 else slope * x[i]


cdef void leaky_relu_gradient(
    Py_ssize_t size, float slope, const float *x, const float *dy, float *dx
) noexcept nogil:
    cdef Py_ssize_t i
    cdef float gradient
    for i in range(size):
        gradient = dy[i]
        dx[i] = gradient if x[i] > 0 else slope * gradient


def leaky_relu_forward(
    Py_ssize_t size, float slope, const float[::1] x, float[::1] y, int threads
):
    """y = x where x > 0, else slope * x."""
    with nogil:
        forward(leaky_relu_block, size, slope, &x[0], &y[0], threads)


def leaky_relu_backward(
    Py_ssize_t size, float slope,
    const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx, int threads,
):
    """dx = dy where x > 0, else slope * dy."""
    with nogil:
        backward(leaky_relu_gradient, size, slope, &x[0], &dy[0], &dx[0], threads)


cdef void elu_block(Py_ssize_t size, float slope, const float *x, float *y) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = choose(x[i] >= 0, x[i], exponential_minus_one(at_most(0, x[i])))


cdef void elu_gradient(
    Py_ssize_t size, float slope, const float *y, const float *dy, float *dx
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * (1 if y[i] > 0 else y[i] + 1)


def elu_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = x where x > 0, else e^x - 1."""
    with nogil:
        forward(elu_block, size, 0, &x[0], &y[0], threads)


def elu_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx,
    int threads,
):
    """dx = dy where y > 0, else (y + 1) dy."""
    with nogil:
        backward(elu_gradient, size, 0, &y[0], &dy[0], &dx[0], threads)


cdef void gelu_block(Py_ssize_t size, float slope, const float *x, float *y) noexcept nogil:
    cdef Py_ssize_t i
    cdef float density, bounded
    for i in range(size):
        bounded = at_least(-16, x[i])  # infinity times 0 is NaN
        y[i] = bounded * normal_distribution(bounded, &density)


cdef void gelu_gradient(
    Py_ssize_t size, float slope, const float *x, const float *dy, float *dx
) noexcept nogil:
    cdef Py_ssize_t i
    cdef float density, probability, bounded
    for i in range(size):
        bounded = at_most(16, at_least(-16, x[i]))
        probability = normal_distribution(bounded, &density)
        dx[i] = dy[i] * (probability + bounded * density)


def gelu_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = x Phi(x), Phi the normal distribution (Hendrycks and Gimpel 2016)."""
    with nogil:
        forward(gelu_block, size, 0, &x[0], &y[0], threads)


def gelu_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx,
    int threads,
):
    """dx = (Phi(x) + x phi(x)) dy, phi the normal density."""
    with nogil:
        backward(gelu_gradient, size, 0, &x[0], &dy[0], &dx[0], threads)


cdef void silu_block(Py_ssize_t size, float slope, const float *x, float *y) noexcept nogil:
    cdef Py_ssize_t i
    cdef float bounded
    for i in range(size):
        bounded = at_least(-110, x[i])
        y[i] = bounded * logistic(bounded)


cdef void silu_gradient(
    Py_ssize_t size, float slope, const float *x, const float *dy, float *dx
) noexcept nogil:
    cdef Py_ssize_t i
    cdef float bounded, s
    for i in range(size):
        bounded = at_most(110, at_least(-110, x[i]))
        s = logistic(bounded)
        dx[i] = dy[i] * (s + s * bounded * logistic(-bounded))


def silu_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = x s(x), s the sigmoid (Elfwing et al. 2017)."""
    with nogil:
        forward(silu_block, size, 0, &x[0], &y[0], threads)


def silu_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx,
    int threads,
):
    """dx = s(x) (1 + x s(-x)) dy."""
    with nogil:
        backward(silu_gradient, size, 0, &x[0], &dy[0], &dx[0], threads)


cdef void sigmoid_block(Py_ssize_t size, float slope, const float *x, float *y) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = logistic(x[i])


cdef void sigmoid_gradient(
    Py_ssize_t size, float slope, const float *y, const float *dy, float *dx
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * (y[i] * (1 - y[i]))


def sigmoid_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = 1 / (1 + e^-x)."""
    with nogil:
        forward(sigmoid_block, size, 0, &x[0], &y[0], threads)


def sigmoid_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx,
    int threads,
):
    """dx = y (1 - y) dy."""
    with nogil:
        backward(sigmoid_gradient, size, 0, &y[0], &dy[0], &dx[0], threads)


cdef void tanh_block(Py_ssize_t size, float slope, const float *x, float *y) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = hyperbolic_tangent(x[i])


cdef void tanh_gradient(
    Py_ssize_t size, float slope, const float *y, const float *dy, float *dx
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * ((1 - y[i]) * (1 + y[i]))


def tanh_forward(Py_ssize_t size, const float[::1] x, float[::1] y, int threads):
    """y = tanh(x)."""
    with nogil:
        forward(tanh_block, size, 0, &x[0], &y[0], threads)


def tanh_backward(
    Py_ssize_t size, const float[::1] x, const float[::1] y, const float[::1] dy, float[::1] dx,
    int threads,
):
    """dx = (1 - y^2) dy."""
    with nogil:
        backward(tanh_gradient, size, 0, &y[0], &dy[0], &dx[0], threads)


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
    Py_ssize_t rows, Py_ssize_t C, const float[::1] x, float[::1] y, int threads
):
    """y = e^x / sum(e^x) in each row, with the largest x taken off first."""
    cdef Py_ssize_t i, block = max(1, BLOCK // C)
    for i in prange((rows + block - 1) // block, num_threads=team(rows * C, threads), nogil=True):
        softmax_rows(min(block, rows - i * block), C, &x[i * block * C], &y[i * block * C])


def softmax_backward(
    Py_ssize_t rows, Py_ssize_t C, const float[::1] y, const float[::1] dy, float[::1] dx,
    int threads,
):
    """dx = y (dy - sum(y dy)) in each row."""
    cdef Py_ssize_t i, block = max(1, BLOCK // C)
    for i in prange((rows + block - 1) // block, num_threads=team(rows * C, threads), nogil=True):
        softmax_rows_gradient(
            min(block, rows - i * block), C,
            &y[i * block * C], &dy[i * block * C], &dx[i * block * C],
        )
