import numpy as np
import pytest

from cnncli.inspection.objective import ClassObjective, LayerObjective, Objective

SHAPE = (3, 5, 4)
CHANNELS = np.array([2, 0])


@pytest.fixture
def maps():
    return np.random.default_rng(0).standard_normal((2, *SHAPE))


def spread(slope, shape):
    """Return the gradient of all maps."""
    places, gradient = slope
    everywhere = np.zeros(shape)
    everywhere[places] = gradient
    return everywhere


def differentiate_by_steps(measure, maps):
    """Return the gradients of a number of each input, by central differences."""
    gradient = np.zeros_like(maps)
    for place in np.ndindex(maps.shape):
        step = np.zeros_like(maps)
        step[place] = 1e-4
        gradient[place] = (measure(maps + step) - measure(maps - step))[place[0]] / 2e-4
    return gradient


def test_a_filter_is_measured_in_the_middle_of_its_map(maps):
    measured = Objective(SHAPE).measure(maps, CHANNELS)

    np.testing.assert_array_equal(measured, [maps[0, 1, 2, 2], maps[1, 1, 2, 0]])


@pytest.mark.parametrize("kind", [Objective, ClassObjective, LayerObjective])
def test_the_gradient_is_that_of_what_is_measured(maps, kind):
    objective = kind(SHAPE)

    slope = objective.differentiate(maps, CHANNELS, late=False)

    expected = differentiate_by_steps(lambda maps: objective.measure(maps, CHANNELS), maps)
    np.testing.assert_allclose(spread(slope, maps.shape), expected, atol=1e-6)


def test_late_a_class_follows_the_logarithm_of_its_probability(maps):
    objective = ClassObjective(SHAPE)

    slope = objective.differentiate(maps, CHANNELS, late=True)

    expected = differentiate_by_steps(
        lambda maps: np.log(objective.rate(maps[:, 1, 2], CHANNELS)), maps
    )
    np.testing.assert_allclose(spread(slope, maps.shape), expected, atol=1e-6)


def test_a_layer_that_answers_nothing_has_no_gradient():
    slope = LayerObjective(SHAPE).differentiate(np.zeros((2, *SHAPE)), CHANNELS, late=False)

    assert not spread(slope, (2, *SHAPE)).any()
