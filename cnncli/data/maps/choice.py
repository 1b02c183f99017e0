"""Choose the size of the tiles that are cut from images with masks, and how classes weigh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cnncli.data.images.choice import choose_image_shape
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.maps.set import MapSet, Pair, count_pixels, decode_pairs
from cnncli.data.settings import DataSettings
from cnncli.data.unreadable import build_each
from cnncli.samples import MaskedSamples

if TYPE_CHECKING:
    from cnncli.tasks import Segmentation

TILE = 128  # rows and columns of the parts images are trained on, where nobody says otherwise
STEP = 16  # what these are multiples of in smaller images: the stride of usual networks


def load_training_maps(
    train: MaskedSamples,
    val: MaskedSamples,
    task: Segmentation,
    settings: DataSettings,
    threads: int,
) -> tuple[MapSet, MapSet, Segmentation]:
    """Return sets to train and validate on, not normalized yet, and the task with its weights.

    The size of the network's input is that of the tiles cut from the images. Raises DataError.
    """
    pairs, val_pairs = build_each(
        train.folder, lambda part: decode_pairs(part, threads), (train, val)
    )
    preprocessing = _choose_preprocessing(train, pairs, settings, threads)
    train_set = MapSet(train, preprocessing, task.masks, pairs)
    val_set = MapSet(val, preprocessing, task.masks, val_pairs)
    if settings.weighted:
        pixels = np.zeros(len(task.outputs), np.int64)  # of the images each class occurs in
        for classes in train_set.targets:
            counts = count_pixels(classes, len(pixels))
            pixels += (counts > 0) * counts.sum()
        task = task.weigh_classes(train_set.counts, pixels)
    return train_set, val_set, task


def _choose_preprocessing(
    train: MaskedSamples, pairs: Sequence[Pair], settings: DataSettings, threads: int
) -> Preprocessing:
    """Return a preprocessing for tiles of images that keep their size."""
    if settings.like is not None:
        from cnncli.data.inheritance import inherit_preprocessing

        inherited = inherit_preprocessing(settings.like, train, settings)
        assert isinstance(inherited, Preprocessing)
        return replace(inherited, resize="none")
    size = settings.image_size or _choose_tile(pairs)
    settings = replace(settings, size=size, resize="none")
    return choose_image_shape(train, settings, threads)[0]


def load_maps(
    samples: MaskedSamples, preprocessing: Preprocessing, task: Segmentation, threads: int
) -> MapSet:
    """Return a set for a trained network; raise DataError for colors that it does not know."""
    return MapSet(samples, preprocessing, task.masks, decode_pairs(samples, threads))


def _choose_tile(pairs: Sequence[Pair]) -> tuple[int, int]:
    """Return the size of tiles: 128x128, or less where images are smaller."""
    smallest = [min(pixels.shape[axis] for pixels, _ in pairs) for axis in (0, 1)]
    height, width = (min(TILE, max(side // STEP, 1) * STEP) for side in smallest)
    return height, width
