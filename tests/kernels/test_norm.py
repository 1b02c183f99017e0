"""Batch normalization against its float64 twin, on every instruction set of this CPU."""

import numpy as np
import pytest
import reference
from fence import blank, every_isa, given_array, same_bits, stands
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import normal_lanes

every_norm = every_isa("elementwise")
EPS = 1e-5
NONE = np.empty(0, np.float32)


class Batch:
    """A batch and the parameters to normalize it with; running statistics start at random."""

    def __init__(self, x, seed=0):
        numbers = np.random.default_rng(seed)
        self.x = np.asarray(x, np.float32)
        self.rows, self.C = self.x.shape
        self.weight, self.bias, self.running_mean = numbers.standard_normal((3, self.C)).astype(
            np.float32
        )
        self.running_var = numbers.uniform(0.5, 2, self.C).astype(np.float32)
        self.dy = numbers.standard_normal(self.x.shape).astype(np.float32)

    def part(self, saved, number):
        """Return the means, scales, shifts or inverse deviations of what is saved."""
        return saved[number * normal_lanes(self.C) :][: self.C]

    def scratch(self, kernels):
        return blank(kernels.bn_scratch_size(self.C))

    def train(self, kernels, relu=False, momentum=0.1, threads=1, residual=NONE, deferred=False):
        """Return y, what is saved, and the running statistics after a step."""
        y = blank(0 if deferred else self.x.size)
        saved = blank(kernels.bn_saved_size(self.C))
        scratch = self.scratch(kernels)
        mean, var = given_array(self.running_mean), given_array(self.running_var)
        kernels.bn_forward_training(
            self.rows, self.C, momentum, EPS, given_array(self.x), given_array(self.weight),
            given_array(self.bias), given_array(residual), mean, var, y, saved, scratch, relu,
            threads,
        )  # fmt: skip
        assert stands(y)
        assert stands(saved)
        assert stands(scratch)
        return y.reshape(-1, self.C), saved, mean, var

    def backward(self, kernels, relu=False, threads=1, residual=NONE):
        """Return dx, dweight, dbias and, with a residual, dresidual of a step."""
        y, saved, _, _ = self.train(kernels, relu, residual=residual)
        dx, dweight, dbias = blank(self.x.size), blank(self.C), blank(self.C)
        dresidual, scratch = blank(residual.size), self.scratch(kernels)
        kernels.bn_backward(
            self.rows, self.C, given_array(self.x), given_array(y if residual.size else NONE),
            given_array(self.dy), saved, dx, dresidual, dweight, dbias, scratch, relu, threads,
        )  # fmt: skip
        assert all(map(stands, (dx, dweight, dbias, dresidual, scratch)))
        found = dx.reshape(self.x.shape), dweight, dbias
        return (*found, dresidual.reshape(residual.shape)) if residual.size else found

    def predict(self, kernels, relu=False, threads=1, residual=NONE):
        y = blank(self.x.size)
        kernels.bn_forward(
            self.rows, self.C, EPS, given_array(self.x), given_array(self.weight),
            given_array(self.bias), given_array(residual), given_array(self.running_mean),
            given_array(self.running_var), y, relu, threads,
        )  # fmt: skip
        assert stands(y)
        return y.reshape(self.x.shape)

    def twin(self, mean, variance, relu=False):
        y = reference.bn(self.x.astype(np.float64), self.weight, self.bias, mean, variance, EPS)
        return np.maximum(y, 0) if relu else y


def random_batch(rows, C, seed=0):
    return Batch(np.random.default_rng(seed).standard_normal((rows, C)) * 2 + 3, seed)


batches = st.builds(
    random_batch,
    st.integers(12, 200),  # of fewer, some channel may be so alike that rounding errors grow
    st.one_of(st.integers(1, 20), st.sampled_from([42, 130, 256, 300, 1500])),
    st.integers(0, 99),
)


