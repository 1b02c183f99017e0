import numpy as np
import pytest

from cnncli.render.colors import NOT_A_NUMBER, make_heat_scale, make_signed_scale
from cnncli.render.overlay import STRONG, lay_over, spread

GREEN = np.full((2, 3, 3), (0, 200, 0), np.uint8)
GRAY = 0.587 * 200


@pytest.mark.parametrize("make_scale", [make_heat_scale, make_signed_scale])
def test_the_end_of_the_scale_hides_most_of_the_image_and_zero_nothing(make_scale):
    map_ = np.array([[8.0, 0.0, 0.0]] * 2)
    scale = make_scale(map_)

    mixed = lay_over(GREEN, map_, scale)

    expected = (1 - STRONG) * GRAY + STRONG * scale.paint(np.array(8.0))
    assert mixed[0, 0] == pytest.approx(expected, abs=0.5)
    assert mixed[1, 2] == pytest.approx(GRAY, abs=0.5)


def test_values_of_equal_size_are_as_opaque_on_both_sides_of_zero():
    map_ = np.array([[-1.0, 1.0, 4.0]] * 2)
    scale = make_signed_scale(map_)

    black, white = (
        lay_over(np.full((2, 3, 1), level, np.uint8), map_, scale) for level in (0, 255)
    )

    shown = (white.astype(int) - black).mean(axis=2)
    assert shown[0, 0] == pytest.approx(shown[0, 1], abs=1) and shown[0, 2] < shown[0, 1] - 50


def test_a_nan_hides_the_image_with_its_own_color():
    map_ = np.array([[np.nan, 1.0, 2.0]] * 2)

    mixed = lay_over(GREEN, map_, make_heat_scale(map_))

    expected = (1 - STRONG) * GRAY + STRONG * np.array(NOT_A_NUMBER)
    assert mixed[0, 0] == pytest.approx(expected, abs=0.5)


def test_between_two_positions_a_map_goes_straight_from_one_value_to_the_other():
    maps = np.array([[[0.0, 4.0]]])

    found = spread(maps, np.array([0.0]), np.array([1.0, 5.0]), (2, 7))

    assert found.shape == (1, 2, 7)
    assert found[0, 0].tolist() == found[0, 1].tolist() == [0, 0, 1, 2, 3, 4, 4]


def test_four_positions_share_the_pixel_between_them():
    maps = np.array([[[0.0, 2.0], [4.0, 10.0]]])

    found = spread(maps, np.array([0.0, 2.0]), np.array([0.0, 2.0]), (3, 3))

    assert found[0].tolist() == [[0, 1, 2], [2, 4, 6], [4, 7, 10]]


def test_a_nan_goes_as_far_as_the_next_position():
    maps = np.array([[[np.nan, 1.0, 3.0]]])

    found = spread(maps, np.array([0.0]), np.array([0.0, 2.0, 4.0]), (1, 5))

    assert np.isnan(found[0, 0, :2]).all()
    assert found[0, 0, 2:].tolist() == [1, 2, 3]
