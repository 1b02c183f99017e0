"""Tables of numbers: a row per moment, a column per channel, with or without a line of names."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnncli.data.unreadable import RefusedError

DELIMITERS = {".csv": ",", ".tsv": "\t"}


def read_table(data: bytes, delimiter: str | None) -> NDArray[np.float64]:
    """Return the numbers (L, C) in the text of a table; raise RefusedError for anything else.

    None for the delimiter: a tab where there are some in the first line, else a comma.
    """
    lines = [line for line in _decode_text(data).splitlines() if line.strip()]
    if not lines:
        raise RefusedError("empty")
    delimiter = delimiter or ("\t" if "\t" in lines[0] else ",")
    body = lines if _are_numbers(_split_cells(lines[0], delimiter)) else lines[1:]
    if not body:
        raise RefusedError("no row of numbers")
    try:
        return np.loadtxt(body, delimiter=delimiter, comments=None, quotechar='"', ndmin=2)
    except ValueError as error:
        raise RefusedError(_find_fault(data, delimiter)) from error


def _decode_text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError("not text in UTF-8") from error


def _find_fault(data: bytes, delimiter: str) -> str:
    """Return what is wrong with a table that could not be read, and in which line."""
    columns = 0
    for number, line in enumerate(_decode_text(data).splitlines(), 1):
        cells = _split_cells(line, delimiter)
        if not line.strip():
            continue
        if columns and len(cells) != columns:
            return f"line {number}: {len(cells)} columns after lines of {columns}"
        if columns and not _are_numbers(cells):
            wrong = next(cell for cell in cells if not _are_numbers([cell]))
            return f"line {number}: {ascii(wrong.strip())[:30]} is not a number"
        columns = len(cells)
    return "not a table of numbers"


def _split_cells(line: str, delimiter: str) -> Sequence[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _are_numbers(cells: Sequence[str]) -> bool:
    try:
        return bool([float(cell) for cell in cells])
    except ValueError:
        return False
