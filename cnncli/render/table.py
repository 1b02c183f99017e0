"""Numbers as lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from cnncli.render.text import write_number


def write_table(name: str, columns: Mapping[str, NDArray[Any]]) -> list[str]:
    """Return a heading and a line for each index, aligned to the right; columns are (n,)."""
    length = len(next(iter(columns.values())))
    table = [[name, *map(str, range(length))]]
    table += [[heading, *map(_write_cell, values)] for heading, values in columns.items()]
    widths = [max(map(len, column)) for column in table]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in zip(*table, strict=True)
    ]


def _write_cell(value: Any) -> str:
    if value.dtype.kind == "b":
        return "yes" if value else "no"
    return write_number(float(value))
