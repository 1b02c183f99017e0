"""What the tests of inspection share: networks whose weights are set by hand, and samples."""

import numpy as np
import pytest

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.engine import Weights
from cnncli.graph import build_graph
from cnncli.model_file import Model
from cnncli.notation import parse
from cnncli.tasks import Classification
from cnncli.trained.model import Trained
from cnncli.trained.sample import Sample


@pytest.fixture
def make_network():
    """Return what opens a network whose weights are zero, in `model.weights`, to be changed."""

    def make(text, shape):
        graph = build_graph(parse(text, 2), shape)
        model = Model(text, shape, {}, list("ab"), Weights(graph).dump())
        return Trained(model, Preprocessing(8, 8, 1), Classification(("a", "b")))

    return make


@pytest.fixture
def make_sample():
    """Return what makes a sample of an array, float32 (H, W, C) or (L, C), as it is."""

    def make(values):
        return Sample("sample", values, np.asarray(values, np.float32))

    return make
