"""A few samples as they are, and as a training sees them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.augment import Augmentation
from cnncli.data.normalization import float32_array
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.batches.batch import Batches
    from cnncli.data.dataset import DataSet

Row = tuple[str, NDArray[Any], Any]


class Pair(Value):
    """A sample, and what a training sees of it: images uint8 (H, W, C), or signals (L, C)."""

    name: str
    original: NDArray[Any]
    target: Any
    variant: NDArray[Any]
    variant_target: Any


def list_pairs(
    data: DataSet, count: int, augmentation: Augmentation, *, seed: int = 0
) -> list[Pair]:
    """Return the first samples, or tiles, of the first epoch, without and with augmentation.

    They are what a training gets, brought back from the range of a network's inputs to that of the
    data. Raises DataError for a file that can no longer be read.
    """
    plain = _list_rows(data.batches(count, seed=seed), data.preprocessing)
    varied = _list_rows(
        data.batches(count, seed=seed, augmentation=augmentation), data.preprocessing
    )
    pairs = (Pair(*row, *variant[1:]) for row, variant in zip(plain, varied, strict=True))
    return list(islice(pairs, count))


def _list_rows(batches: Batches, preprocessing: Any) -> Iterator[Row]:
    """Yield name, values and target of the samples of the first epoch."""
    for batch in batches.epoch(0):
        values = _restore(batch.inputs, preprocessing)
        targets = batch.targets.copy()  # the batch is good until the next is asked for
        yield from zip(batches.name_samples(batch.indices), values, targets, strict=True)


def _restore(inputs: NDArray[np.float32], preprocessing: Any) -> NDArray[Any]:
    """Return normalized inputs as levels from 0 to 255, or as values of signals."""
    scale, shift = map(float32_array, (preprocessing.scale, preprocessing.shift))
    values = (inputs - shift) / np.where(scale == 0, np.float32(1), scale)
    if preprocessing.noun == "signal":
        return values
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
