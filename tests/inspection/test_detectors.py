"""The drawn filters and drawings of sample_data: what is where on them is known."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.drawn_filters import read_drawn_filters
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.engine import Weights
from cnncli.graph import build_graph
from cnncli.inspection import find_method, list_methods
from cnncli.inspection.attribution import Attribution
from cnncli.inspection.base import Subject
from cnncli.inspection.methods.activations import read_maps
from cnncli.inspection.words import describe_filters
from cnncli.model_file import Model
from cnncli.notation import parse
from cnncli.tasks import Classification
from cnncli.trained.model import Trained

FOLDER = Path(__file__).parents[2] / "sample_data" / "detectors"
DRAWN = read_drawn_filters(str(FOLDER / "filters"))
BACK = (10, 10)  # row and column of the mouse's
BLIND = {"eigencam", "scorecam"}  # to the class; or nearly, by a softmax of small answers
ROOF = (9.5, 11.5)  # of the left half of the house's, which slopes upward to the right


@pytest.fixture(scope="module")
def detectors():
    """A network whose classes are the drawn filters: where each answers with more than 3."""
    text = "conv(4, 7, pad=3) >> relu >> global_avgpool"
    graph = build_graph(parse(text), (32, 32, 1))
    weights = Weights(graph).dump()
    weights["conv1/weight"][:] = DRAWN.weights
    weights["conv1/bias"][:] = -3
    preprocessing = Preprocessing(32, 32, 1, "stretch", "unit", (1 / 255,), (0.0,))
    model = Model(text, (32, 32, 1), preprocessing.to_manifest(), list(DRAWN.names), weights)
    return Trained(model, preprocessing, Classification(DRAWN.names))


def test_the_pictures_are_those_that_the_script_draws(tmp_path):
    subprocess.run([sys.executable, FOLDER / "draw.py", tmp_path], check=True)

    pictures = sorted(path.relative_to(FOLDER) for path in FOLDER.rglob("*.png"))
    assert len(pictures) == 6
    for path in pictures:
        assert (tmp_path / path).read_bytes() == (FOLDER / path).read_bytes(), path


def test_the_drawn_lines_are_called_what_they_are():
    words = dict(zip(DRAWN.names, map(str, describe_filters(DRAWN.weights)), strict=True))

    assert words == {
        "curve": "other",
        "horizontal": "line at 0 degrees, light",
        "slope": "line at 45 degrees, light",
        "vertical": "line at 90 degrees, light",
    }


def test_the_curve_filter_answers_to_the_back_of_the_mouse_and_hardly_elsewhere(detectors):
    sums = read_maps(detectors, detectors.read(FOLDER / "mouse.png"), ["conv1"])["conv1"][0] + 3

    assert np.unravel_index(sums.argmax(), sums.shape) == BACK
    assert sums[BACK] > 6
    rows, columns = np.indices(sums.shape)
    elsewhere = np.maximum(abs(rows - BACK[0]), abs(columns - BACK[1])) > 1
    assert np.maximum(sums[elsewhere], 0).max() < sums[BACK] / 2
    assert np.maximum(sums[elsewhere], 0).mean() < sums[BACK] / 20


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in list_methods()
        if isinstance(find_method(name), Attribution) and name not in BLIND
    ],
)
def test_an_attribution_of_the_slope_points_at_the_left_half_of_the_roof(detectors, name):
    sample = detectors.read(FOLDER / "house.png")
    subject, reach = Subject(sample, output="slope"), 2
    if name == "deconv":  # a mean is passed back to where nothing was, too: where it is largest
        subject = Subject(sample, layer="relu1", filters=(DRAWN.names.index("slope"),))
        reach = 3  # for that is one place of the roof

    figures = find_method(name).find(detectors, subject).figures

    distance = np.hypot(figures["row"][0] - ROOF[0], figures["column"][0] - ROOF[1])
    assert distance < reach
