"""The activations and softmax against float64, on every instruction set of this CPU."""

from functools import cache

import numpy as np
import pytest
import reference
from fence import blank, every_isa, given_array, same_bits, stands
from hypothesis import given, settings
from hypothesis import strategies as st

every_activation = every_isa("elementwise")
NAMES = sorted(reference.ACTIVATIONS)
INF, NAN = np.inf, np.nan
SMALLEST = np.finfo(np.float32).tiny * 16  # whose factors are normal numbers, too


SETTINGS = {"leaky_relu": (0.1,), "clip": (-0.5, 2.0)}


def forward(kernels, name, x, threads=1):
    y = blank(x.size)
    given = SETTINGS.get(name, ())
    getattr(kernels, f"{name}_forward")(x.size, *given, given_array(x), y, threads)
    assert stands(y)
    return y


def backward(kernels, name, x, dy, threads=1):
    dx, y = blank(x.size), forward(kernels, name, x)
    given = SETTINGS.get(name, ())
    getattr(kernels, f"{name}_backward")(
        x.size, *given, given_array(x), y, given_array(dy), dx, threads
    )
    assert stands(dx)
    return dx


@cache
def sample():
    """Return numbers of every size and sign, and more of those where functions bend."""
    numbers = np.random.default_rng(0)
    small = np.exp(numbers.uniform(-60, 0, 3000)) * numbers.choice([-1, 1], 3000)
    parts = numbers.uniform(-105, 90, 3000), numbers.uniform(-12, 12, 9000), small, [0.0]
    return np.concatenate(parts).astype(np.float32)


@cache
def expected(name):
    return np.array([reference.ACTIVATIONS[name](float(x)) for x in sample()])


@cache
def expected_slope(name):
    return np.array([reference.DERIVATIVES[name](float(x)) for x in sample()])


@every_activation
@pytest.mark.parametrize("name", NAMES)
def test_activations_are_right_to_the_last_digits(kernels, name):
    error = np.abs(forward(kernels, name, sample()) - expected(name))
    normal = np.abs(expected(name)) >= SMALLEST
    last_digit = np.spacing(np.abs(expected(name)).astype(np.float32)).astype(np.float64)
    assert (error / last_digit)[normal].max() < 5
    assert error[~normal].max() < 1e-43


@every_activation
@pytest.mark.parametrize("name", NAMES)
def test_backward_multiplies_by_the_derivative(kernels, name):
    dy = np.random.default_rng(1).standard_normal(sample().size).astype(np.float32)
    dx = backward(kernels, name, sample(), dy)
    assert np.abs(dx - dy * expected_slope(name)).max() < 2e-6


@every_activation
@pytest.mark.parametrize("name", ["gelu", "silu"])
def test_the_derivative_is_right_to_the_last_digits_in_the_tail(kernels, name):
    x = np.linspace(-12, -5, 3000, dtype=np.float32)
    slopes = backward(kernels, name, x, np.ones_like(x))
    exact = np.array([reference.DERIVATIVES[name](float(one)) for one in x])
    assert np.abs(slopes / exact - 1).max() < 2e-6


@every_activation
@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("relu", [0, INF]),
        ("relu6", [0, 6]),
        ("clip", [-0.5, 2]),
        ("leaky_relu", [-INF, INF]),
        ("elu", [-1, INF]),
        ("gelu", [0, INF]),
        ("silu", [0, INF]),
        ("sigmoid", [0, 1]),
        ("tanh", [-1, 1]),
        ("hard_sigmoid", [0, 1]),
        ("hard_swish", [0, INF]),
    ],
)
def test_activations_reach_their_limits_and_pass_nan_on(kernels, name, limits):
    far = np.array([-INF, INF, -3e38, 3e38, NAN], np.float32)
    y = forward(kernels, name, far)
    assert y[:2].tolist() == limits
    if np.isfinite(limits).all():
        assert y[2:4].tolist() == limits
    assert np.isnan(y[4])


@every_activation
@pytest.mark.parametrize("name", NAMES)
def test_slopes_far_out_are_finite(kernels, name):
    far = np.array([-INF, -3e38, -200, 200, 3e38, INF], np.float32)
    slopes = backward(kernels, name, far, np.ones_like(far))
    left = 0.1 if name == "leaky_relu" else 0
    right = 0 if name in ("relu6", "clip", "sigmoid", "tanh", "hard_sigmoid") else 1
    assert slopes.tolist() == pytest.approx([left] * 3 + [right] * 3)


@every_activation
@pytest.mark.parametrize("name", NAMES)
def test_backward_passes_nan_of_dy_on(kernels, name):
    assert np.isnan(backward(kernels, name, np.ones(1), np.full(1, NAN)))


@every_activation
@pytest.mark.parametrize("name", ["leaky_relu", "elu", "gelu", "silu", "tanh", "hard_swish"])
def test_minus_zero_keeps_its_sign(kernels, name):
    y = forward(kernels, name, np.array([-0.0, 0.0], np.float32))
    assert y.tolist() == [0, 0]
    assert np.signbit(y).tolist() == [True, False]


@every_activation
def test_relu_is_closed_at_zero(kernels):
    x = np.array([-1, -0.0, 0, 1e-40, 2], np.float32)
    assert forward(kernels, "relu", x).tolist() == [0, 0, 0, x[3], 2]
    assert backward(kernels, "relu", x, np.full(5, 7.0)).tolist() == [0, 0, 0, 7, 7]


