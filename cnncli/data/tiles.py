"""Batches of tiles cut from large images, at places that depend on seed, epoch and number alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from cnncli.data.loader import Batch, Normalize, cuts_of
from cnncli.data.pixels import PixelSet
from cnncli.engine.tiling import reflect_indices
from cnncli.randomness import draw, order


class TileLoader:
    """Cuts tiles of the network's input size from images, so many that an epoch covers them once.

    Each tile lies anywhere in its image; what reaches beyond an image that is smaller is its
    pixels in reverse order. One thread works a batch ahead, as in Loader.
    """

    def __init__(
        self, images: PixelSet, batch_size: int, normalize: Normalize, *, seed: int = 0
    ) -> None:
        self.images, self.normalize, self.seed = images, normalize, seed
        height, width, _ = images.shape
        self._sources = np.repeat(
            np.arange(len(images)),
            [max(1, round(one.size / (height * width))) for one in images.targets],
        )
        self.cuts = cuts_of(len(self._sources), batch_size)
        size = min(batch_size, len(self._sources))
        self._raw = np.empty((size, *images.shape), np.uint8)
        self._rows = np.arange(size)
        self._images = np.empty((2, size, *images.shape), np.float32)
        self._targets = np.empty((2, size, height, width), np.int32)

    @property
    def batches(self) -> int:
        """The number of batches in an epoch."""
        return len(self.cuts) - 1

    @property
    def samples(self) -> int:
        """The number of tiles in an epoch."""
        return len(self._sources)

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch from the one numbered `first`."""
        tiles = order(self.seed, number, self.samples)
        places = np.stack(
            [
                draw(self.seed, number, np.arange(self.samples), purpose)
                for purpose in ("tile row", "tile column")
            ]
        )
        with ThreadPoolExecutor(1, thread_name_prefix="batch") as ahead:
            pending = ahead.submit(self._fill, tiles, places, first)
            for following in range(first + 1, self.batches + 1):
                batch = pending.result()
                if following < self.batches:
                    pending = ahead.submit(self._fill, tiles, places, following)
                yield batch

    def _fill(self, drawn: NDArray[np.int64], places: NDArray[np.uint64], number: int) -> Batch:
        tiles = drawn[self.cuts[number] : self.cuts[number + 1]]
        n = len(tiles)
        images, labels = self._images[number % 2, :n], self._targets[number % 2, :n]
        for row, (tile, top, left) in enumerate(zip(tiles, *places[:, tiles], strict=True)):
            source = self._sources[tile]
            pixels, classes = self.images.images[source], self.images.targets[source]
            window = np.ix_(
                _window(int(top), self.images.shape[0], classes.shape[0]),
                _window(int(left), self.images.shape[1], classes.shape[1]),
            )
            self._raw[row] = pixels[window]
            labels[row] = classes[window]
        self.normalize(self._raw, self._rows[:n], images)
        return Batch(images, labels, tiles)


class Whole:
    """Images as they are, one by one, for a network that takes any size."""

    def __init__(self, images: PixelSet, normalize: Normalize) -> None:
        self.images, self.normalize = images, normalize

    def pairs(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
        """Yield each image, uint8 (H, W, C), with the classes of its pixels, uint8 (H, W)."""
        yield from zip(self.images.images, self.images.targets, strict=True)


def _window(number: int, count: int, length: int) -> NDArray[np.int64]:
    """Return the rows or columns of a tile; a random number chooses among the places there are."""
    if length >= count:
        return np.arange(count) + number % (length - count + 1)
    return reflect_indices(0, count, length)
