"""Local response normalization against its definition in float64, on every instruction set."""

import numpy as np
import pytest
from fence import blank, every_isa, given_array, stands

every_lrn = every_isa("elementwise")
ROWS = 30


def sum_around(values, size):
    """Return the sum of the `size` channels around each."""
    half = size // 2
    padded = np.pad(values, ((0, 0), (half, half)))
    return sum(padded[:, i : i + values.shape[1]] for i in range(size))


@every_lrn
@pytest.mark.parametrize("beta", [0.75, 0.5, 2.0])
@pytest.mark.parametrize(("C", "size"), [(1, 5), (7, 3), (40, 5), (3, 9), (10, 1)])
def test_values_and_gradients_are_those_of_the_definition(kernels, C, size, beta):
    numbers = np.random.default_rng(C)
    x, dy = numbers.standard_normal((2, ROWS, C)).astype(np.float32)
    figures = (size, 0.8, beta, 1.5)
    y, dx, scratch = blank(x.size), blank(x.size), blank(x.size)
    kernels.lrn_forward(ROWS, C, *figures, given_array(x), y, 1)
    kernels.lrn_backward(ROWS, C, *figures, given_array(x), given_array(dy), scratch, dx, 1)
    assert all(map(stands, (y, dx, scratch)))
    s = 1.5 + 0.8 / size * sum_around(x.astype(np.float64) ** 2, size)
    shared = sum_around(dy * x * s ** (-beta - 1), size)
    assert np.allclose(y.reshape(x.shape), x * s**-beta, rtol=1e-6, atol=1e-7)
    expected = dy * s**-beta - 2 * 0.8 * beta / size * x * shared
    assert np.allclose(dx.reshape(x.shape), expected, rtol=1e-5, atol=1e-6)
