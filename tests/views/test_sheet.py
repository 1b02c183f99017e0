import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.inspection.base import AttributionFindings, FilterFindings, MapFindings
from cnncli.render.overlay import STRONG
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


@pytest.fixture
def make_maps():
    """Return what makes findings of maps (n, rows, columns) on a sample of 6x8."""

    def make(values, dead=(), **settings):
        values = np.asarray(values, np.float32)
        count, rows, columns = values.shape
        figures = {
            "max": values.max(axis=(1, 2)),
            "dead": np.isin(np.arange(count), dead),
        }
        centers = (np.linspace(0, 5, rows), np.linspace(0, 7, columns))
        labels = tuple(map(str, range(count)))
        shape = (rows, columns, count)
        return MapFindings("relu1", labels, values, figures, shape, centers, **settings)

    return make


def test_maps_are_shown_beside_their_sample(make_maps, sample):
    sheet = make_drawing(make_maps(np.ones((2, 3, 4)), dead=[1]), "m.npz", sample, PAGE)

    assert sheet.heading == [
        "relu1 · 2 feature maps 3x4",
        "m.npz on seven.png · on one scale",
    ]
    assert [tile.label for tile in sheet.tiles] == ["0 · 1", "1 · dead"]
    assert sheet.beside.pixels.shape == (6, 8, 3)


def test_the_map_of_the_largest_maximum_comes_first(make_maps, sample):
    values = np.zeros((3, 2, 2))
    values[:, 0, 0] = (1.0, 3.5, 2.0)

    sheet = make_drawing(make_maps(values), "m.npz", sample, PAGE)

    assert [tile.label for tile in sheet.tiles] == ["1 · 3.5", "2 · 2", "0 · 1"]
    assert sheet.tiles[0].pixels[0, 0].tolist() == [252, 255, 164]


def test_maps_that_were_chosen_keep_their_order(make_maps, sample):
    values = np.arange(8.0).reshape(2, 2, 2)

    sheet = make_drawing(make_maps(values, chosen=True), "m.npz", sample, PAGE)

    assert [tile.label for tile in sheet.tiles] == ["0 · 3", "1 · 7"]


def test_maps_lie_over_their_sample_in_its_size(make_maps, sample):
    maps = make_maps(np.full((2, 3, 4), 5.0))

    sheet = make_drawing(maps, "m.npz", sample, PAGE, overlay=True)

    assert sheet.note == "m.npz on seven.png · over the image, on one scale"
    (color,) = np.unique(sheet.tiles[0].pixels.reshape(-1, 3), axis=0)
    assert sheet.tile_size == (6, 8)
    assert color == pytest.approx(STRONG * np.array([252, 255, 164]), abs=0.5)


def test_units_cannot_lie_over_a_sample(make_maps, sample):
    with pytest.raises(UsageError, match="overlay: relu1 has no maps of several rows; leave it"):
        make_drawing(make_maps(np.ones((5, 1, 1))), "m.npz", sample, PAGE, overlay=True)


def test_maps_of_one_pixel_are_called_units(make_maps, sample):
    sheet = make_drawing(make_maps(np.ones((5, 1, 1))), "m.npz", sample, PAGE)

    assert sheet.title == "relu1 · 5 units"


@pytest.mark.parametrize(
    ("signed", "zero"), [(False, [0, 0, 4]), (True, [236, 229, 225])], ids=["heat", "signed"]
)
def test_an_attribution_is_shown_above_itself_over_the_image(sample, signed, zero):
    values = np.zeros((1, 6, 8), np.float32)
    values[0, 2, 3] = 4.0
    findings = AttributionFindings("input", ("7",), values, {}, "saliency", signed)

    sheet = make_drawing(findings, "m.npz", sample, PAGE)

    (above,), (below,) = sheet.tiles, sheet.below
    assert above.label == "7"
    assert above.pixels[0, 0].tolist() == zero
    assert below.pixels[0, 0].tolist() == [0, 0, 0]  # as the sample
    assert below.pixels[2, 3] == pytest.approx(STRONG * above.pixels[2, 3].astype(float), abs=0.5)
    assert sheet.beside.label == "6x8"


def test_an_attribution_of_a_signal_is_a_row(sample):
    signal = Sample("a.wav", np.zeros((50, 1), np.float32), np.zeros((50, 1), np.float32))
    values = np.ones((1, 1, 50), np.float32)
    findings = AttributionFindings("input", ("7",), values, {}, "saliency", True)

    sheet = make_drawing(findings, "m.npz", signal, PAGE)

    assert sheet.tile_size[1] == 50 and not sheet.below
