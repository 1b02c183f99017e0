import numpy as np
import pytest

from cnncli.inspection.strongest import Strongest

RNG = np.random.default_rng(0)
MAPS = RNG.integers(0, 50, (40, 3, 4, 5)).astype(
    np.float32
)  # small numbers, so that some are equal


def add(strongest, maps, start=0):
    samples = [(f"{start + row}.png", np.full((2, 2, 1), start + row)) for row in range(len(maps))]
    strongest.add(maps, samples)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_the_strongest_samples_of_each_filter_are_kept_however_they_come(size):
    strongest = Strongest(5, 6)

    for start in range(0, 40, size):
        add(strongest, MAPS[start : start + size], start)

    largest = MAPS.max(axis=(1, 2)).T
    order = np.argsort(-largest, axis=1, kind="stable")[:, :6]
    assert strongest.samples.tolist() == order.tolist()
    assert strongest.activations.tolist() == np.take_along_axis(largest, order, axis=1).tolist()
    for filter_ in range(5):
        for sample, (row, column) in zip(order[filter_], strongest.at[filter_], strict=True):
            assert MAPS[sample, ..., filter_].argmax() == 4 * row + column
    assert strongest.count == 40


def test_only_samples_that_are_among_the_strongest_stay_in_memory():
    strongest = Strongest(2, 3)

    for start in range(0, 40, 8):
        add(strongest, MAPS[start : start + 8, ..., :2], start)

    assert set(strongest.kept) == set(strongest.samples.ravel().tolist())
    assert all(strongest.kept[number][0] == f"{number}.png" for number in strongest.kept)
    assert all((values == number).all() for number, (_, values) in strongest.kept.items())


def test_where_there_are_fewer_samples_the_rest_is_empty():
    strongest = Strongest(5, 4)

    add(strongest, MAPS[:2])

    assert (strongest.samples[:, 2:] == -1).all()
    assert np.isneginf(strongest.activations[:, 2:]).all()
