"""Where everything lies in the one block of memory a plan works in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ALIGNMENT = 16  # floats: one cache line
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
    for buffer in sorted(buffers, key=lambda one: (-one.size, one.name)):
        buffer.offset = _lowest_gap(buffer, placed)
        placed.append(buffer)
        total = max(total, buffer.offset + _rounded(buffer.size))
    return total


def _lowest_gap(buffer: Buffer, placed: list[Buffer]) -> int:
    neighbors = sorted(
        (one for one in placed if one.first <= buffer.last and buffer.first <= one.last),
        key=lambda one: one.offset,
    )
    offset = 0
    for one in neighbors:
        if offset + buffer.size <= one.offset:
            break
        offset = max(offset, one.offset + _rounded(one.size))
    return offset


def _rounded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
