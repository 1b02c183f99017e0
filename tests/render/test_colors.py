import numpy as np
import pytest

from cnncli.render.colors import (
    LUMA,
    NOT_A_NUMBER,
    Scale,
    make_heat_scale,
    make_signed_scale,
    show_bands,
)

BLUE, PALE, RED = [0, 18, 97], [236, 229, 225], [89, 0, 8]


def test_zero_is_pale_and_the_ends_are_blue_and_red():
    scale = make_signed_scale(np.array([-2.0, 1.0]))

    assert scale.paint(np.array([-2.0, 0.0, 2.0])).tolist() == [BLUE, PALE, RED]


def test_the_sign_shows_as_more_blue_or_less_than_red():
    colors = make_signed_scale(np.array([1.0])).paint(np.array([-0.1, 0.1])).astype(int)

    assert colors[0, 2] > colors[0, 0]
    assert colors[1, 2] < colors[1, 0]


def test_a_signed_scale_grows_darker_to_both_sides():
    light = make_signed_scale(np.array([1.0])).paint(np.linspace(-1, 1, 101)) @ LUMA

    assert (np.diff(light[:51]) > 0).all()
    assert (np.diff(light[50:]) < 0).all()


def test_without_color_a_signed_scale_grows_lighter_all_the_way():
    light = make_signed_scale(np.array([1.0]), "gray").paint(np.linspace(-1, 1, 101)) @ LUMA

    assert (np.diff(light) > 0).all()


def test_both_ends_of_a_signed_scale_are_the_largest_size():
    scale = make_signed_scale(np.array([-3.0, 1.0]))

    assert (scale.low, scale.high) == (-3.0, 3.0)


def test_weights_that_are_all_zero_are_pale():
    zeros = np.zeros((2, 2))

    assert (make_signed_scale(zeros).paint(zeros) == PALE).all()


def test_color_filters_keep_one_scale_for_red_green_and_blue():
    weights = np.array([[[-4.0, 0.0, 4.0], [2.0, -2.0, 0.0]]])

    colors = make_signed_scale(weights, "gray").paint_rgb(weights)

    assert colors.tolist() == [[[1, 128, 255], [192, 64, 128]]]


def test_heat_goes_from_black_to_light_yellow():
    colors = make_heat_scale(np.array([0.0, 8.0])).paint(np.array([0.0, 8.0]))

    assert colors.tolist() == [[0, 0, 4], [252, 255, 164]]


def test_heat_between_two_colors_of_the_table_is_their_mean():
    scale = Scale(0.0, 15.0, "heat")

    assert scale.paint(np.array([0.5])).tolist() == [[6, 4, 21]]


def test_heat_grows_lighter_all_the_way():
    light = make_heat_scale(np.array([1.0])).paint(np.linspace(0, 1, 100)) @ LUMA

    assert (np.diff(light) > 0).all()


@pytest.mark.parametrize(
    ("values", "ends"),
    [([2.0, 5.0], (0.0, 5.0)), ([-2.0, 3.0], (-2.0, 3.0)), ([-5.0, -2.0], (-5.0, 0.0))],
)
def test_a_heat_scale_includes_zero(values, ends):
    scale = make_heat_scale(np.array(values))

    assert (scale.low, scale.high) == ends


def test_a_map_that_is_zero_all_over_is_as_cold_as_can_be():
    zeros = np.zeros((2, 2), np.float32)

    assert (make_heat_scale(zeros).paint(zeros) == [0, 0, 4]).all()


def test_a_nan_has_a_color_of_its_own_and_leaves_the_scale_alone():
    values = np.array([np.nan, 0.0, 2.0])

    assert make_signed_scale(values).high == make_heat_scale(values).high == 2.0
    assert make_signed_scale(values).paint(values).tolist()[:2] == [list(NOT_A_NUMBER), PALE]
    assert make_heat_scale(values).paint(values)[0].tolist() == list(NOT_A_NUMBER)


def test_a_nan_in_one_channel_marks_the_whole_pixel():
    weights = np.array([[[np.nan, 1.0, 1.0]]])

    assert make_signed_scale(weights, "gray").paint_rgb(weights).tolist() == [[list(NOT_A_NUMBER)]]


def test_infinite_values_get_the_colors_of_the_ends():
    values = np.array([-np.inf, 1.0, np.inf])

    colors = make_signed_scale(values).paint(values)

    assert colors.tolist() == [BLUE, RED, RED]


def test_the_largest_float32_is_no_overflow():
    values = np.array([-3.4e38, 3.4e38], np.float32)

    assert make_heat_scale(values).paint(values).tolist() == [[0, 0, 4], [252, 255, 164]]


@pytest.mark.parametrize(
    ("bands", "shown"),
    [([9], [9, 9, 9]), ([1, 2, 3], [1, 2, 3]), ([10, 20], [15, 15, 15]), ([0, 0, 0, 8], [2, 2, 2])],
)
def test_bands_that_are_no_color_are_shown_as_their_mean(bands, shown):
    assert show_bands(np.array([[bands]], np.uint8)).tolist() == [[shown]]
