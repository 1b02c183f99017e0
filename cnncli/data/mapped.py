"""From images with masks to what a training of maps needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from cnncli.data.fitting import choose_shape
from cnncli.data.levels import MaskLevels
from cnncli.data.pixels import Pair, PixelSet, decode_pairs
from cnncli.data.preprocessing import Preprocessing
from cnncli.tasks.reading import masks_of

if TYPE_CHECKING:
    from cnncli.data.samples import Samples
    from cnncli.tasks import Segmentation, Task

TILE = 128  # rows and columns of the parts images are trained on, where nobody says otherwise
STEP = 16  # what these are multiples of in smaller images: the stride of usual networks


def map_sets(
    train: Samples,
    val: Samples,
    task: Task,
    *,
    size: tuple[int, int] | None,
    color: str,
    normalization: str,
    weighted: bool,
    threads: int,
) -> tuple[PixelSet, PixelSet, Preprocessing, Task]:
    """Return sets to train and validate on, a preprocessing without scale and shift, and the task.

    The size is that of the tiles cut from the images. Raises DataError.
    """
    learnt = cast("Segmentation", task)
    pairs = decode_pairs(masks_of(train), threads)
    shape, _ = choose_shape(
        train,
        size=size or _tile(pairs),
        color=color,
        resize="none",
        normalization=normalization,
        threads=threads,
    )
    levels = mask_levels(learnt)
    train_set = PixelSet(masks_of(train), shape, levels, pairs)
    val_set = PixelSet(masks_of(val), shape, levels, decode_pairs(masks_of(val), threads))
    if weighted:
        around = sum(
            np.bincount(one.reshape(-1), minlength=len(learnt.outputs)).astype(bool) * one.size
            for one in train_set.targets
        )
        learnt = learnt.weighted(train_set.counts, np.asarray(around, np.int64))
    return train_set, val_set, shape, learnt


def map_set(samples: Samples, preprocessing: Preprocessing, task: Task, threads: int) -> PixelSet:
    """Return a set for a trained network; raise DataError for levels that it does not know."""
    masked = masks_of(samples)
    levels = mask_levels(cast("Segmentation", task))
    return PixelSet(masked, preprocessing, levels, decode_pairs(masked, threads))


def mask_levels(task: Segmentation) -> MaskLevels:
    """Return the levels of the task's classes in a mask."""
    return MaskLevels(task.levels, task.outputs, task.palette)


def _tile(pairs: Sequence[Pair]) -> tuple[int, int]:
    """Return the size of tiles: 128x128, or less where images are smaller."""
    least = [min(pixels.shape[axis] for pixels, _ in pairs) for axis in (0, 1)]
    height, width = (min(TILE, max(one // STEP, 1) * STEP) for one in least)
    return height, width
