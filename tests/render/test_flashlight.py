import numpy as np
import pytest
from PIL import ImageColor

from cnncli.render.colors import make_signed_scale
from cnncli.render.flashlight import BEAM, CELL, MARGIN, Flashlight, Panel, paint_flashlight


def make_flashlight(matrices, **changes):
    values = {
        "title": "conv1:0,1,1",
        "note": "digits.npz on seven.png",
        "image": np.zeros((4, 4, 3), np.uint8),
        "frame": (1, 1, 3, 4),
        "field": "sees rows 1 to 2, columns 1 to 3",
        "panels": [Panel("channel 0 sums to 3", matrices)],
        "rest": "",
        "steps": (("sum", 3.0), ("bias", 1.0), ("output", 4.0), ("relu1", 4.0)),
        "feeds": ("conv2 at row 1",),
    }
    return Flashlight(**{**values, **changes})


def paint(*arguments, **settings):
    return np.asarray(paint_flashlight(make_flashlight(*arguments, **settings)))


def count_pixels(picture, color):
    return int((picture == color).all(axis=-1).sum())


WEIGHTS = np.array([[1.0, -2], [4, 0]])


def test_the_field_is_framed_on_the_image():
    picture = paint((WEIGHTS, WEIGHTS, WEIGHTS))
    beam = (picture == ImageColor.getrgb(BEAM)).all(axis=-1)
    image = beam[:, MARGIN : MARGIN + 224]
    rows, columns = image.any(axis=1).nonzero()[0], image.any(axis=0).nonzero()[0]
    assert columns[0] == 56 - 1  # a pixel of the image is 56 wide
    framed = image[:, 100].nonzero()[0]
    assert framed[-1] - framed[0] == pytest.approx(2 * 56, abs=2)
    assert rows[0] == framed[0]


def test_every_number_has_a_cell_in_its_color():
    picture = paint((WEIGHTS, 2 * WEIGHTS, 3 * WEIGHTS))
    colors = make_signed_scale(WEIGHTS).paint(WEIGHTS).reshape(-1, 3)
    for color in colors:  # each is one of three matrices, on a scale of its own
        area = 3 * CELL[0] * CELL[1]
        assert 0.6 * area < count_pixels(picture, color) <= 1.1 * area


def test_matrices_too_large_for_numbers_are_drawn_without():
    large = np.linspace(-1, 1, 28 * 28).reshape(28, 28)
    picture = paint((large, large, large))
    highest = make_signed_scale(large).paint(large)[-1, -1]
    assert count_pixels(picture, highest) >= 3 * 6 * 6


@pytest.mark.parametrize("shape", [(1, 64), (12, 1), (7, 7), (60, 2)])
def test_everything_fits_on_the_page(shape):
    numbers = np.ones(shape)
    rows = [f"channel {row}" for row in range(shape[0])]
    panels = [Panel(f"channel {index}", (numbers,) * 3, rows) for index in range(3)]
    rest = "13 other channels sum to 5"
    picture = paint((), panels=panels, rest=rest, feeds=["a layer " * 12] * 4)
    assert (picture[:, -MARGIN // 2 :] == 255).all()
    assert (picture[-MARGIN // 2 :] == 255).all()
    assert (picture[:, : MARGIN // 2] == 255).all()


def test_without_a_frame_there_is_no_beam():
    picture = paint((WEIGHTS, WEIGHTS, WEIGHTS), frame=None)
    assert count_pixels(picture, ImageColor.getrgb(BEAM)) == 0
