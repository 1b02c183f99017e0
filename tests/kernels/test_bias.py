"""The gradient of a bias against sums by NumPy, on every instruction set of this CPU."""

import numpy as np
import pytest
from fence import blank, every_isa, stands

every_bias = every_isa("elementwise")
NONE = np.empty(0, np.float32)
UNIT = 2.0**-24  # half the distance between 1 and the next float32


def bias_backward(kernels, y, dy, threads=2, relu=False, wanted=True):
    """Return the kernel's dbias; dy is masked in place."""
    rows, K = dy.shape
    dbias, scratch = blank(K if wanted else 0), blank(kernels.bias_scratch_size(K))
    kernels.bias_backward(rows, K, y.reshape(-1), dy.reshape(-1), dbias, scratch, relu, threads)
    assert stands(dbias) and stands(scratch)
    return dbias


@every_bias
@pytest.mark.parametrize(
    ("rows", "K"),
    [
        *[(1, 1), (5, 3), (700, 40), (300, 600)],
        *[(32 * 128 + 1, 300), (32 * 129, 300), (32 * (128 * 6 + 1), 40)],  # blocks and one row
    ],
)
def test_a_bias_gradient_sums_the_columns_of_dy(kernels, rows, K):
    dy = np.random.default_rng(0).integers(-4, 5, (rows, K)).astype(np.float32)
    np.testing.assert_array_equal(bias_backward(kernels, NONE, dy), dy.sum(0))


@every_bias
@pytest.mark.parametrize("wanted", [True, False])
def test_with_relu_dy_is_zero_where_y_is_not_positive(kernels, wanted):
    random = np.random.default_rng(0)
    y, dy = random.integers(-2, 3, (2, 500, 30)).astype(np.float32)
    masked = np.where(y > 0, dy, 0)
    dbias = bias_backward(kernels, y, dy, relu=True, wanted=wanted)
    np.testing.assert_array_equal(dy, masked)
    if wanted:
        np.testing.assert_array_equal(dbias, masked.sum(0))


@every_bias
def test_a_bias_gradient_of_many_rows_is_accurate_and_the_same_for_any_threads(kernels):
    dy = np.random.default_rng(0).random((400_000, 3), np.float32)
    one, three = (bias_backward(kernels, NONE, dy, threads=threads) for threads in (1, 3))
    np.testing.assert_array_equal(one, three)
    exact = dy.sum(0, dtype=np.float64)
    assert (np.abs(one - exact) <= 16 * UNIT * exact).all()


@every_bias
def test_no_rows_give_a_bias_gradient_of_zeros(kernels):
    assert not bias_backward(kernels, NONE, np.zeros((0, 5), np.float32)).any()
