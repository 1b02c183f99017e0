"""Models of any architecture with random weights, to be taken elsewhere."""

import numpy as np

from cnncli.engine import Weights
from cnncli.graph import build_graph
from cnncli.model_file import Model
from cnncli.notation import parse


def make_model(text, shape, classes=7, **settings):
    """Return a model of an architecture, no two of whose weights are alike."""
    graph = build_graph(parse(text, classes), shape)
    numbers = np.random.default_rng(3)
    arrays = {}
    for name, parameter in Weights(graph).parameters.items():
        values = numbers.standard_normal(parameter.shape) / np.sqrt(parameter.fan_in)
        if parameter.initial == "ones":  # variances, and what is scaled by
            values = numbers.uniform(0.5, 1.5, parameter.shape)
        arrays[name] = values.astype(np.float32)
    channels = shape[-1]
    preprocessing = {
        "scale": numbers.uniform(0.01, 0.02, channels).astype(np.float32).tolist(),
        "shift": numbers.uniform(-2, -1, channels).astype(np.float32).tolist(),
        "normalization": "standard",
        "channels": channels,
    }
    if len(shape) == 3:
        preprocessing |= {"height": shape[0], "width": shape[1], "resize": "stretch"}
    else:
        preprocessing |= {"kind": "signal", "length": shape[0], "rate": None}
    names = [f"class {number}" for number in range(graph.classes)]
    return Model(graph.text, shape, preprocessing, names, arrays, **settings)
