"""A small data set to train on: 8x8 images of horizontal or vertical stripes in noise."""

from __future__ import annotations

import numpy as np

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.set import SampleSet
from cnncli.data.source import TrainingData
from cnncli.samples import Samples
from cnncli.tasks import Classification

TASK = Classification(("flat", "upright"))
PREPROCESSING = Preprocessing(8, 8, 1, scale=(1 / 40,), shift=(-3.2,))


def stripes(seed: int, count: int) -> SampleSet:
    """Return `count` images, every other one upright."""
    numbers = np.random.default_rng(seed)
    upright = np.broadcast_to(np.tile([1.0, -1.0], 4), (8, 8))
    patterns = np.where(np.arange(count)[:, None, None] % 2, upright, upright.T)
    values = 128 + 40 * (patterns + 0.8 * numbers.standard_normal((count, 8, 8)))
    pixels = np.clip(values, 0, 255).astype(np.uint8)[..., None]
    names = tuple(map(str, range(count)))
    labels = tuple(TASK.outputs[i % 2] for i in range(count))
    return SampleSet(Samples("stripes", names, names, labels, pixels), PREPROCESSING, TASK)


def striped_data(train: int = 40, val: int = 40) -> TrainingData:
    """Return sets to train and to validate on."""
    return TrainingData(stripes(0, train), stripes(1, val), PREPROCESSING, TASK, ())
