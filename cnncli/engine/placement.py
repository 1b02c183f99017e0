"""Buffers placed in a block of memory: those of different times share it."""

from __future__ import annotations

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
    ordered = sorted(buffers, key=lambda buffer: (-buffer.size, buffer.name))
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


def _find_lowest_gap(buffer: Buffer, placed: NDArray[np.int64]) -> int:
    first, last, offsets, ends = placed
    overlaps = (first <= buffer.last) & (buffer.first <= last)
    # Where the next buffer could begin: at 0, and behind all that lie below.
    starts = np.maximum.accumulate(np.concatenate(([0], ends[overlaps])))
    gaps = starts[:-1] + buffer.size <= offsets[overlaps]
    return int(starts[gaps.argmax() if gaps.any() else -1])


def _round_up(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
