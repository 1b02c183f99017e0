import numpy as np
import pytest

from cnncli.errors import DataError, UsageError
from cnncli.inspection.attribution import add_channels, choose_output, keep_strongest_channel


@pytest.fixture
def trained(make_network):
    """A network that answers 3 for a, and for b the sum of the image."""
    trained = make_network("dense(2)", (2, 3, 1))
    trained.model.weights["dense1/weight"][1] = 1
    trained.model.weights["dense1/bias"][0] = 3
    return trained


@pytest.mark.parametrize(("pixel", "largest"), [(0, "a"), (1, "b")])
def test_the_largest_output_is_explained_where_none_is_named(trained, make_sample, pixel, largest):
    sample = make_sample(np.full((2, 3, 1), pixel))

    assert choose_output(trained, sample, None) == largest
    assert choose_output(trained, sample, "a") == "a"


def test_an_output_that_there_is_not_is_refused(trained, make_sample):
    with pytest.raises(UsageError, match="'c' is none of the classes; there are a, b"):
        choose_output(trained, make_sample(np.ones((2, 3, 1))), "c")


def test_an_answer_that_is_not_finite_is_not_explained(trained, make_sample):
    with pytest.raises(DataError, match="sample: the network's answer is not finite"):
        choose_output(trained, make_sample(np.full((2, 3, 1), np.inf)), "a")


def test_channels_become_one_by_the_strongest_or_by_their_sum():
    values = np.array([[[1, -3], [0.5, 0.25]]], np.float32)

    assert keep_strongest_channel(values).tolist() == [[3, 0.5]]
    assert add_channels(values).tolist() == [[-2, 0.75]]


def test_a_signal_is_a_single_row():
    assert add_channels(np.ones((5, 2), np.float32)).tolist() == [[2] * 5]
