import numpy as np

from cnncli.render.overlay import OPACITY, lay_over, spread

GREEN = np.full((2, 3, 3), (0, 200, 0), np.uint8)


def test_an_image_is_gray_under_the_colors_of_a_map():
    colors = np.zeros((2, 3, 3), np.uint8)
    colors[0, 0] = (100, 50, 0)

    mixed = lay_over(GREEN, colors)

    gray = (1 - OPACITY) * 0.587 * 200
    assert mixed[1, 2].tolist() == [round(gray)] * 3
    assert mixed[0, 0].tolist() == [round(gray + OPACITY * value) for value in (100, 50, 0)]


def test_several_maps_lie_over_the_same_image():
    colors = np.zeros((4, 2, 3, 3), np.uint8)
    colors[2] = 255

    mixed = lay_over(GREEN[..., :1], colors)

    assert mixed.shape == colors.shape
    assert (mixed[2] == lay_over(GREEN[..., :1], colors[2])).all()


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
