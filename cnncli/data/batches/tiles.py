"""Batches of tiles cut from large images, at places that depend on seed, epoch and number alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnncli.data.batches.batch import Batch, cut_into_batches, prepare_ahead
from cnncli.engine.borders import reflect_indices
from cnncli.randomness import draw, order

if TYPE_CHECKING:
    from cnncli.data.maps.set import MapSet


class TileLoader:
    """Cuts tiles of the network's input size from images, see Batches; an epoch covers them once.

    Each tile lies anywhere in its image; what reaches beyond an image that is smaller is its
    pixels in reverse order. A thread works a batch ahead, as in Loader.
    """

    def __init__(self, data: MapSet, size: int, *, seed: int = 0) -> None:
        self.data = data
        self.seed = seed
        self.normalize = data.preprocessing.normalize
        height, width, _ = data.shape
        self._images = np.repeat(  # the image of each tile
            np.arange(len(data)),
            [max(1, round(classes.size / (height * width))) for classes in data.targets],
        )
        self.cuts = cut_into_batches(len(self._images), size)
        size = min(size, len(self._images))
        self._raw = np.empty((size, *data.shape), np.uint8)
        self._rows = np.arange(size)
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

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch from number `first` on."""
        drawn, tiles = order(self.seed, number, self.samples), np.arange(self.samples)
        places = np.stack(
            [draw(self.seed, number, tiles, purpose) for purpose in ("tile row", "tile column")]
        )
        return prepare_ahead(partial(self._fill, drawn, places), range(first, self.batches))

    def _fill(self, drawn: NDArray[np.int64], places: NDArray[np.uint64], number: int) -> Batch:
        tiles = drawn[self.cuts[number] : self.cuts[number + 1]]
        n = len(tiles)
        inputs, targets = self._inputs[number % 2, :n], self._targets[number % 2, :n]
        for row, (tile, top, left) in enumerate(zip(tiles, *places[:, tiles], strict=True)):
            image = self._images[tile]
            pixels, classes = self.data.values[image], self.data.targets[image]
            window = np.ix_(
                _choose_window(int(top), self.data.shape[0], classes.shape[0]),
                _choose_window(int(left), self.data.shape[1], classes.shape[1]),
            )
            self._raw[row] = pixels[window]
            targets[row] = classes[window]
        self.normalize(self._raw, self._rows[:n], inputs)
        return Batch(inputs, targets, tiles)


def _choose_window(number: int, count: int, length: int) -> NDArray[np.int64]:
    """Return the rows or columns of a tile; a random number chooses among the places there are."""
    if length >= count:
        return np.arange(count) + number % (length - count + 1)
    return reflect_indices(0, count, length)
