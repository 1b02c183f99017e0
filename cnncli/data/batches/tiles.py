"""Batches of tiles cut from large images, at places that depend on seed, epoch and number alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnncli.augment import NONE, Augmentation, Draws
from cnncli.augment.sampling import sample_classes, sample_images, to_source
from cnncli.data.batches.batch import Batch, count_arrays, cut_into_batches, prepare_ahead
from cnncli.randomness import draw, order

if TYPE_CHECKING:
    from cnncli.data.maps.set import MapSet

FIRST = np.zeros(1, np.int64)


class TileLoader:
    """Cuts tiles of the network's input size from images, see Batches; an epoch covers them once.

    Each tile lies anywhere in its image; what reaches beyond an image is its pixels in reverse
    order, unless the augmentation has another border. A thread works a batch ahead, as in Loader.
    """

    def __init__(
        self, data: MapSet, size: int, *, seed: int = 0, augmentation: Augmentation = NONE
    ) -> None:
        self.data = data
        self.seed = seed
        self.augmentation = augmentation
        height, width, _ = data.shape
        self._images = np.repeat(  # the image of each tile
            np.arange(len(data)),
            [max(1, round(classes.size / (height * width))) for classes in data.targets],
        )
        self.cuts = cut_into_batches(len(self._images), size)
        size = min(size, len(self._images))
        self._inputs = np.empty((2, size, *data.shape), np.float32)
        self._targets = np.empty((2, size, height, width), np.int32)

    @property
    def batches(self) -> int:
        """The number of batches in an epoch."""
        return len(self.cuts) - 1

    @property
    def samples(self) -> int:
        """The number of tiles in an epoch."""
        return len(self._images)

    @property
    def memory_bytes(self) -> int:
        """The memory that batches are made in."""
        return count_arrays(self)

    def name_samples(self, indices: NDArray[np.int64]) -> list[str]:
        """Return what the image of each tile is called."""
        return [self.data.names[image] for image in self._images[indices]]

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch from number `first` on."""
        drawn, tiles = order(self.seed, number, self.samples), np.arange(self.samples)
        places = np.stack(
            [draw(self.seed, number, tiles, purpose) for purpose in ("tile row", "tile column")]
        )
        return prepare_ahead(partial(self._fill, number, drawn, places), range(first, self.batches))

    def _fill(
        self, epoch: int, drawn: NDArray[np.int64], places: NDArray[np.uint64], number: int
    ) -> Batch:
        tiles = drawn[self.cuts[number] : self.cuts[number + 1]]
        n, (height, width, channels) = len(tiles), self.data.shape
        inputs, targets = self._inputs[number % 2, :n], self._targets[number % 2, :n]
        augmentation, preprocessing = self.augmentation, self.data.preprocessing
        draws = Draws(self.seed, epoch, tiles)
        moves = augmentation.move(draws, height, width)
        colors = augmentation.recolor(draws, channels)
        for row, (tile, down, across) in enumerate(zip(tiles, *places[:, tiles], strict=True)):
            image = self._images[tile]
            pixels, classes = self.data.values[image], self.data.targets[image]
            top = _choose_start(int(down), height, classes.shape[0])
            left = _choose_start(int(across), width, classes.shape[1])
            middle = np.array([left + (width - 1) / 2, top + (height - 1) / 2])
            this = slice(row, row + 1)
            matrix = to_source(moves[this], (height, width), middle)
            sample_images(
                pixels[None],
                FIRST,
                matrix,
                augmentation.border,
                colors[this],
                preprocessing.scale,
                preprocessing.shift,
                inputs[this],
            )
            sample_classes(classes, matrix[0], augmentation.border, targets[row])
        augmentation.change(draws, inputs, preprocessing.scale)
        return Batch(inputs, targets, tiles)


def _choose_start(number: int, count: int, length: int) -> int:
    """Return the first row or column of a tile; a random number chooses among those there are."""
    return number % (length - count + 1) if length > count else 0
