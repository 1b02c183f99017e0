"""Count the pages of a TIFF by the chain of its directories, of which nothing else is read."""

from __future__ import annotations

import struct
from typing import BinaryIO

from cnncli.data.unreadable import RefusedError

MOST = 10_000  # pages; a chain in a file of a megabyte may have five times as many


def count_pages(file: BinaryIO) -> int:
    """Return how many directories follow one another; raise RefusedError for too many.

    TIFF 6.0, section 2: a count of entries, these, and where the next directory stands. BigTIFF has
    larger numbers. A chain that is broken off or bites its tail ends there.
    """
    file.seek(0)
    head = file.read(16).ljust(16, b"\0")
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", head, 2)[0] == 43
    count_kind, entry_bytes, next_kind, first_at = ("Q", 20, "Q", 8) if big else ("H", 12, "I", 4)
    (place,) = struct.unpack_from(order + next_kind, head, first_at)
    seen: set[int] = set()
    while place and place not in seen:
        if len(seen) == MOST:
            raise RefusedError(f"more than {MOST} pages", "divide it")
        count = _read_number(file, order + count_kind, place)
        if count is None:
            break
        seen.add(place)
        end = place + struct.calcsize(count_kind) + count * entry_bytes
        place = _read_number(file, order + next_kind, end) or 0
    return len(seen)


def _read_number(file: BinaryIO, kind: str, place: int) -> int | None:
    """Return the number at a place, None beyond the end of the file."""
    if place >= 1 << 63:
        return None
    file.seek(place)
    data = file.read(struct.calcsize(kind))
    if len(data) < struct.calcsize(kind):
        return None
    number: int = struct.unpack(kind, data)[0]
    return number
