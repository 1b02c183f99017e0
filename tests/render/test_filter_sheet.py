from dataclasses import replace

import numpy as np
import pytest

from cnncli.render.filter_sheet import lay_out_filters
from cnncli.render.sheet import Capacity

SMALL = Capacity(tiles=3, rows=2, columns=3, side=4)
RED, PALE, HALF_BLUE = [89, 0, 8], [236, 229, 225], [47, 124, 166]
RNG = np.random.default_rng(0)


def filters(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def sheet(values, **settings):
    return lay_out_filters(values, "conv1", "model.npz", **settings)


def test_filters_of_one_channel_are_a_tile_each_on_one_scale():
    values = np.array([[[[2.0, 0.0]] * 2], [[[-1.0, 0.0]] * 2]], np.float32)

    found = sheet(values)

    assert [tile.label for tile in found.tiles] == ["0", "1"]
    assert (found.scale.low, found.scale.high) == (-2.0, 2.0)
    assert found.tiles[0].pixels[0].tolist() == [RED, PALE]
    assert found.tiles[1].pixels[0].tolist() == [HALF_BLUE, PALE]


def test_where_there_is_no_color_the_sign_shows_in_how_light_a_weight_is():
    values = np.array([[[[2.0, 0.0]] * 2], [[[-2.0, 0.0]] * 2]], np.float32)

    found = sheet(values, capacity=replace(SMALL, color=False))

    assert found.tiles[0].pixels[0].tolist() == [[255] * 3, [128] * 3]
    assert found.tiles[1].pixels[0].tolist() == [[1] * 3, [128] * 3]


def test_filters_on_color_are_in_color():
    values = np.zeros((1, 3, 1, 2), np.float32)
    values[0, :, 0, 0] = (1.0, -1.0, 0.0)

    assert sheet(values, color=True).tiles[0].pixels.tolist() == [[[255, 1, 128], [128] * 3]]


def test_three_channels_that_are_no_color_are_a_table():
    found = sheet(filters(2, 3, 3, 3))

    assert found.row_names == ["0", "1"]
    assert found.column_names == ["0", "1", "2"]


def test_a_table_has_a_row_of_channels_per_filter():
    values = filters(2, 4, 3, 5)

    found = sheet(values)

    assert len(found.tiles) == 8
    assert found.tile_size == (3, 5)
    assert (found.tiles[6].pixels == found.scale.paint(values[1, 2])).all()


def test_a_filter_of_a_single_row_has_a_row_per_channel():
    values = filters(2, 4, 1, 9)

    found = sheet(values)

    assert (found.tiles[1].pixels == found.scale.paint(values[1, :, 0])).all()


@pytest.mark.parametrize("shape", [(6, 4, 1, 1), (6, 1, 1, 4)])
def test_filters_of_one_pixel_or_one_vector_are_the_rows_of_one_tile(shape):
    values = filters(*shape)

    found = sheet(values)

    (tile,) = found.tiles
    assert (tile.pixels == found.scale.paint(values.reshape(6, 4))).all()


def test_dead_filters_are_named_as_such():
    assert [tile.label for tile in sheet(filters(3, 1, 3, 3), dead=[1]).tiles][1] == "1 · dead"
    assert sheet(filters(3, 2, 3, 3), dead=[1]).row_names == ["0", "1 · dead", "2"]


@pytest.mark.parametrize(
    ("shape", "tiles", "cut"),
    [
        ((5, 1, 3, 3), 3, "the first 3 of 5 filters"),
        ((3, 1, 3, 3), 3, ""),
        ((2, 5, 3, 3), 6, "the first 3 of 5 channels"),
        ((4, 5, 3, 3), 6, "the first 2 of 4 filters, the first 3 of 5 channels"),
        ((5, 9, 1, 1), 1, "the first 4 of 5 filters, the first 4 of 9 inputs"),
    ],
)
def test_a_sheet_says_what_does_not_fit_on_it(shape, tiles, cut):
    found = sheet(filters(*shape), capacity=SMALL)

    assert len(found.tiles) == tiles
    assert found.cut == cut
    assert cut in found.heading[1]


@pytest.mark.parametrize("shape", [(9, 1, 3, 3), (9, 2, 3, 3), (9, 2, 1, 1)])
def test_what_is_cut_counts_for_the_scale(shape):
    values = np.zeros(shape, np.float32)
    values[8] = 5.0

    assert sheet(values, capacity=SMALL).scale.high == 5.0
