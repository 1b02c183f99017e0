"""Sums and products with what is spread over a map, on every instruction set of this CPU."""

import numpy as np
import pytest
from fence import blank, every_isa, given_array, same_bits, stands
from hypothesis import given, settings
from hypothesis import strategies as st

every_spread = every_isa("elementwise")
NONE = np.empty(0, np.float32)
shapes = st.tuples(st.integers(1, 4), st.integers(1, 40), st.integers(1, 150))
spread_over = st.sampled_from([(False, True), (True, False), (False, False)])


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def small_shape(shape, alike):
    """Return the shape of what is spread: alike in its pixels, in its channels, or a single one."""
    n, pixels, C = shape
    return n, pixels if alike[0] else 1, C if alike[1] else 1


def run(kernel, size, *arguments, threads=1):
    y = blank(size)
    flat = [given_array(one) if isinstance(one, np.ndarray) else one for one in arguments]
    kernel(*flat, y, threads)
    assert stands(y)
    return y


@every_spread
@settings(max_examples=60, deadline=None)
@given(shape=shapes, alike=spread_over)
def test_sums_and_products_are_those_of_numpy(kernels, shape, alike):
    x, b = numbers(*shape), numbers(*small_shape(shape, alike), seed=1)
    sizes = (*shape, *b.shape[1:])
    assert np.array_equal(run(kernels.spread_add, x.size, *sizes, x, b), (x + b).ravel())
    assert np.array_equal(run(kernels.spread_multiply, x.size, *sizes, x, b), (x * b).ravel())


@every_spread
@settings(max_examples=60, deadline=None)
@given(shape=shapes, alike=spread_over)
def test_gradients_are_summed_over_what_was_spread(kernels, shape, alike):
    a, b = numbers(*shape), numbers(*shape, seed=1)
    small = small_shape(shape, alike)
    axes = tuple(axis for axis in (1, 2) if small[axis] == 1)
    sizes = (*shape, *small[1:])
    wide = a.astype(np.float64)
    total = run(kernels.spread_sums, int(np.prod(small)), *sizes, a, NONE)
    assert np.allclose(total, wide.sum(axes).ravel(), rtol=1e-6, atol=1e-6)
    total = run(kernels.spread_sums, int(np.prod(small)), *sizes, a, b)
    assert np.allclose(total, (wide * b).sum(axes).ravel(), rtol=1e-6, atol=1e-6)


@every_spread
@pytest.mark.parametrize("small", [(3, 1, 130), (3, 90, 1), (3, 1, 1)], ids=str)
def test_any_number_of_threads_gives_the_same_bits(kernels, small):
    shape = (3, 90, 130)
    x, b = numbers(*shape), numbers(*small, seed=1)
    sizes = (*shape, *small[1:])
    for kernel in (kernels.spread_add, kernels.spread_multiply):
        one, two = (run(kernel, x.size, *sizes, x, b, threads=threads) for threads in (1, 2))
        assert same_bits(one, two)
    one, two = (
        run(kernels.spread_sums, b.size, *sizes, x, NONE, threads=threads) for threads in (1, 2)
    )
    assert same_bits(one, two)
