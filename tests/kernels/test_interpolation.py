"""Weighted sums along an axis against their definition in float64, on every instruction set."""

import numpy as np
from fence import blank, every_isa, given_array, same_bits, stands
from hypothesis import given, settings
from hypothesis import strategies as st

every_interpolation = every_isa("elementwise")
few = st.integers(1, 5)


def run(kernels, matrix, x, threads=1):
    """Return what the kernel makes of x (outer, length, inner) by a matrix (count, length)."""
    positions, sources = map(np.ascontiguousarray, np.nonzero(matrix))
    starts = np.searchsorted(positions, np.arange(len(matrix) + 1))
    weights = matrix[positions, sources]
    outer, length, inner = x.shape
    y = blank(outer * len(matrix) * inner)
    sizes = (outer, length, len(matrix), inner)
    kernels.interpolate(*sizes, starts, sources, weights, given_array(x), y, threads)
    assert stands(y)
    return y.reshape(outer, len(matrix), inner)


def draw(numbers, shape, count):
    """Return values of a shape (outer, length, inner), and weights of which many are zero."""
    matrix = numbers.standard_normal((count, shape[1])) * numbers.integers(0, 2, (count, shape[1]))
    matrix[0, 0] = 1
    x = numbers.standard_normal(shape)
    return x.astype(np.float32), matrix.astype(np.float32)


@every_interpolation
@settings(max_examples=50, deadline=None)
@given(shape=st.tuples(few, few, st.integers(1, 40)), count=few)
def test_sums_are_those_of_the_definition_and_zero_without_terms(kernels, shape, count):
    x, matrix = draw(np.random.default_rng(count), shape, count)
    expected = np.einsum("pl,oli->opi", matrix.astype(np.float64), x.astype(np.float64))
    assert np.allclose(run(kernels, matrix, x), expected, rtol=1e-5, atol=1e-5)


@every_interpolation
def test_sums_are_the_same_bits_for_any_number_of_threads(kernels):
    x, matrix = draw(np.random.default_rng(1), (7, 30, 40), 50)
    whole = run(kernels, matrix, x)
    assert all(same_bits(run(kernels, matrix, x, threads), whole) for threads in (2, 3))
