"""Buffers placed in a block of memory: those of different times share it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALIGNMENT = 16  # floats: a cache line
FOREVER = 1 << 30


@dataclass(eq=False)
class Buffer:
    """An array of the plan, and the first and last moment it is needed."""

    name: str
    size: int  # floats
    first: int
    last: int
    offset: int = -1


def place(buffers: Iterable[Buffer]) -> int:
    """Give every buffer its offset and return the floats needed.

    Largest first, each at the lowest place free in its lifetime (greedy by size: Pisarchyk & Lee
    2020, arXiv:2001.03288).
    """
    ordered = _sort_by_size(buffers)
    placed = np.empty((4, len(ordered)), np.int64)  # first, last, offset, end; by their offsets
    total = 0
    for count, buffer in enumerate(ordered):
        buffer.offset = _find_lowest_gap(buffer, placed[:, :count])
        end = buffer.offset + _round_up(buffer.size)
        position = int(np.searchsorted(placed[2, :count], buffer.offset, side="right"))
        placed[:, position + 1 : count + 1] = placed[:, position:count]
        placed[:, position] = buffer.first, buffer.last, buffer.offset, end
        total = max(total, end)
    return total


def place_by_middles(buffers: Iterable[Buffer]) -> int:
    """Do the same, but let all buffers of a place have their middles there.

    Of two threads that compute half of a batch each, one then works below the middles and the other
    above them, whatever the layer: neither writes to what the other's cache holds. Most networks
    take a fiftieth more memory than with `place`, some a quarter.
    """
    places: list[_Place] = []
    total = 0
    for buffer in _sort_by_size(buffers):
        if buffer.last >= FOREVER:
            buffer.offset = total
            total += _round_up(buffer.size)
            continue
        place = next((place for place in places if place.is_free(buffer)), None)
        if place is None:
            place = _Place(buffer.size)
            places.append(place)
        place.take(buffer)
    for place in places:
        for buffer in place.buffers:
            buffer.offset = total + (place.size - buffer.size) // 2 // ALIGNMENT * ALIGNMENT
        total += _round_up(place.size)
    return total


class _Place:
    """Where buffers of different times will lie."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.buffers: list[Buffer] = []  # in the order of their times

    def is_free(self, buffer: Buffer) -> bool:
        position = self._find(buffer)
        return position == len(self.buffers) or buffer.last < self.buffers[position].first

    def take(self, buffer: Buffer) -> None:
        self.buffers.insert(self._find(buffer), buffer)

    def _find(self, buffer: Buffer) -> int:
        return bisect_left(self.buffers, buffer.first, key=lambda other: other.last)


def _sort_by_size(buffers: Iterable[Buffer]) -> list[Buffer]:
    """Return the largest first."""
    return sorted(buffers, key=lambda buffer: (-buffer.size, buffer.name))


def _find_lowest_gap(buffer: Buffer, placed: NDArray[np.int64]) -> int:
    first, last, offsets, ends = placed
    overlaps = (first <= buffer.last) & (buffer.first <= last)
    # Where the next buffer could begin: at 0, and behind all that lie below.
    starts = np.maximum.accumulate(np.concatenate(([0], ends[overlaps])))
    gaps = starts[:-1] + buffer.size <= offsets[overlaps]
    return int(starts[gaps.argmax() if gaps.any() else -1])


def _round_up(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
