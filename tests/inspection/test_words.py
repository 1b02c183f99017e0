"""Filters are planted, drawn here in a way of their own, and have to be called what they are."""

import math

import numpy as np
import pytest

from cnncli.inspection.words import SIDES, describe_filters

DRAWN = 8  # points along a side of a pixel
RED, GREEN, BLUE = np.eye(3)
RANDOM = np.random.default_rng(5)


def plant(draw, rows=7, columns=7):
    """Return a filter (1, rows, columns) of what is drawn at x to the right and y upward."""
    y = (rows - 1) / 2 - (np.arange(rows * DRAWN) - (DRAWN - 1) / 2) / DRAWN
    x = (np.arange(columns * DRAWN) - (DRAWN - 1) / 2) / DRAWN - (columns - 1) / 2
    values = np.broadcast_to(draw(*np.meshgrid(x, y)), (len(y), len(x)))
    return values.reshape(rows, DRAWN, columns, DRAWN).mean(axis=(1, 3))[None]


def edge(angle, offset=0.0):
    """An edge along an angle, light at its left for one who looks along the angle."""
    radians = math.radians(angle)
    return lambda x, y: np.sign(y * math.cos(radians) - x * math.sin(radians) - offset)


def line(angle, offset=0.0, width=1.0):
    radians = math.radians(angle)
    return lambda x, y: (
        abs(y * math.cos(radians) - x * math.sin(radians) - offset) < width / 2
    ).astype(float)


def spot(x0=0.0, y0=0.0, radius=1.2):
    return lambda x, y: (np.hypot(x - x0, y - y0) < radius).astype(float)


def paint(filter_, color):
    """Return a gray filter (1, R, S) in color (3, R, S)."""
    return filter_ * np.asarray(color)[:, None, None]


def describe(*filters, **settings):
    return describe_filters(np.array(filters, np.float32), **settings)


def say(filter_, **settings):
    (words,) = describe(filter_, **settings)
    return str(words)


def measure_turn(angle, other):
    """Return by how many degrees two lines are turned against each other."""
    return abs((angle - other + 90) % 180 - 90)


@pytest.mark.parametrize("side", [3, 5, 7, 11])
@pytest.mark.parametrize("angle", range(0, 360, 15))
def test_an_edge_is_named_within_10_degrees_with_its_light_side(angle, side):
    (words,) = describe(plant(edge(angle), side, side))

    assert words.kind == "edge"
    assert measure_turn(words.angle, angle) <= 10
    toward = SIDES.index(words.side) * 45
    assert abs((toward - (angle + 90) + 180) % 360 - 180) <= 45


@pytest.mark.parametrize(("side", "width"), [(5, 1.0), (7, 1.0), (7, 2.0), (11, 3.0)])
@pytest.mark.parametrize("angle", np.arange(0, 180, 7.5))
def test_a_line_is_named_within_10_degrees(angle, side, width):
    (words,) = describe(plant(line(angle, width=width), side, side))

    assert (words.kind, words.tone) == ("line", "light")
    assert measure_turn(words.angle, angle) <= 10


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]], "edge at 90 degrees, light on the right"),
        ([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], "edge at 0 degrees, light on the top"),
        ([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]], "edge at 135 degrees, light on the top right"),
        ([[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]], "line at 90 degrees, light"),
        ([[1, 1, -2], [1, -2, 1], [-2, 1, 1]], "line at 45 degrees, dark"),
        ([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], "blob, light"),
        ([[0, 1, 0], [1, -4, 1], [0, 1, 0]], "blob, dark"),
        ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], "flat"),
        ([[1, 2, 1], [2, 4, 2], [1, 2, 1]], "blob, light"),
    ],
    ids=["Prewitt", "Sobel", "Sobel diagonal", "line", "line diagonal", "Laplacian of 8",
         "Laplacian of 4", "mean", "binomial"],
)  # fmt: skip
def test_filters_of_the_textbooks_are_called_what_they_are(weights, text):
    assert say(np.array([weights], np.float32)) == text


@pytest.mark.parametrize(("x", "y"), [(0, 0), (1.5, 0), (-1, 1.5)])
def test_a_blob_may_lie_off_the_middle(x, y):
    assert say(plant(spot(x, y))) == "blob, light"
    assert say(-plant(spot(x, y))) == "blob, dark"


def test_an_edge_and_a_line_may_lie_off_the_middle():
    assert say(plant(edge(90, 1.5))).startswith("edge at 90 degrees")
    assert say(plant(line(45, -1.5))) == "line at 45 degrees, light"


def test_a_form_is_found_on_any_background_and_in_noise():
    noise = RANDOM.normal(0, 0.1, (1, 7, 7))

    assert say(plant(line(90)) + 0.2 + noise) == "line at 90 degrees, light"


@pytest.mark.parametrize("level", [1.0, -0.01])
def test_a_flat_filter_is_the_same_all_over(level):
    assert say(np.full((1, 5, 5), level) + RANDOM.normal(0, abs(level) / 10, (1, 5, 5))) == "flat"


@pytest.mark.parametrize("shape", [(1, 5, 5), (1, 7, 7), (3, 5, 5), (3, 7, 7), (16, 3, 3)])
def test_noise_is_called_nothing(shape):
    noise = np.random.default_rng(1).standard_normal((500, *shape)).astype(np.float32)

    assert {str(words) for words in describe_filters(noise, color=shape[0] == 3)} == {"other"}


