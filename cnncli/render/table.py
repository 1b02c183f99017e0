"""Numbers as lines of text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.render.text import write_number


def write_table(name: str, labels: Sequence[str], columns: Mapping[str, NDArray[Any]]) -> list[str]:
    """Return a heading and a line for each label, columns (n,) of numbers aligned to the right."""
    table = [[name, *labels]]
    for heading, values in columns.items():
        cells = [heading, *map(_write_cell, values)]
        if values.dtype.kind == "U":
            cells = [cell.ljust(max(map(len, cells))) for cell in cells]
        table.append(cells)
    return [line.rstrip() for line in align(zip(*table, strict=True))]


def align(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a line for each row of cells, aligned to the right."""
    lines = list(rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in lines
    ]


def write_matrix(values: NDArray[Any], largest: float | None = None) -> list[list[str]]:
    """Return numbers (rows, columns) with as many digits behind the point for all of them.

    The largest, of these or of others that they stand beside, gets three digits. Where it would
    take many zeros, each number gets three of its own.
    """
    largest = float(np.abs(values).max(initial=0)) if largest is None else largest
    if not 1e-4 <= largest < 1e6:  # also where it is NaN
        return [[write_number(float(value)) for value in row] for row in values]
    digits = max(0, 2 - math.floor(math.log10(largest)))
    rounded = np.round(values.astype(np.float64), digits) + 0.0  # without the sign of -0
    return [[f"{value:.{digits}f}" for value in row] for row in rounded]


def _write_cell(value: Any) -> str:
    if value.dtype.kind == "b":
        return "yes" if value else "no"
    if value.dtype.kind in "iU":
        return str(value)
    return write_number(float(value))
