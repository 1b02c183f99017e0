"""Checksums of samples, by which a training that is resumed knows its data again.

Three 32-bit numbers per sample, of its name, its label and its values, in the order of the set: the
first that differs says which sample is another, and in what.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import zip_longest
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from cnncli.samples import Samples

if TYPE_CHECKING:
    from cnncli.data.dataset import DataSet

Checksums = NDArray[np.uint32]  # (N, 3), a row per sample
NAME, LABEL, VALUES = range(3)


class Checksummer:
    """Takes the checksums of a set, a few samples at a time."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples
        self.rows: list[tuple[int, int, int]] = []

    def add(self, values: Iterable[NDArray[Any]], maps: Iterable[NDArray[Any]] = ()) -> None:
        """Take those of the samples that come next; `maps` are their labels, where these are."""
        for value, label in zip_longest(values, maps):
            index = len(self.rows)
            name = crc32(os.fsencode(self.samples.keys[index]))
            self.rows.append((name, self._sum_up_label(index, label), crc32(value.tobytes())))

    def finish(self) -> Checksums:
        """Return the checksums of all samples that were added."""
        return np.array(self.rows, np.uint32).reshape(-1, 3)

    def _sum_up_label(self, index: int, label: NDArray[Any] | None) -> int:
        if label is not None:
            return crc32(label.tobytes())
        if self.samples.numbers is not None:
            return crc32(self.samples.numbers[index].tobytes())
        return crc32(os.fsencode(self.samples.labels[index]))


def find_difference(before: Checksums, data: DataSet) -> str | None:
    """Return in words where a set first differs from that with these checksums; None: nowhere.

    The words are about then, and go on with "when …".
    """
    now, noun = data.checksums, data.noun
    both = min(len(before), len(now))
    unequal = np.flatnonzero((before[:both] != now[:both]).any(axis=1))
    if len(unequal):
        index = int(unequal[0])
        return f"{data.names[index]}: {_word_difference(before, now, index, noun)}"
    where = data.samples.where
    if len(now) > both:
        return f"{data.names[both]}: this {noun} was not there"
    if len(before) > both:
        return f"{where}: there were {len(before)} {noun}s, not {both},"
    return None


def _word_difference(before: Checksums, now: Checksums, index: int, noun: str) -> str:
    """Return what is wrong with the first sample that differs, for the end of a sentence."""
    if before[index, NAME] != now[index, NAME]:
        known = now[index, NAME] in before[:, NAME]
        return f"another {noun} stood before it" if known else f"this {noun} was not there"
    if before[index, LABEL] != now[index, LABEL]:
        return "its label was another"
    return f"its {'pixels were' if noun == 'image' else 'values were'} others"
