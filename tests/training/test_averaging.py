import numpy as np
import pytest

from cnncli.engine import Weights
from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.training.averaging import Average

GRAPH = build_graph(parse("conv(2,3) >> bn >> relu >> dense(2)"), (4, 4, 1))


def walk(weights, decay, steps):
    """Set all weights to the number of each step in turn; return their average behind each."""
    average = Average(weights, decay)
    averages = []
    for step in range(1, steps + 1):
        for array in weights.arrays.values():
            array[:] = step
        average.update(step)
        values = {value for array in average.weights.arrays.values() for value in array.tolist()}
        assert len(values) == 1
        averages.append(values.pop())
    return averages


def test_an_average_begins_with_the_first_weights_and_follows_with_its_decay():
    averages = walk(Weights(GRAPH), 0.1, 4)
    assert averages == pytest.approx([1, 1.9, 2.89, 3.889])


def test_the_decay_is_smaller_at_first():
    averages = walk(Weights(GRAPH), 0.999, 3)
    second = 0.1 * 1 + 0.9 * 2
    assert averages == pytest.approx([1, second, 2 / 11 * second + 9 / 11 * 3])


def test_the_average_of_many_steps_lags_by_the_length_of_the_decay():
    assert walk(Weights(GRAPH), 0.9, 500)[-1] == pytest.approx(500 - 9, abs=1e-2)


def test_an_average_does_not_touch_the_weights():
    weights = Weights(GRAPH)
    weights.initialize()
    before = {name: array.copy() for name, array in weights.arrays.items()}
    Average(weights, 0.9).update(1)
    for name, array in weights.arrays.items():
        assert np.array_equal(array, before[name])


def test_statistics_are_settled_by_the_average_in_the_place_of_the_weights():
    weights = Weights(GRAPH)
    average = Average(weights, 0.9)
    for step in (1, 2):
        for array in weights.arrays.values():
            array[:] = step
        average.update(step)

    def run():
        assert weights.arrays["conv1/weight"][0] == pytest.approx(1.9)
        weights.arrays["bn1/running_mean"][:] = 7

    average.settle_statistics(run)
    assert (average.weights.arrays["bn1/running_mean"] == 7).all()
    assert average.weights.arrays["conv1/weight"] == pytest.approx(1.9)
    assert all((array == 2).all() for array in weights.arrays.values())


def test_without_statistics_there_is_nothing_to_settle():
    weights = Weights(build_graph(parse("conv(2,3) >> relu >> dense(2)"), (4, 4, 1)))
    Average(weights, 0.9).settle_statistics(lambda: pytest.fail("ran"))
