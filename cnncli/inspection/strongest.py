"""Which samples of a set excite each filter of a layer most: seen once, in the memory of the best.

Legend: N samples of a batch, K filters, M samples kept of each, H W size of a map.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.inspection.figures import Array, find_peaks

Named = tuple[str, NDArray[Any]]  # a sample with its name


class Strongest:
    """The M samples that excite each filter most, of all that were added.

    A sample counts by its largest value in the filter's map, of equal samples the earlier. What is
    kept does not depend on how the samples came in batches.
    """

    def __init__(self, filters: int, most: int) -> None:
        self.activations = np.full((filters, most), -np.inf, np.float32)
        self.samples = np.full((filters, most), -1, np.int64)  # their numbers; -1: none
        self.at = np.zeros((filters, most, 2), np.int64)  # row and column in the map
        self.kept: dict[int, Named] = {}  # by number
        self.count = 0

    def add(self, maps: Array, samples: Sequence[Named]) -> None:
        """Take in samples with their maps (N, H, W, K), which are finite."""
        most = self.samples.shape[1]
        numbers = np.arange(self.count, self.count + len(maps))
        self.count += len(maps)
        largest = maps.max(axis=(1, 2)).T  # (K, N)
        activations = np.concatenate([self.activations, largest], axis=1)
        order = np.argsort(-activations, axis=1, kind="stable")[:, :most]
        filters, places = np.nonzero(order >= most)
        added = order[filters, places] - most  # of the batch
        self.activations = np.take_along_axis(activations, order, axis=1)
        before = np.minimum(order, most - 1)
        self.samples = np.take_along_axis(self.samples, before, axis=1)
        self.at = np.take_along_axis(self.at, before[..., None], axis=1)
        self.samples[filters, places] = numbers[added]
        self.at[filters, places] = find_peaks(maps[added, :, :, filters])
        first = self.count - len(maps)
        for row in np.unique(added).tolist():
            self.kept[first + row] = samples[row]
        needed = np.unique(self.samples[self.samples >= 0]).tolist()
        self.kept = {number: self.kept[number] for number in needed}
