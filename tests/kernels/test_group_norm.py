"""Normalization of groups of channels against its definition in float64, on every instruction set.

The gradient of x is that of the sum of dy y, written out by the chain rule over a whole group.
"""

import numpy as np
import pytest
from fence import blank, every_isa, given_array, same_bits, stands
from hypothesis import given, settings
from hypothesis import strategies as st

every_norm = every_isa("elementwise")
EPS = 1e-5


@st.composite
def sizes(draw):
    """Draw images, pixels, channels and groups."""
    groups, width = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    return draw(st.integers(1, 4)), draw(st.integers(1, 20)), groups * width, groups


class Batch:
    """Images, what they are normalized with, and a gradient of y."""

    def __init__(self, size, shift=0.0, seed=0):
        numbers = np.random.default_rng(seed)
        self.size = size
        n, pixels, C, _ = size
        self.x = (numbers.standard_normal((n, pixels, C)) + shift).astype(np.float32)
        self.dy = numbers.standard_normal((n, pixels, C)).astype(np.float32)
        self.weight, self.bias = numbers.standard_normal((2, C)).astype(np.float32)

    def expect(self):
        """Return y, dx, dweight and dbias in float64."""
        n, pixels, C, groups = self.size
        shape = (n, pixels, groups, C // groups)
        x, dy = self.x.astype(np.float64).reshape(shape), self.dy.astype(np.float64)
        mean, variance = x.mean((1, 3), keepdims=True), x.var((1, 3), keepdims=True)
        deviation = np.sqrt(variance + EPS)
        normal = (x - mean) / deviation
        flat_normal = normal.reshape(n, pixels, C)
        g = (dy * self.weight).reshape(shape)
        dx = g - g.mean((1, 3), keepdims=True)
        dx = (dx - normal * (g * normal).mean((1, 3), keepdims=True)) / deviation
        return (
            flat_normal * self.weight + self.bias,
            dx.reshape(n, pixels, C),
            (dy * flat_normal).sum((0, 1)),
            dy.sum((0, 1)),
        )

    def run(self, kernels, threads=1):
        """Return the same from the kernels, and hold them to their arrays."""
        n, _, C, groups = self.size
        y, saved, scratch = (
            blank(size) for size in (self.x.size, 2 * n * groups, kernels.row_sums_scratch_size(C))
        )
        x, dy, weight, bias = map(given_array, (self.x, self.dy, self.weight, self.bias))
        dx, dweight, dbias = blank(x.size), blank(C), blank(C)
        kernels.group_norm_forward(*self.size, EPS, x, weight, bias, y, saved, threads)
        kernels.group_norm_weight_gradient(
            *self.size, x, saved, dy, dweight, dbias, scratch, threads
        )
        kernels.group_norm_backward(*self.size, x, weight, saved, dy, dx, threads)
        answers = (y, dx, dweight, dbias)
        assert all(map(stands, (*answers, saved, scratch)))
        return answers


@every_norm
@settings(max_examples=50, deadline=None)
@given(size=sizes())
def test_values_and_gradients_are_those_of_the_definition(kernels, size):
    _, pixels, C, groups = size
    if pixels * C // groups < 3:
        return  # of one value the variance is 0, of two it may be tiny
    batch = Batch(size)
    for answer, expected in zip(batch.run(kernels), batch.expect(), strict=True):
        scale = max(1.0, np.abs(expected).max())
        assert np.allclose(answer, expected.ravel(), rtol=1e-4, atol=2e-5 * scale)


@every_norm
def test_a_mean_far_from_zero_costs_no_more_than_the_digits_of_x(kernels):
    batch = Batch((2, 30, 12, 3), shift=1000)
    assert np.allclose(batch.run(kernels)[0], batch.expect()[0].ravel(), atol=5e-4)


@every_norm
@pytest.mark.parametrize("size", [(6, 50, 96, 4), (6, 50, 96, 96), (300, 1, 96, 1)], ids=str)
def test_any_number_of_threads_gives_the_same_bits(kernels, size):
    batch = Batch(size)
    for one, other in zip(batch.run(kernels, 1), batch.run(kernels, 3), strict=True):
        assert same_bits(one, other)


@every_norm
def test_an_image_is_normalized_alike_whatever_stands_beside_it(kernels):
    batch = Batch((3, 20, 24, 4))
    whole = batch.run(kernels)[0].reshape(3, -1)
    batch.size, batch.x, batch.dy = (1, 20, 24, 4), batch.x[1:2], batch.dy[1:2]
    assert same_bits(batch.run(kernels)[0], whole[1].copy())