@pytest.mark.parametrize("shape", [(1, 3, 3), (3, 3, 3), (1, 1, 9)])
def test_of_noise_in_a_small_window_1_in_50_is_called_something_at_most(shape):
    noise = np.random.default_rng(1).standard_normal((500, *shape)).astype(np.float32)

    words = describe_filters(noise, color=shape[0] == 3)

    assert sum(word.kind != "other" for word in words) <= 10


def test_a_saddle_and_a_checkerboard_are_called_nothing():
    saddle = plant(lambda x, y: np.sign(x * y))
    board = np.indices((7, 7)).sum(axis=0)[None] % 2 - 0.5

    assert [str(words) for words in describe(saddle, board)] == ["other", "other"]


@pytest.mark.parametrize(
    ("color", "name"),
    [
        (RED, "red"), (GREEN, "green"), (BLUE, "blue"), (RED + GREEN, "yellow"),
        (GREEN + BLUE, "cyan"), (RED + BLUE, "magenta"), (-BLUE, "yellow"), ([2, -1, -1], "red"),
    ],
)  # fmt: skip
def test_a_color_filter_is_called_by_the_color_it_answers_to(color, name):
    flat = np.ones((1, 5, 5))

    assert say(paint(flat, color), color=True) == f"color, {name}"
    assert say(paint(plant(spot()), color), color=True) == f"color blob, {name}"


def test_an_edge_between_colors_is_named_by_the_color_of_a_side():
    text = say(paint(plant(edge(90)), [1, -0.9, 0]), color=True)

    assert text == "color edge at 90 degrees, red on the left"


@pytest.mark.parametrize("gray", [(1, 1, 1), (1.0, 0.9, 0.7)])
def test_a_filter_that_treats_all_colors_nearly_alike_is_not_one_of_color(gray):
    assert say(paint(plant(edge(0)), gray), color=True) == "edge at 0 degrees, light on the top"
    assert say(paint(np.ones((1, 5, 5)), gray), color=True) == "flat"


def test_filters_of_deeper_layers_have_forms_over_several_maps_but_no_tones():
    maps = RANDOM.normal(0, 1, 20)[:, None, None]

    assert say(plant(edge(45), 3, 3) * maps) == "edge at 45 degrees"
    assert say(plant(line(90), 5, 5) * maps) == "line at 90 degrees"
    assert say(plant(spot(), 5, 5) * maps) == "blob"
    assert say(np.ones((1, 3, 3)) * maps) == "flat"


def test_forms_are_found_over_more_maps_than_the_window_has_pixels():
    maps = RANDOM.normal(0, 1, 60)[:, None, None]
    noise = RANDOM.normal(0, 0.1, (60, 5, 5))

    assert say(plant(line(45), 5, 5) * maps + noise) == "line at 45 degrees"


def test_maps_with_forms_of_their_own_make_no_form_together():
    angles = [0, 45, 90, 135]

    assert say(np.concatenate([plant(edge(angle), 5, 5) for angle in angles])) == "other"


def test_filters_of_signals_have_no_angle_and_are_high_or_low():
    step = np.sign(np.arange(9) - 3.5)[None, None]
    peak = np.exp(-np.square(np.arange(9) - 4.0))[None, None]

    assert [str(words) for words in describe(step, -step, peak, -peak)] == [
        "edge, high on the right", "edge, high on the left", "blob, high", "blob, low",
    ]  # fmt: skip


def test_a_dead_filter_has_hardly_any_weights_beside_the_others():
    filters = [plant(edge(0)), np.zeros((1, 7, 7)), plant(edge(90)) / 1000, plant(edge(90)) / 100]

    kinds = [words.kind for words in describe(*filters)]
    assert kinds == ["edge", "dead", "dead", "edge"]


def test_a_filter_may_be_known_to_be_dead():
    filters = np.array([plant(edge(0)), plant(edge(0))], np.float32)

    words = describe_filters(filters, dead=np.array([True, False]))

    assert [(word.kind, word.twin) for word in words] == [("dead", None), ("edge", None)]


def test_all_filters_of_zeros_are_dead():
    assert [str(words) for words in describe(np.zeros((1, 3, 3)), np.zeros((1, 3, 3)))] == [
        "dead", "dead",
    ]  # fmt: skip


def test_a_duplicate_is_the_same_but_for_a_factor_above_zero():
    noise = RANDOM.normal(0, 1, (2, 1, 5, 5))
    nearly = noise[0] + RANDOM.normal(0, 0.1, (1, 5, 5))

    words = describe(*noise, noise[1] * 3, -noise[0], nearly, noise[1])

    assert [word.twin for word in words] == [None, None, 1, None, 0, 1]
    assert str(words[2]) == "other, duplicate of 1"


def test_a_duplicate_keeps_its_other_words():
    first, second = describe(plant(line(90)), plant(line(90)) * 2)

    assert str(first) == "line at 90 degrees, light"
    assert str(second) == "line at 90 degrees, light, duplicate of 0"


def test_windows_too_small_for_forms_have_colors():
    pixels = np.array([RED, [1, 1, 1]], np.float32)[:, :, None, None]

    assert [str(words) for words in describe_filters(pixels, color=True)] == ["color, red", "other"]
    assert say(np.array([[[1, -1], [1, -1]]])) == "other"


def test_weights_that_are_no_numbers_are_called_nothing():
    assert [words.kind for words in describe(plant(edge(0)), np.full((1, 7, 7), np.nan))] == [
        "edge", "other",
    ]  # fmt: skip