@every_activation
def test_relu6_is_closed_at_both_ends(kernels):
    x = np.array([-1, -0.0, 1e-40, 5.5, 6, 7], np.float32)
    assert forward(kernels, "relu6", x).tolist() == [0, 0, x[2], 5.5, 6, 6]
    assert backward(kernels, "relu6", x, np.full(6, 7.0)).tolist() == [0, 0, 7, 7, 0, 0]


@every_activation
def test_the_hard_activations_bend_at_three(kernels):
    x, sevens = np.array([-4, -3, -1.5, 0, 1.5, 3, 4], np.float32), np.full(7, 7.0)
    assert forward(kernels, "hard_sigmoid", x).tolist() == [0, 0, 0.25, 0.5, 0.75, 1, 1]
    assert forward(kernels, "hard_swish", x).tolist() == [0, 0, -0.375, 0, 1.125, 3, 4]
    sixth = pytest.approx(7 / 6)
    assert backward(kernels, "hard_sigmoid", x, sevens).tolist() == [0, 0, *[sixth] * 3, 0, 0]
    assert backward(kernels, "hard_swish", x, sevens).tolist() == [0, 0, 0, 3.5, 7, 7, 7]


@every_activation
@pytest.mark.parametrize("name", NAMES)
def test_activations_work_in_place(kernels, name):
    x = given_array(sample())
    y, given = forward(kernels, name, x), SETTINGS.get(name, ())
    gradient = given_array(np.cos(sample()))
    dx = backward(kernels, name, x, gradient)
    getattr(kernels, f"{name}_backward")(x.size, *given, x, y, gradient, gradient, 1)
    getattr(kernels, f"{name}_forward")(x.size, *given, x, x, 1)
    assert same_bits(gradient, dx)
    assert same_bits(x, y)


@every_activation
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [1, 7, 40_001])
def test_threads_and_size_change_no_bit(kernels, name, size):
    x = np.random.default_rng(2).standard_normal(40_001).astype(np.float32)
    y, dx = forward(kernels, name, x), backward(kernels, name, x, x)
    for threads in (2, 3):
        assert same_bits(forward(kernels, name, x[:size], threads), y[:size])
        assert same_bits(backward(kernels, name, x[:size], x[:size], threads), dx[:size])


def softmax(kernels, x, threads=1):
    y = blank(x.size)
    kernels.softmax_forward(*x.shape, given_array(x), y, threads)
    assert stands(y)
    return y.reshape(x.shape)


@every_activation
@settings(max_examples=60, deadline=None)
@given(shape=st.tuples(st.integers(1, 40), st.integers(1, 40)), scale=st.sampled_from([1, 30]))
def test_softmax_and_its_gradient_agree_with_their_twins(kernels, shape, scale):
    numbers = np.random.default_rng(shape[0])
    x = (numbers.standard_normal(shape) * scale).astype(np.float32)
    dy = numbers.standard_normal(shape).astype(np.float32)
    y, dx = softmax(kernels, x), blank(x.size)
    assert np.allclose(y, reference.softmax(x.astype(np.float64)), rtol=1e-5, atol=1e-37)
    kernels.softmax_backward(*shape, given_array(y), given_array(dy), dx, 1)
    assert stands(dx)
    assert np.allclose(dx, reference.softmax_gradient(x.astype(np.float64), dy).ravel(), atol=1e-6)


@every_activation
def test_softmax_is_precise_in_long_rows(kernels):
    x = np.random.default_rng(5).standard_normal((1, 300_000)).astype(np.float32)
    expected = reference.softmax(x.astype(np.float64))
    assert np.allclose(softmax(kernels, x), expected, rtol=1e-6, atol=0)


@every_activation
def test_softmax_of_equal_logits_is_even_however_large(kernels):
    for logit in (0, 3e38, -3e38, 1e-40):
        assert (softmax(kernels, np.full((2, 4), logit)) == 0.25).all()


@every_activation
def test_softmax_shares_nothing_with_minus_infinity_and_is_nan_without_an_answer(kernels):
    assert softmax(kernels, np.array([[0, -INF, 0]])).tolist() == [[0.5, 0, 0.5]]
    for logits in ([0, NAN], [NAN, 0], [INF, 0], [-INF, -INF]):
        assert np.isnan(softmax(kernels, np.array([logits]))).all()


@every_activation
def test_softmax_rows_do_not_depend_on_one_another_or_on_threads(kernels):
    x = np.random.default_rng(3).standard_normal((5000, 7)).astype(np.float32)
    x[17, 3] = NAN
    y = softmax(kernels, x)
    assert np.isnan(y).any(1).sum() == 1
    for rows in (slice(0, 1), slice(100, 731), slice(4999, 5000)):
        assert same_bits(softmax(kernels, x[rows]), y[rows])
    assert all(same_bits(softmax(kernels, x, threads), y) for threads in (2, 3))


@every_activation
def test_softmax_backward_can_write_over_dy_and_ignores_threads(kernels):
    numbers = np.random.default_rng(4)
    y = reference.softmax(numbers.standard_normal((3000, 10))).astype(np.float32).reshape(-1)
    dy = numbers.standard_normal(30000).astype(np.float32)
    found = []
    for threads in (1, 2, 3):
        found.append(dy.copy())
        kernels.softmax_backward(3000, 10, y, found[-1], found[-1], threads)
    dx = blank(30000)
    kernels.softmax_backward(3000, 10, y, dy, dx, 1)
    assert all(same_bits(dx, one) for one in found)
