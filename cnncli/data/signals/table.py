"""Tables of numbers: a row per moment, a column per channel, with or without a line of names.

A column without a name that counts the rows is pandas' and R's index, no channel. A first line of
0, 1, 2, … are pandas' names of columns. Where semicolons or tabs part columns, commas are decimal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnncli.data.delimited import count_up, find_delimiter, is_unnamed, split_cells
from cnncli.data.unreadable import RefusedError
from cnncli.text import TextError, decode_text, split_lines

Numbers = NDArray[np.float64]


class Table(NamedTuple):
    """The numbers of a table, and what there is to say about how they were read."""

    values: Numbers  # (L, C)
    remark: str = ""


class Line(NamedTuple):
    """A line that is not blank, by its number in the file."""

    number: int
    text: str


def read_table(data: bytes, delimiter: str | None) -> Table:
    """Return the numbers in the text of a table; raise RefusedError for anything else.

    None for the delimiter: what parts cells is found in the first lines.
    """
    lines = _list_lines(data)
    if not lines:
        raise RefusedError("empty")
    delimiter = find_delimiter([line.text for line in lines], delimiter)
    names, body = _divide(lines, delimiter)
    if not body:
        raise RefusedError("no row of numbers")
    _check_width(names, body[0], delimiter)
    values = _parse(body, delimiter)
    if names and len(names) == values.shape[1] - 1:  # R has no name for the column of row numbers
        names = ["", *names]
    return _leave_out_index(names, values, lines[0])


def _list_lines(data: bytes) -> list[Line]:
    try:
        text = decode_text(data)
    except TextError as error:
        raise RefusedError(str(error).removeprefix("is ").partition(";")[0]) from error
    return [Line(i, line) for i, line in enumerate(split_lines(text), 1) if line.strip()]


def _divide(lines: Sequence[Line], delimiter: str) -> tuple[list[str], Sequence[Line]]:
    """Return the names of the columns, none where there are none, and the lines of numbers."""
    first = split_cells(lines[0].text, delimiter)
    numbers = all(_is_number(cell, delimiter) for cell in first)
    if numbers and not _are_column_numbers(first, lines[1:]):
        return [], lines
    return first, lines[1:]


def _are_column_numbers(cells: Sequence[str], body: Sequence[Line]) -> bool:
    """Tell pandas' names of columns, 0, 1, 2, …, from a first row.

    A single 0 is taken for a name where all other numbers are written with a point.
    """
    if cells != [str(i) for i in range(len(cells))]:
        return False
    return len(cells) > 1 or all(re.search("[.eE]", line.text) for line in body)


def _check_width(names: Sequence[str], line: Line, delimiter: str) -> None:
    """Refuse rows that are wider than the line of names, but for row numbers without a name."""
    cells = split_cells(line.text, delimiter)
    where = f"line {line.number}: {len(cells)} columns under {len(names)} names"
    if not names and delimiter == "," and any(re.fullmatch("0[0-9]+", cell) for cell in cells):
        raise RefusedError(
            f"line {line.number}: {line.text.strip()[:30]} looks like decimal commas; "
            "write points, or part columns by semicolons"
        )
    if not names or len(cells) <= len(names):
        return
    if delimiter == "," and len(cells) == 2 * len(names):
        raise RefusedError(f"{where}; write decimal points, or part columns by semicolons")
    if len(cells) > len(names) + 1 or cells[0] not in ("0", "1"):
        raise RefusedError(f"{where}; name each of them")


def _parse(body: Sequence[Line], delimiter: str) -> Numbers:
    texts = [line.text for line in body]
    if delimiter != "," and any("," in text for text in texts):
        if any("." in text for text in texts):
            raise RefusedError("numbers with commas and numbers with points; use one of the two")
        texts = [text.replace(",", ".") for text in texts]
    try:
        return np.loadtxt(texts, delimiter=delimiter, comments=None, quotechar='"', ndmin=2)
    except ValueError as error:
        raise RefusedError(_find_fault(body, delimiter)) from error


def _leave_out_index(names: Sequence[str], values: Numbers, first: Line) -> Table:
    counts = values.shape[1] > 1 and count_up(f"{value:g}" for value in values[:3, 0].tolist())
    counts = counts and bool((np.diff(values[:, 0]) == 1).all())
    remarks = []
    if counts and names and (is_unnamed(names[0]) or names[0].lower() == "index"):
        values, names = values[:, 1:], names[1:]
        remarks.append("a first column of row numbers, which is not read")
    elif names and is_unnamed(names[0]):
        raise RefusedError(f"line {first.number}: the first column has no name; write one")
    elif counts and not names:
        remarks.append(
            "a first column that counts the rows, read as a channel (a first line that gives it "
            "an empty name leaves it out)"
        )
    if names and all(name.isdigit() for name in names):
        remarks.append("a first line of column numbers, which is not read as values")
    return Table(values, " and ".join(remarks))


def _find_fault(body: Sequence[Line], delimiter: str) -> str:
    """Return what is wrong with a table that could not be read, and in which line."""
    columns = len(split_cells(body[0].text, delimiter))
    for line in body:
        cells = split_cells(line.text, delimiter)
        if len(cells) != columns:
            return f"line {line.number}: {len(cells)} columns after lines of {columns}"
        for cell in cells:
            if not _is_number(cell, delimiter):
                return f"line {line.number}: {ascii(cell)[:30]} is not a number"
    return "not a table of numbers"


def _is_number(cell: str, delimiter: str) -> bool:
    try:
        float(cell if delimiter == "," else cell.replace(",", "."))
    except ValueError:
        return False
    return True
