"""Batches in an order that depends on seed and epoch alone, the next one made ready in advance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli import randomness
from cnncli.data.dataset import ImageSet

# Writes images[indices], normalized, into out: (M, *shape) as they are kept, (n,) int64,
# (n, *shape) float32.
Normalize = Callable[[NDArray[Any], NDArray[np.int64], NDArray[np.float32]], None]


@dataclass
class Batch:
    """A few images, ready for a network; good until the next batch is asked for."""

    images: NDArray[np.float32]  # (n, H, W, C) or (n, L, C)
    targets: NDArray[Any]  # (n, …), what the loss compares answers with
    indices: NDArray[np.int64]  # (n,) of the samples, in their set or (tiles) in the epoch


class Loader:
    """Cuts an image set into batches, epoch by epoch.

    One thread works a batch ahead, into one of two buffers that are used in turn, so that nothing
    is allocated once the first epoch runs. Only the order of the images is drawn, by counting:
    epoch 7 is the same whether or not epochs 0 to 6 were run.
    """

    def __init__(
        self,
        images: ImageSet,
        batch_size: int,
        normalize: Normalize,
        *,
        seed: int = 0,
        shuffle: bool = True,
    ) -> None:
        self.images = images
        self.normalize = normalize
        self.seed = seed
        self.shuffle = shuffle
        self.cuts = cuts_of(len(images), batch_size)
        size = min(batch_size, len(images))
        shape = images.shape
        self._rows = np.arange(size)
        self._raw = np.empty((size if images.pixels is None else 0, *shape), images.dtype)
        self._images = np.empty((2, size, *shape), np.float32)
        targets = images.targets
        self._targets = np.empty((2, size, *targets.shape[1:]), targets.dtype)

    @property
    def batches(self) -> int:
        """The number of batches in an epoch."""
        return len(self.cuts) - 1

    @property
    def samples(self) -> int:
        """The number of images in an epoch."""
        return len(self.images)

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch from the one numbered `first`; raise DataError."""
        count = len(self.images)
        order = randomness.order(self.seed, number, count) if self.shuffle else np.arange(count)
        with ThreadPoolExecutor(1, thread_name_prefix="batch") as ahead:
            pending = ahead.submit(self._fill, order, first) if first < self.batches else None
            for following in range(first + 1, self.batches + 1):
                assert pending is not None
                batch = pending.result()
                if following < self.batches:
                    pending = ahead.submit(self._fill, order, following)
                yield batch

    def _fill(self, order: NDArray[np.int64], number: int) -> Batch:
        indices = order[self.cuts[number] : self.cuts[number + 1]]
        n = len(indices)
        images, targets = self._images[number % 2, :n], self._targets[number % 2, :n]
        np.take(self.images.targets, indices, axis=0, out=targets, mode="clip")
        if self.images.pixels is not None:
            self.normalize(self.images.pixels, indices, images)
        else:
            self.images.read(indices, self._raw[:n])
            self.normalize(self._raw, self._rows[:n], images)
        return Batch(images, targets, indices)


def cuts_of(count: int, size: int) -> list[int]:
    """Return where batches begin and end; a last one of one image gets a second (bn needs two)."""
    cuts = [*range(0, count, size), count]
    if count % size == 1 and size > 2 and len(cuts) > 2:
        cuts[-2] -= 1
    return cuts
