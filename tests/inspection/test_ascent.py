import numpy as np
import pytest

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.inspection.ascent import Range, blur, differentiate_variation

ENDS = np.array([0.0, 1.0], np.float32).reshape(2, 1, 1, 1)


def test_images_go_from_black_to_white():
    levels = Range(Preprocessing(1, 1, 1, scale=(0.01,), shift=(-1.0,)))

    assert levels.restore(ENDS).ravel().tolist() == [0, 255]
    assert levels.normalize(ENDS).ravel() == pytest.approx([-1, 1.55])
    assert levels.mean == pytest.approx([100 / 255])


@pytest.mark.parametrize(
    ("normalization", "ends"),
    [("unit", (-1, 1)), ("minmax", (0, 1)), ("standard", (-4, 4)), ("none", (-1, 1))],
)
def test_signals_fill_the_range_that_their_normalization_brings_them_to(normalization, ends):
    values = Range(SignalPreprocessing(1, 1, None, normalization, (0.5,), (-3.0,)))

    assert values.normalize(ENDS).ravel() == pytest.approx(ends)
    np.testing.assert_allclose(values.take(values.restore(ENDS)).ravel(), ends, atol=1e-6)


def test_gradients_of_shares_are_those_of_the_input_times_what_a_share_is_there():
    levels = Range(Preprocessing(1, 1, 1, scale=(0.01,), shift=(-1.0,)))

    assert levels.carry_back(np.ones((1, 1, 1, 1))).ravel() == pytest.approx([2.55])


def test_the_gradient_of_the_total_variation_smooths_a_spot():
    spot = np.zeros((1, 3, 3, 1), np.float32)
    spot[0, 1, 1] = 1

    gradient = differentiate_variation(spot)[0, :, :, 0]

    np.testing.assert_allclose(gradient, [[0, -1, 0], [-1, 4, -1], [0, -1, 0]], atol=3e-3)


def test_a_spot_is_blurred_over_its_neighbors():
    spot = np.zeros((1, 3, 3, 1), np.float32)
    spot[0, 1, 1] = 16

    assert blur(spot)[0, :, :, 0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
