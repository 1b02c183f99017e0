"""Pairs of a preview: the samples of a training, as they are and as it sees them."""

import numpy as np
import pytest

from cnncli.augment import NONE
from cnncli.augment.text import read_augmentation
from cnncli.data.batches.preview import list_pairs
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.set import SampleSet
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.samples import Samples
from cnncli.tasks import Classification

TASK = Classification(("even", "odd"))
IMAGES = Preprocessing(4, 3, 3, scale=(0.02, 0.01, 0.017), shift=(-2.0, -1.0, 0.5))
SIGNALS = SignalPreprocessing(9, 2, None, scale=(2.0, 0.5), shift=(0.25, -1.0))


def make_set(preprocessing, count=9):
    numbers = np.random.default_rng(0)
    if preprocessing is IMAGES:
        values = numbers.integers(0, 256, (count, 4, 3, 3), np.uint8)
    else:
        values = numbers.normal(size=(count, 9, 2)).astype(np.float32)
    names = tuple(f"{i}.png" for i in range(count))
    labels = tuple("odd" if i % 2 else "even" for i in range(count))
    samples = Samples("set", names, names, labels, values, noun=preprocessing.noun)
    return SampleSet(samples, preprocessing, TASK)


@pytest.mark.parametrize("preprocessing", [IMAGES, SIGNALS])
@pytest.mark.parametrize("count", [1, 4, 8, 9, 20])
def test_originals_are_the_samples_of_the_first_epoch_as_the_set_holds_them(preprocessing, count):
    data = make_set(preprocessing)
    pairs = list_pairs(data, count, NONE, seed=5)
    assert len(pairs) == min(count, 9)
    order = [int(i) for batch in data.batches(4, seed=5).epoch(0) for i in batch.indices]
    assert [pair.name for pair in pairs] == [f"{i}.png" for i in order[:count]]
    for index, pair in zip(order, pairs, strict=False):
        assert pair.original == pytest.approx(data.values[index], abs=1e-5)
        assert pair.original.dtype == data.dtype
        assert pair.target == index % 2
        assert np.array_equal(pair.original, pair.variant)


def test_variants_are_what_the_training_is_given():
    data, augmentation = make_set(IMAGES), read_augmentation("hflip, shift(1), cutmix", (4, 3, 3))
    pairs = list_pairs(data, 9, augmentation, seed=5)
    (batch,) = data.batches(9, seed=5, augmentation=augmentation).epoch(0)
    seen = np.stack([pair.variant for pair in pairs])
    normalized = seen * np.float32(IMAGES.scale) + np.float32(IMAGES.shift)
    assert normalized == pytest.approx(batch.inputs, abs=1e-4)
    assert np.array_equal([pair.variant_target for pair in pairs], batch.targets)


def test_a_channel_that_is_always_the_same_is_brought_back_too():
    flat = Preprocessing(4, 3, 3, scale=(0.0, 1.0, 1.0), shift=(7.0, 0.0, 0.0))
    data = make_set(IMAGES)
    data.preprocessing = flat
    assert (list_pairs(data, 1, NONE)[0].original[..., 0] == 0).all()
