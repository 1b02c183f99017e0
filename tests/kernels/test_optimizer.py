"""Optimizer steps against their float64 twins, on every instruction set of this CPU."""

import numpy as np
import pytest
from fence import blank, every_isa, given_array, same_bits, stands
from reference_optimizers import Adam, Lion, Momentum, RmsProp

every_optimizer = every_isa("elementwise")
SIZE = 30_001
NONE = np.empty(0, np.float32)


def numbers(seed, size=SIZE):
    return np.random.default_rng(seed).standard_normal(size).astype(np.float32)


def state():
    """Return zeros between posts."""
    zeros = blank(SIZE)
    zeros[:] = 0
    return zeros


def check(step, twin, states=()):
    """Run four steps beside the twin's; step(t, gradient, parameter) works in place."""
    parameter = blank(SIZE)
    parameter[:] = numbers(0)
    expected = parameter.astype(np.float64)
    for t in range(1, 5):
        gradient = numbers(t)
        step(t, given_array(gradient), parameter)
        expected = twin.step(gradient.astype(np.float64), expected)
        assert np.allclose(parameter, expected, rtol=1e-5, atol=2e-6), t
    assert all(map(stands, (parameter, *states)))


@every_optimizer
@pytest.mark.parametrize("decay", [0, 0.01])
def test_sgd_agrees_with_its_twin(kernels, decay):
    check(lambda t, g, p: kernels.sgd_step(SIZE, 0.1, decay, g, p, 2), Momentum(0.1, 0, decay))


@every_optimizer
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("decay", [0, 0.01])
def test_momentum_agrees_with_its_twin(kernels, nesterov, decay):
    velocity = blank(SIZE)  # NaN: the first step must not look at it

    def step(t, g, p):
        kernels.momentum_step(SIZE, 0.1, 0.9, decay, nesterov, t == 1, g, p, velocity, 2)

    check(step, Momentum(0.1, 0.9, decay, nesterov), [velocity])


@every_optimizer
@pytest.mark.parametrize("momentum", [0, 0.9])
@pytest.mark.parametrize("decay", [0, 0.01])
def test_rmsprop_agrees_with_its_twin(kernels, momentum, decay):
    square = state()
    velocity = state() if momentum else NONE

    def step(t, g, p):
        kernels.rmsprop_step(SIZE, 0.01, 0.99, 1e-8, momentum, decay, g, p, square, velocity, 2)

    twin = RmsProp(0.01, 0.99, 1e-8, momentum, decay)
    check(step, twin, [square, velocity] if momentum else [square])


@every_optimizer
@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize("decay", [0, 0.1])
def test_adam_agrees_with_its_twin(kernels, decoupled, decay):
    mean, square = state(), state()

    def step(t, g, p):
        kernels.adam_step(SIZE, 0.01, 0.9, 0.999, 1e-8, decay, decoupled, t, g, p, mean, square, 2)

    check(step, Adam(0.01, 0.9, 0.999, 1e-8, decay, decoupled), [mean, square])


@every_optimizer
@pytest.mark.parametrize("decay", [0, 0.1])
def test_lion_agrees_with_its_twin(kernels, decay):
    mean = state()

    def step(t, g, p):
        kernels.lion_step(SIZE, 0.01, 0.9, 0.99, decay, g, p, mean, 2)

    check(step, Lion(0.01, 0.9, 0.99, decay), [mean])


@every_optimizer
def test_lion_stands_still_where_there_is_no_direction(kernels):
    p, zeros = np.ones(3, np.float32), np.zeros((2, 3), np.float32)
    kernels.lion_step(3, 0.01, 0.9, 0.99, 0, zeros[0], p, zeros[1], 1)
    assert p.tolist() == [1, 1, 1]


@every_optimizer
def test_the_first_step_of_adam_has_the_length_of_the_learning_rate(kernels):
    p = np.zeros(2, np.float32)
    g = np.array([1e-3, -7e5], np.float32)
    zeros = np.zeros((2, 2), np.float32)
    kernels.adam_step(2, 0.25, 0.9, 0.999, 1e-12, 0, False, 1, g, p, zeros[0], zeros[1], 1)
    assert p == pytest.approx([-0.25, 0.25])


@every_optimizer
def test_adam_still_divides_by_almost_one_after_a_million_steps(kernels):
    one = np.ones(1, np.float32)
    p = np.zeros(1, np.float32)
    kernels.adam_step(1, 0.5, 0.9, 0.999, 0, 0, False, 10**6, one, p, one.copy(), one.copy(), 1)
    assert p == pytest.approx([-0.5])


@every_optimizer
def test_threads_change_no_bit(kernels):
    found = []
    for threads in (1, 2, 3):
        p, v, m, s = (numbers(k) for k in range(4))
        s **= 2
        kernels.sgd_step(SIZE, 0.1, 0.01, numbers(9), p, threads)
        kernels.momentum_step(SIZE, 0.1, 0.9, 0.01, True, False, numbers(9), p, v, threads)
        kernels.rmsprop_step(SIZE, 0.1, 0.9, 1e-8, 0.9, 0.01, numbers(9), p, s, v, threads)
        kernels.adam_step(SIZE, 0.1, 0.9, 0.9, 1e-8, 0.01, True, 3, numbers(9), p, m, s, threads)
        kernels.lion_step(SIZE, 0.1, 0.9, 0.9, 0.01, numbers(9), p, m, threads)
        found.append(np.concatenate([p, v, m, s]))
    assert same_bits(found[0], found[1])
    assert same_bits(found[0], found[2])


@every_optimizer
@pytest.mark.parametrize("size", [1, 63, 64, 1000, 100_003])
def test_sum_of_squares_is_precise_and_the_same_for_all_threads(kernels, size):
    x = numbers(0, size) * 1e3
    partials = np.full(64, np.nan)
    sums = [kernels.sum_of_squares(size, given_array(x), partials, n) for n in (1, 2, 3)]
    assert sums[0] == pytest.approx((x.astype(np.float64) ** 2).sum(), rel=1e-13)
    assert len(set(sums)) == 1


@every_optimizer
def test_sum_of_squares_is_finite_exactly_where_all_numbers_are(kernels):
    partials = np.empty(64)
    x = np.full(3000, 3e38, np.float32)
    assert np.isfinite(kernels.sum_of_squares(3000, x, partials, 1))
    for odd in (np.nan, np.inf, -np.inf):
        for place in (0, 1700, 2999):
            spoiled = x.copy()
            spoiled[place] = odd
            assert not np.isfinite(kernels.sum_of_squares(3000, spoiled, partials, 1))
