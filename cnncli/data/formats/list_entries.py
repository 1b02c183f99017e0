"""From a row of a list to the sample in it: its file, and its label or numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from cnncli.data.delimited import NUMERAL, WITH_COMMA
from cnncli.data.formats.columns import Columns
from cnncli.data.formats.list_lines import Row
from cnncli.errors import DataError
from cnncli.samples import check_label

Values = tuple[str | float, ...]


class Entry(NamedTuple):
    """A sample in a list."""

    file: str
    values: Values
    line: int


def read_entry(path: str, row: Row, names: Sequence[str], chosen: Columns, comma: bool) -> Entry:
    """Return the sample in a line; raise DataError where something is missing or is no value."""
    where = f"{path}, line {row.line}"
    used = chosen.numbers if chosen.label is None else (chosen.label,)
    fault = _find_fault(row, names, chosen.path, used)
    if fault is not None:
        needed = "a label" if chosen.label is not None else _word_numbers(names, used)
        raise DataError(f"{where}: not a path and {needed}{fault}; give these", path=path)
    values: Values
    if chosen.label is not None:
        values = (_read_label(row.cells[chosen.label], where),)
    else:
        values = tuple(_read_number(row.cells[i], f"{where}, {names[i]}", comma) for i in used)
    return Entry(str(row.cells[chosen.path]), values, row.line)


def _word_numbers(names: Sequence[str], used: Sequence[int]) -> str:
    return f"a number for {', '.join(names[i] for i in used)}"


def _find_fault(row: Row, names: Sequence[str], at: int, used: Sequence[int]) -> str | None:
    """Return what a row lacks, in parentheses where that can be said; None where it is whole."""
    if len(row.cells) > len(names):
        return f" ({len(row.cells)} columns under {len(names)} names)"
    file = row.cells[at] if len(row.cells) == len(names) else None
    if not isinstance(file, str) or not file or not used:
        return ""
    missing = [names[i] for i in used if row.cells[i] is None]
    return f" ({', '.join(missing)} is missing)" if missing else None


def _read_label(value: object, where: str) -> str:
    """Return a class, labels joined by |, or "" for none; raise DataError for anything else."""
    if isinstance(value, list):
        parts = [check_label(part, where) for part in value]
        if any("|" in part for part in parts):
            raise DataError(f"{where}: a label in a list has a |; leave it out", path=where)
        return "|".join(parts)
    value = value.strip() if isinstance(value, str) else value
    return "" if value == "" else check_label(value, where)


def _read_number(value: object, where: str, comma: bool) -> float:
    if comma and isinstance(value, str) and WITH_COMMA.fullmatch(value):
        value = value.replace(",", ".")
    try:
        odd = isinstance(value, bool) or (isinstance(value, str) and not NUMERAL.fullmatch(value))
        number = math.nan if odd else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise DataError(
            f"{where}: {ascii(value)[:60]} is not a number; "
            "give numbers, or classes in a column called label",
            path=where,
        )
    return number
