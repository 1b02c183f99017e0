"""What the tests of trained networks share: small networks without a file behind them."""

import numpy as np
import pytest

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.set import SampleSet
from cnncli.engine import Weights
from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.samples import Samples
from cnncli.tasks import Classification


@pytest.fixture
def preprocessing():
    """For gray images of 8x10, with a scale and a shift whose products have to be rounded."""
    return Preprocessing(8, 10, 1, normalization="standard", scale=(0.0173,), shift=(-1.9,))


@pytest.fixture
def task():
    """Three classes."""
    return Classification(("cat", "dog", "owl"))


@pytest.fixture
def images(preprocessing, task):
    """Nine gray images with the classes cat, dog, owl, cat, ..."""
    pixels = np.random.default_rng(0).integers(0, 256, (9, 8, 10, 1)).astype(np.uint8)
    samples = Samples(
        where="x",
        names=tuple(f"x[{i}]" for i in range(9)),
        keys=tuple(map(str, range(9))),
        labels=task.outputs * 3,
        values=pixels,
    )
    return SampleSet(samples, preprocessing, task)


@pytest.fixture
def network():
    """Graph and weights of a network with batch normalization, which is folded in predictions."""
    graph = build_graph(parse("conv(4, 3) >> bn >> relu >> dense(3)"), (8, 10, 1))
    weights = Weights(graph)
    weights.initialize("he", 0)
    return graph, weights
