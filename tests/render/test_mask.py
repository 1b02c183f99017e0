import io

import numpy as np
from PIL import Image

from cnncli.render.mask import add_legend, choose_colors, overlay, paint_mask
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


def test_what_is_mixed_in_strips_is_the_same():
    numbers = np.random.default_rng(0)
    pixels = numbers.integers(0, 256, (600, 3, 3), dtype=np.uint8)
    classes, colors = numbers.integers(0, 7, (600, 3)), choose_colors(7)
    expected = np.rint(0.55 * pixels + 0.45 * colors[classes])
    assert np.abs(np.asarray(overlay(pixels, classes, colors)) - expected).max() <= 1


def test_a_legend_has_a_square_in_the_color_of_each_class_below_the_picture():
    picture = Image.new("RGB", (300, 200), (9, 9, 9))
    colors = choose_colors(3)
    found = add_legend(picture, list(zip(("sky", "road", "car"), colors, strict=True)))
    assert found.width == 300
    assert found.crop((0, 0, 300, 200)).tobytes() == picture.tobytes()
    legend = np.asarray(found)[200:].reshape(-1, 3)
    for color in colors:
        assert (legend == color).all(1).sum() == 100


def test_a_legend_of_many_classes_has_several_rows_and_long_names_are_cut():
    picture = Image.new("RGB", (40, 40))
    few = add_legend(picture, [("a", choose_colors(1)[0])])
    many = add_legend(picture, [(f"class {i}", color) for i, color in enumerate(choose_colors(9))])
    long = add_legend(picture, [("x" * 500, choose_colors(1)[0])])
    assert few.height < many.height
    assert few.width < long.width < 400


def test_classes_have_distinct_colors_or_those_of_their_palette():
    assert len(np.unique(choose_colors(20), axis=0)) == 20
    assert choose_colors(2, (1, 0), bytes([1, 2, 3, 4, 5, 6])).tolist() == [[4, 5, 6], [1, 2, 3]]
    assert choose_colors(1, (9,), b"\1\2\3").tolist() == [[0, 0, 0]]


def test_an_overlay_on_bands_that_are_no_color_is_on_their_mean():
    bands = np.zeros((2, 3, 5), np.uint8)
    bands[..., 0] = 100
    classes = np.zeros((2, 3), np.intp)
    colors = np.array([[0, 0, 0]], np.uint8)
    gray = np.full((2, 3, 1), 20, np.uint8)
    assert np.array_equal(overlay(bands, classes, colors), overlay(gray, classes, colors))


def test_a_legend_keeps_to_the_margin_of_its_page():
    page = Image.new("RGB", (300, 100), "white")
    pixels = np.asarray(add_legend(page, [("cell", np.array([200, 0, 0], np.uint8))], 28))
    red = np.nonzero((pixels == (200, 0, 0)).all(axis=2))
    assert red[1].min() == 29
    assert pixels.shape[1] == 300
