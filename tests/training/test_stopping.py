import math

import pytest

from cnncli.training.events import Epoch
from cnncli.training.stopping import Monitor


def epochs(*figures):
    return [
        Epoch(number, 0.1, 1.0, {"val_accuracy": figure}, 1.0, 1.0, False)
        for number, figure in enumerate(figures, 1)
    ]


HIGHER, LOWER = Monitor("val_accuracy", True), Monitor("val_accuracy", False)


@pytest.mark.parametrize(
    ("figures", "min_delta", "waiting"),
    [
        ((), 0, 0),
        ((0.5,), 0, 0),
        ((0.5, 0.6, 0.7), 0, 0),
        ((0.5, 0.5), 0, 1),
        ((0.5, 0.4, 0.45), 0, 2),
        ((0.5, 0.4, 0.6, 0.6), 0, 1),
        ((0.5, 0.55), 0.1, 1),
        ((0.5, 0.55, 0.65), 0.1, 0),  # a little twice is enough
        ((0.5, math.nan, 0.4), 0, 2),
        ((math.nan, math.inf), 0, 2),
        ((math.nan, 0.1), 0, 0),
    ],
)
def test_epochs_wait_for_a_figure_that_is_better_by_enough(figures, min_delta, waiting):
    assert HIGHER.count_waiting(epochs(*figures), min_delta) == waiting
    mirrored = epochs(*(-figure for figure in figures))
    assert LOWER.count_waiting(mirrored, min_delta) == waiting


def test_the_first_of_equal_epochs_is_best_and_none_without_a_figure():
    *before, last = epochs(0.5, 0.6, 0.6)
    assert not HIGHER.is_best(last, before)
    assert HIGHER.is_best(before[1], before[:1])
    assert HIGHER.is_best(before[0], [])
    assert not HIGHER.is_best(*epochs(math.nan), [])


def test_a_figure_that_was_not_measured_is_none():
    assert Monitor("val_loss", False).read(epochs(0.5)[0]) is None
    assert Monitor("train_loss", False).read(epochs(0.5)[0]) == 1.0
