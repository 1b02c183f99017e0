"""Random numbers of the steps: their distributions, and what they depend on."""

import numpy as np
import pytest

from cnncli.augment import Draws

MANY = Draws(3, 0, np.arange(40000))


@pytest.mark.parametrize("alpha", [0.1, 0.2, 0.5, 1.0, 4.0, 50.0])
def test_shares_have_the_distribution_beta(alpha):
    numbers = MANY.beta(alpha)
    assert numbers.min() >= 0
    assert numbers.max() <= 1
    assert numbers.mean() == pytest.approx(0.5, abs=0.01)
    assert numbers.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.03)
    fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3))  # central moment of Beta(alpha, alpha)
    assert ((numbers - 0.5) ** 4).mean() == pytest.approx(fourth, rel=0.06)


def test_beta_of_one_is_even():
    counts = np.histogram(MANY.beta(1.0), 10, (0, 1))[0]
    assert counts.min() > 3700
    assert counts.max() < 4300


def test_a_tiny_alpha_gives_numbers_that_are_finite():
    numbers = MANY.beta(1e-6)
    assert np.isfinite(numbers).all()
    assert ((numbers < 1e-6) | (numbers > 1 - 1e-6)).all()
    assert numbers.mean() == pytest.approx(0.5, abs=0.01)


def test_numbers_of_a_sample_do_not_depend_on_the_others():
    some = MANY.take(np.array([700, 3]))
    assert np.array_equal(some.words("a"), MANY.words("a")[[700, 3]])
    assert np.array_equal(some.beta(0.4), MANY.beta(0.4)[[700, 3]])


def test_steps_within_steps_draw_for_themselves():
    names = [MANY, MANY.within(0), MANY.within(1), MANY.within(0).within(1), MANY.within("01")]
    firsts = {tuple(draws.take(np.arange(3)).uniform(0, 1).tolist()) for draws in names}
    assert len(firsts) == 5
