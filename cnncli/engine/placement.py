"""Buffers placed in a block of memory: those of different times share it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
    placed: list[Buffer] = []
    total = 0
    for buffer in sorted(buffers, key=lambda buffer: (-buffer.size, buffer.name)):
        buffer.offset = _find_lowest_gap(buffer, placed)
        placed.append(buffer)
        total = max(total, buffer.offset + _round_up(buffer.size))
    return total


def _find_lowest_gap(buffer: Buffer, placed: list[Buffer]) -> int:
    neighbors = [
        other for other in placed if other.first <= buffer.last and buffer.first <= other.last
    ]
    offset = 0
    for neighbor in sorted(neighbors, key=lambda other: other.offset):
        if offset + buffer.size <= neighbor.offset:
            break
        offset = max(offset, neighbor.offset + _round_up(neighbor.size))
    return offset


def _round_up(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
