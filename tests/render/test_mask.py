import io

import numpy as np
from PIL import Image

from cnncli.render.mask import choose_colors, overlay, paint_mask
from cnncli.render.png import encode_png

LEVELS = np.array([[0, 7, 255], [7, 7, 0]], np.uint8)


def saved(picture):
    return Image.open(io.BytesIO(encode_png(picture)))


def test_a_gray_mask_keeps_its_levels_in_a_png():
    found = saved(paint_mask(LEVELS, None))
    assert found.mode == "L"
    assert np.array_equal(np.asarray(found), LEVELS)


def test_a_palette_mask_keeps_its_levels_and_their_colors_in_a_png():
    palette = bytes(range(30))
    levels = LEVELS % 8
    found = saved(paint_mask(levels, palette))
    assert found.mode == "P"
    assert np.array_equal(np.asarray(found), levels)
    assert np.asarray(found.convert("RGB"))[0, 1].tolist() == [21, 22, 23]


def test_an_overlay_mixes_the_image_with_the_colors_of_its_classes():
    gray = np.array([[[100], [200]]], np.uint8)
    colors = np.array([[0, 0, 0], [0, 100, 255]], np.uint8)
    found = np.asarray(overlay(gray, np.array([[0, 1]]), colors))
    assert found[0, 0].tolist() == [55, 55, 55]
    assert found[0, 1].tolist() == [110, 155, 225]


def test_classes_have_distinct_colors_or_those_of_their_palette():
    assert len(np.unique(choose_colors(20), axis=0)) == 20
    assert choose_colors(2, (1, 0), bytes([1, 2, 3, 4, 5, 6])).tolist() == [[4, 5, 6], [1, 2, 3]]
    assert choose_colors(1, (9,), b"\1\2\3").tolist() == [[0, 0, 0]]
