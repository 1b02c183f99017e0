"""Batches in an order that depends on seed and epoch alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnncli.augment import NONE, Augmentation, Draws
from cnncli.data.batches.batch import Batch, count_arrays, cut_into_batches, prepare_ahead
from cnncli.randomness import order

if TYPE_CHECKING:
    from cnncli.data.set import SampleSet
    from cnncli.losses.base import Targets


class Loader:
    """Cuts a set of samples into batches, epoch by epoch, see Batches.

    A thread works a batch ahead, into two buffers that are used in turn.
    """

    def __init__(
        self, data: SampleSet, size: int, *, seed: int = 0, augmentation: Augmentation = NONE
    ) -> None:
        self.data = data
        self.seed = seed
        self.augmentation = augmentation
        self.cuts = cut_into_batches(len(data), size)
        size = min(size, len(data))
        self._rows = np.arange(size)
        self._raw = np.empty((size if data.values is None else 0, *data.shape), data.dtype)
        self._inputs = np.empty((2, size, *data.shape), np.float32)
        self._others = np.empty((size if augmentation.mixes else 0, *data.shape), np.float32)
        self._targets = np.empty((2, size, *data.targets.shape[1:]), data.targets.dtype)

    @property
    def batches(self) -> int:
        """The number of batches in an epoch."""
        return len(self.cuts) - 1

    @property
    def samples(self) -> int:
        """The number of samples in an epoch."""
        return len(self.data)

    @property
    def memory_bytes(self) -> int:
        """The memory that batches are made in."""
        return count_arrays(self)

    def name_samples(self, indices: NDArray[np.int64]) -> list[str]:
        """Return what samples are called."""
        return [self.data.names[index] for index in indices]

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch from number `first` on; raise DataError."""
        drawn = order(self.seed, number, self.samples)
        return prepare_ahead(partial(self._fill, number, drawn), range(first, self.batches))

    def _fill(self, epoch: int, drawn: NDArray[np.int64], number: int) -> Batch:
        indices = drawn[self.cuts[number] : self.cuts[number + 1]]
        n = len(indices)
        inputs, targets = self._inputs[number % 2, :n], self._targets[number % 2, :n]
        np.take(self.data.targets, indices, axis=0, out=targets, mode="clip")
        draws = Draws(self.seed, epoch, indices)
        self._prepare(draws, inputs)
        if self.augmentation.mixes:
            targets = self._mix(draws, inputs, targets)
        return Batch(inputs, targets, indices)

    def _prepare(self, draws: Draws, out: NDArray[np.float32]) -> None:
        """Write the samples of these draws into out, augmented."""
        values, rows = self.data.values, draws.samples
        if values is None:
            values, rows = self._raw, self._rows[: len(draws)]
            self.data.read(draws.samples, values[: len(draws)])
        self.augmentation.prepare(self.data.preprocessing, values, rows, draws, out)

    def _mix(
        self, draws: Draws, inputs: NDArray[np.float32], targets: Targets
    ) -> NDArray[np.float32]:
        """Mix inputs with other samples of the set, in place; return their mixed targets (n, K)."""
        indices = self.augmentation.choose_others(draws, len(self.data))
        others = self._others[: len(draws)]
        self._prepare(replace(draws, samples=indices), others)
        shares = self.augmentation.mix(draws, inputs, others)[:, None].astype(np.float32)
        first, second = map(self.data.make_shares, (targets, self.data.targets[indices]))
        return shares * first + (1 - shares) * second
