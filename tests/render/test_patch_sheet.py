from dataclasses import replace

import numpy as np
import pytest

from cnncli.render.patch_sheet import BETWEEN, BEYOND, lay_out_patches
from cnncli.render.sheet import PAGE

SMALL = replace(PAGE, patch=4)


def sheet(patches, deconvolutions=None, inside=None, **settings):
    patches = np.asarray(patches)
    if deconvolutions is None:
        deconvolutions = np.zeros(patches.shape, np.float32)
    if inside is None:
        inside = np.ones(patches.shape[:4], bool)
    labels = [str(number) for number in range(len(patches))]
    return lay_out_patches(patches, deconvolutions, inside, "t", "n", labels=labels, **settings)


def gray(*levels):
    """Return patches of 2x2, each of one level, for a single filter."""
    return np.array(levels, np.uint8)[None, :, None, None, None] * np.ones((2, 2, 1), np.uint8)


def test_patches_stand_in_a_square_and_their_deconvolutions_in_another():
    (tile,) = sheet(gray(10, 20, 30, 40), capacity=SMALL).tiles

    left, between, right = np.split(tile.pixels[..., 0], [9, 9 + BETWEEN], axis=1)
    assert left[::5, ::5].tolist() == [[10, 20], [30, 40]]
    assert (left[:4, :4] == 10).all() and (left[4] == 255).all() and (between == 255).all()
    assert tile.pixels.shape == (9, 2 * 9 + BETWEEN, 3)
    assert (right[::5, ::5] == 236).all()


def test_every_filter_has_a_tile_with_its_label():
    found = sheet(np.concatenate([gray(1, 2), gray(3, 4)]), capacity=SMALL)

    assert [tile.label for tile in found.tiles] == ["0", "1"]


def test_the_largest_deconvolution_of_a_filter_has_the_color_of_an_end():
    values = np.zeros((1, 2, 2, 2, 1), np.float32)
    values[0, 0, 0, 0], values[0, 1, 1, 1] = 2.0, -1.0

    (tile,) = sheet(gray(0, 0), values, capacity=replace(SMALL, patch=2)).tiles

    right = tile.pixels[:, 5 + BETWEEN :]
    assert right[0, 0].tolist() == [89, 0, 8]
    assert right[1, 4].tolist() == [47, 124, 166]


def test_a_deconvolution_in_red_green_and_blue_is_in_color_around_gray():
    values = np.zeros((1, 1, 2, 2, 3), np.float32)
    values[0, 0, 0, 0] = (1.0, 0.0, -1.0)

    (tile,) = sheet(
        np.zeros(values.shape, np.uint8), values, capacity=replace(SMALL, patch=2)
    ).tiles

    assert tile.pixels[0, 2 + BETWEEN].tolist() == [255, 128, 1]
    assert tile.pixels[1, 2 + BETWEEN].tolist() == [128] * 3


def test_beyond_the_border_a_patch_is_neither_black_nor_white():
    inside = np.ones((1, 1, 2, 2), bool)
    inside[0, 0, 0] = False

    (tile,) = sheet(gray(0), inside=inside, capacity=replace(SMALL, patch=2)).tiles

    assert (tile.pixels[0, :2] == BEYOND).all() and (tile.pixels[1, :2] == 0).all()


def test_a_sheet_says_how_many_filters_do_not_fit():
    found = sheet(np.concatenate([gray(1)] * 3), capacity=replace(SMALL, tiles=2))

    assert len(found.tiles) == 2 and found.cut == "the first 2 of 3 filters"


@pytest.mark.parametrize("count", [1, 2])
def test_patches_of_a_signal_are_waves(count):
    signals = np.linspace(-1, 1, 40, dtype=np.float32).reshape(1, 1, 1, 40, 1)

    (tile,) = sheet(np.repeat(signals, count, axis=1), capacity=PAGE).tiles

    assert (tile.pixels < 128).any() and (tile.pixels[..., 0] == tile.pixels[..., 2]).all()
