"""What the tests of views share: a neuron, taken apart by hand."""

import numpy as np
import pytest

from cnncli.inspection.neuron import Neuron, Reader, Window
from cnncli.inspection.place import Area, Place


@pytest.fixture
def make_neuron():
    """Return what makes a neuron of a filter (C, R, S); its window begins above the image."""

    def make_neuron(patch, weights, **changes):
        channels, rows, columns = (tuple(range(size)) for size in np.shape(weights))
        window = Window(
            channels,
            tuple(row - 1 for row in rows),
            columns,
            np.array(patch, np.float32),
            np.array(weights, np.float32),
        )
        values = {
            "layer": "conv1",
            "text": "conv(4, 2)",
            "place": Place(3, 0, 1),
            "axes": 2,
            "field": Area(range(1), range(2), 2),
            "window": window,
            "bias": 0.5,
            "output": 2.0,
            "activation": {"relu1": 2.0},
            "feeds": (Reader("conv2", Area(range(2), range(1, 2), 2)),),
            "answers": None,
        }
        return Neuron(**{**values, **changes})

    return make_neuron
