import numpy as np
import pytest

from cnncli.inspection.base import FilterFindings, MapFindings
from cnncli.render.sheet import PAGE
from cnncli.trained.sample import Sample
from cnncli.views.sheet import make_drawing


@pytest.fixture
def sample():
    values = np.zeros((6, 8, 1), np.uint8)
    return Sample("seven.png", values, values.astype(np.float32))


def test_filters_are_shown_under_their_layer_number_and_size():
    findings = FilterFindings(
        "conv1", tuple("0123"), np.ones((4, 3, 5, 5), np.float32), {}, color=True
    )

    sheet = make_drawing(findings, "m.npz", None, PAGE)

    assert sheet.heading == ["conv1 · 4 filters 5x5x3", "m.npz · in color, on one scale"]
    assert [tile.label for tile in sheet.tiles] == ["0", "1", "2", "3"]


def test_maps_are_shown_beside_their_sample(sample):
    figures = {"dead": np.array([False, True])}
    findings = MapFindings("relu1", ("0", "1"), np.ones((2, 3, 4), np.float32), figures, (3, 4, 2))

    sheet = make_drawing(findings, "m.npz", sample, PAGE)

    assert sheet.heading == [
        "relu1 · 2 feature maps 3x4",
        "m.npz on seven.png · on one scale",
    ]
    assert [tile.label for tile in sheet.tiles] == ["0", "1 · dead"]
    assert sheet.beside.pixels.shape == (6, 8, 3)


def test_maps_of_one_pixel_are_called_units(sample):
    findings = MapFindings("dense1", tuple("01234"), np.ones((5, 1, 1), np.float32), {}, (5,))

    assert make_drawing(findings, "m.npz", sample, PAGE).title == "dense1 · 5 units"