@every_norm
@settings(max_examples=60, deadline=None)
@given(batch=batches, relu=st.booleans(), momentum=st.sampled_from([0.1, 0.5, 1.0]))
def test_training_normalizes_by_the_batch_and_moves_the_running_statistics(
    kernels, batch, relu, momentum
):
    y, saved, mean, var = batch.train(kernels, relu, momentum)
    x = batch.x.astype(np.float64)
    assert np.allclose(y, batch.twin(x.mean(0), x.var(0), relu), rtol=1e-5, atol=1e-5)
    assert np.allclose(batch.part(saved, 0), x.mean(0), rtol=1e-5, atol=1e-6)
    assert np.allclose(batch.part(saved, 3), 1 / np.sqrt(x.var(0) + EPS), rtol=1e-5, atol=1e-6)
    expected = (1 - momentum) * batch.running_mean + momentum * x.mean(0)
    assert np.allclose(mean, expected, rtol=1e-5, atol=1e-6)
    expected = (1 - momentum) * batch.running_var + momentum * x.var(0, ddof=1)
    assert np.allclose(var, expected, rtol=1e-5)


@every_norm
@settings(max_examples=60, deadline=None)
@given(batch=batches, relu=st.booleans())
def test_backward_is_the_chain_rule(kernels, batch, relu):
    x = batch.x.astype(np.float64)
    open_relu = batch.train(kernels)[0] > 0 if relu else 1.0
    expected = reference.bn_gradient(x, batch.dy * open_relu, batch.weight, EPS)
    for found, wanted in zip(batch.backward(kernels, relu), expected, strict=True):
        assert np.allclose(found, wanted, rtol=1e-4, atol=1e-4)


@every_norm
@settings(max_examples=30, deadline=None)
@given(batch=batches, relu=st.booleans())
def test_prediction_normalizes_by_the_running_statistics(kernels, batch, relu):
    expected = batch.twin(batch.running_mean, batch.running_var, relu)
    assert np.allclose(batch.predict(kernels, relu), expected, rtol=1e-5, atol=1e-5)


@every_norm
@settings(max_examples=30, deadline=None)
@given(batch=batches, relu=st.booleans())
def test_a_residual_is_added_before_the_relu_and_gets_the_gradient_behind_it(kernels, batch, relu):
    residual = np.random.default_rng(1).standard_normal(batch.x.shape).astype(np.float32)
    x = batch.x.astype(np.float64)
    y, *_ = batch.train(kernels, relu, residual=residual)
    expected = batch.twin(x.mean(0), x.var(0)) + residual
    assert np.allclose(y, np.maximum(expected, 0) if relu else expected, rtol=1e-5, atol=1e-5)
    g = batch.dy * (y > 0) if relu else batch.dy
    expected = *reference.bn_gradient(x, g, batch.weight, EPS), g
    for found, wanted in zip(
        batch.backward(kernels, relu, residual=residual), expected, strict=True
    ):
        assert np.allclose(found, wanted, rtol=1e-4, atol=1e-4)
    expected = batch.twin(batch.running_mean, batch.running_var) + residual
    found = batch.predict(kernels, relu, residual=residual)
    assert np.allclose(found, np.maximum(expected, 0) if relu else expected, rtol=1e-5, atol=1e-5)


@every_norm
@pytest.mark.parametrize("C", [7, 48, 300])
def test_a_deferred_batch_leaves_its_reader_all_that_makes_y(kernels, C):
    batch = random_batch(200, C)
    y, saved, mean, var = batch.train(kernels, relu=True)
    nothing, again, *statistics = batch.train(kernels, relu=True, deferred=True)
    assert nothing.size == 0
    assert same_bits(again, saved)
    assert all(map(same_bits, statistics, (mean, var)))
    means, scales, shifts = (batch.part(saved, number) for number in range(3))
    assert np.allclose(np.maximum((batch.x - means) * scales + shifts, 0), y, atol=1e-5)
    lanes = saved[: 3 * normal_lanes(C)].reshape(3, -1)
    assert not lanes[:, C:].any()


@every_norm
def test_a_prediction_divides_a_channel_without_variance_by_the_root_of_eps(kernels):
    batch = Batch(np.random.default_rng(0).standard_normal((20, 3)) * 1e-3)
    batch.running_mean[:] = batch.running_var[:] = 0
    assert np.allclose(batch.predict(kernels), batch.twin(0, 0), rtol=1e-5, atol=1e-5)


@every_norm
def test_two_rows_are_what_you_compute_by_hand(kernels):
    batch = Batch([[1.0], [3.0]])
    batch.weight, batch.bias = np.array([10.0]), np.array([5.0])
    y, saved, mean, var = batch.train(kernels, momentum=0.5)
    assert np.allclose(y.ravel(), [-5, 15], atol=1e-3)
    assert [*saved[[0, 32, 64]]] == pytest.approx([2, 10, 5], abs=1e-3)
    assert np.allclose(mean, (batch.running_mean + 2) / 2)
    assert np.allclose(var, (batch.running_var + 2) / 2)


