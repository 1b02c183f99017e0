"""From the text of a list to its columns and rows, which mean nothing yet."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from typing import NamedTuple

from cnncli.data.delimited import count_up
from cnncli.data.endings import SAMPLES, get_suffix
from cnncli.data.formats.columns import PATHS, find_label, find_path
from cnncli.errors import DataError

LABEL = ("label",)


class Row(NamedTuple):
    """A line of a list: a cell for each column, None where it has none."""

    line: int
    cells: list[object]


def read_json_lines(path: str, lines: Sequence[str]) -> tuple[list[str], list[Row]]:
    """Return the names of all objects' fields, as they first occur, and the rows."""
    objects = [
        (number, _parse_object(line)) for number, line in enumerate(lines, 1) if line.strip()
    ]
    names = list(dict.fromkeys(name for _, row in objects for name in row))
    if find_path(names) is None:
        names = ["path", *names]
    if names == ["path"]:
        names = ["path", *LABEL]
    return names, [Row(number, [row.get(name) for name in names]) for number, row in objects]


def _parse_object(line: str) -> dict[str, object]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def read_table(path: str, lines: Sequence[str], delimiter: str) -> tuple[list[str], list[Row]]:
    """Return the names of the columns, by the first line, and the rows."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    rows: list[Row] = []
    for cells in reader:
        if cells:
            rows.append(Row(reader.line_num, [cell.strip() for cell in cells]))
    names = [str(cell) for cell in rows[0].cells] if rows else []
    if find_path(names) is None or any(get_suffix(name) in SAMPLES for name in names):
        _refuse_other_names(path, rows)
        names = [*LABEL, "path"] if _are_labels_first(rows) else ["path", *LABEL]
    else:
        rows = rows[1:]
        firsts = [row.cells[0] for row in rows]
        if all(len(row.cells) == len(names) + 1 for row in rows) and count_up(firsts):
            names = ["", *names]  # as R writes row numbers
    return names, rows


def _are_labels_first(rows: Sequence[Row]) -> bool:
    """Say whether each row has a label and a file, the file known by its ending."""
    known = [[get_suffix(str(cell)) in SAMPLES for cell in row.cells] for row in rows]
    return bool(rows) and all(endings == [False, True] for endings in known)


def _refuse_other_names(path: str, rows: Sequence[Row]) -> None:
    """Raise DataError where a first line is no sample but names, as it or the second shows."""
    are_samples = [any(get_suffix(str(cell)) in SAMPLES for cell in row.cells) for row in rows[:2]]
    names_label = bool(rows) and find_label([str(cell) for cell in rows[0].cells]) is not None
    if are_samples == [False, True] or (are_samples == [False, False] and names_label):
        raise DataError(
            f"{path}, line {rows[0].line}: no column is called {', '.join(PATHS[:3])} or image; "
            "name the one that holds the paths path",
            path=path,
        )
