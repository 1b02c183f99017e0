import numpy as np
import pytest

from cnncli.render.map_sheet import lay_out_maps
from cnncli.render.sheet import Capacity

IMAGE = np.arange(12, dtype=np.uint8).reshape(2, 6, 1)


def sheet(maps, **settings):
    return lay_out_maps(np.asarray(maps, np.float32), IMAGE, "relu1", "model.npz", **settings)


def test_maps_are_heat_on_one_scale():
    found = sheet([[[0.0, 4.0], [0.0, 0.0]], [[2.0, 0.0], [0.0, 0.0]]])

    assert found.tiles[0].pixels[0].tolist() == [[0, 0, 4], [252, 255, 164]]
    assert (found.tiles[1].pixels == found.scale.paint(np.array([[2.0, 0.0], [0.0, 0.0]]))).all()
    assert found.scale.high == 4.0


def test_the_image_stands_beside_its_maps():
    beside = sheet(np.ones((1, 2, 2))).beside

    assert beside.label == "2x6"
    assert beside.pixels.shape == (2, 6, 3)
    assert (beside.pixels == IMAGE).all()


def test_maps_have_their_labels():
    assert [tile.label for tile in sheet(np.ones((2, 2, 2)), labels=["7", "9"]).tiles] == ["7", "9"]


def test_maps_of_a_signal_are_the_rows_of_one_tile():
    (tile,) = sheet(np.ones((5, 1, 7))).tiles

    assert tile.pixels.shape == (5, 7, 3)


def test_the_units_of_a_vector_are_one_row():
    (tile,) = sheet(np.ones((5, 1, 1))).tiles

    assert tile.pixels.shape == (1, 5, 3)


@pytest.mark.parametrize(("shape", "cut"), [((4, 2, 2), "maps"), ((4, 1, 1), "maps")])
def test_a_sheet_says_how_many_maps_do_not_fit(shape, cut):
    capacity = Capacity(tiles=3, rows=3, columns=3, side=3)

    assert sheet(np.ones(shape), capacity=capacity).cut == f"the first 3 of 4 {cut}"


def test_maps_that_would_make_too_large_a_picture_are_cut():
    assert len(sheet(np.zeros((6, 2048, 2048))).tiles) == 4


def test_a_nan_leaves_the_other_maps_as_they_are():
    maps = np.ones((2, 2, 2))
    spoiled = maps.copy()
    spoiled[0, 0, 0] = np.nan

    assert (sheet(spoiled).tiles[1].pixels == sheet(maps).tiles[1].pixels).all()