@every_norm
def test_one_row_is_its_own_mean(kernels):
    batch = Batch([[7.0, -2.0]])
    y, _, _, var = batch.train(kernels)
    assert np.allclose(y, batch.bias)
    assert np.allclose(var, 0.9 * batch.running_var)


@every_norm
def test_a_constant_channel_becomes_its_bias_exactly(kernels):
    batch = Batch(np.full((5000, 3), 0.1))
    y, saved, _, _ = batch.train(kernels)
    assert (y == batch.bias).all()
    assert np.allclose(batch.part(saved, 3), EPS**-0.5)


@every_norm
@pytest.mark.parametrize("C", [3, 300])
@pytest.mark.parametrize("mean", [1e3, -1e5])
def test_variance_is_precise_far_from_zero(kernels, C, mean):
    x = (np.random.default_rng(0).standard_normal((3000, C)) + mean).astype(np.float32)
    batch = Batch(x)
    _, saved, _, _ = batch.train(kernels)
    wide = x.astype(np.float64)
    assert np.allclose(batch.part(saved, 0), wide.mean(0), rtol=1e-7)
    assert np.allclose(batch.part(saved, 3), 1 / wide.std(0), rtol=1e-5)


@every_norm
@pytest.mark.parametrize(("C", "outliers"), [(2, 1), (130, 8)])
def test_variance_is_precise_behind_outlying_first_rows(kernels, C, outliers):
    x = np.full((32 * 1024, C), 0.1, np.float32)
    x.reshape(32, 1024, C)[:, :outliers] = 1e4  # of each chunk
    batch = Batch(x)
    _, saved, _, _ = batch.train(kernels)
    deviation = x.std(0, dtype=np.float64)
    assert np.allclose(batch.part(saved, 3), 1 / deviation, rtol=1e-5, atol=0)


@every_norm
def test_nan_spoils_its_channel_and_no_other(kernels):
    x = np.random.default_rng(0).standard_normal((100, 5))
    x[37, 2] = np.nan
    batch = Batch(x)
    for relu in (False, True):
        y, _, mean, _ = batch.train(kernels, relu)
        assert np.isnan(y).all(0).tolist() == [False, False, True, False, False]
        assert np.isnan(y).any(0).tolist() == [False, False, True, False, False]
        assert np.isnan(mean).tolist() == [False, False, True, False, False]


@every_norm
def test_a_prediction_can_be_made_in_place(kernels):
    batch = random_batch(500, 7)
    expected = batch.predict(kernels)
    x = given_array(batch.x)
    kernels.bn_forward(
        500, 7, EPS, x, batch.weight, batch.bias, NONE, batch.running_mean, batch.running_var, x,
        False, 1,
    )  # fmt: skip
    assert same_bits(x, expected)


@every_norm
def test_dx_can_be_dy_or_be_left_out(kernels):
    batch = random_batch(500, 7)
    dx, dweight, dbias = batch.backward(kernels, relu=True)
    _, saved, _, _ = batch.train(kernels, relu=True)
    for target, source in (
        (in_place := batch.dy.reshape(-1).copy(), in_place),
        (NONE, batch.dy.reshape(-1)),
    ):
        other = blank(7), blank(7)
        kernels.bn_backward(
            500, 7, batch.x.reshape(-1), NONE, source, saved, target, NONE, *other,
            batch.scratch(kernels), True, 1,
        )  # fmt: skip
        assert same_bits(other[0], dweight)
        assert same_bits(other[1], dbias)
    assert same_bits(in_place, dx)


@every_norm
@pytest.mark.parametrize(("rows", "C"), [(5003, 6), (1201, 42), (301, 300), (67, 1500)])
def test_threads_change_no_bit(kernels, rows, C):
    batch = random_batch(rows, C)
    residual = batch.dy + 1
    once = (
        *batch.train(kernels, True),
        *batch.backward(kernels, True, residual=residual),
        batch.predict(kernels),
    )
    for threads in (2, 3):
        again = (
            *batch.train(kernels, True, threads=threads),
            *batch.backward(kernels, True, threads, residual),
            batch.predict(kernels, threads=threads),
        )
        assert all(map(same_bits, once, again))
