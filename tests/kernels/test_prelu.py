"""A relu with learned slopes against NumPy, on every instruction set of this CPU."""

import numpy as np
import pytest
from fence import blank, every_isa, given_array, same_bits, stands

every_prelu = every_isa("elementwise")


def run(kernels, rows, C, threads=1):
    """Return x, weight and dy, and y, dx and dweight of the kernels."""
    numbers = np.random.default_rng(C)
    x, dy = numbers.integers(-5, 6, (2, rows, C)).astype(np.float32)
    weight = numbers.integers(-3, 4, C).astype(np.float32)
    given = tuple(map(given_array, (x, weight, dy)))
    y, dx, dweight = blank(x.size), blank(x.size), blank(C)
    scratch = blank(kernels.row_sums_scratch_size(C))
    kernels.prelu_forward(rows, C, given[0], given[1], y, threads)
    kernels.prelu_weight_gradient(rows, C, given[0], given[2], dweight, scratch, threads)
    kernels.prelu_backward(rows, C, *given, dx, threads)
    assert all(map(stands, (y, dx, dweight)))
    return (x, weight, dy), (y.reshape(x.shape), dx.reshape(x.shape), dweight)


@every_prelu
@pytest.mark.parametrize(("rows", "C"), [(1, 1), (700, 3), (40, 130), (20, 1500)])
def test_values_and_gradients_of_small_whole_numbers_are_exact(kernels, rows, C):
    (x, weight, dy), (y, dx, dweight) = run(kernels, rows, C)
    assert np.array_equal(y, np.where(x > 0, x, x * weight))
    assert np.array_equal(dx, np.where(x > 0, dy, dy * weight))
    assert np.array_equal(dweight, np.where(x > 0, 0, x * dy).sum(0))


@every_prelu
def test_any_number_of_threads_gives_the_same_bits(kernels):
    for one, other in zip(run(kernels, 900, 40)[1], run(kernels, 900, 40, 3)[1], strict=True):
        assert same_bits(one, other)
