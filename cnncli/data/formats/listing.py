"""A list of images or signals and what is known of each: path,label as .csv, .tsv or .jsonl.

Paths are relative to the list. A label is a class, or several labels joined by | (in JSON: a list
of them). Where a first line names the columns, path and label may have others besides, which are
not read; with a path and no label, all others hold numbers. Without such a line there are just a
path and a label. Stdin is read as JSON Lines where it opens with a brace, as tab-separated where
its first line holds a tab, as CSV otherwise.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cnncli.data.endings import find_kind_in_list, name_sample
from cnncli.data.walk import join_path
from cnncli.errors import DataError
from cnncli.samples import Samples, check_label

Values = tuple[str | float, ...]
Rows = Iterator[tuple[int, list[object]]]  # line, path, a value for each column

SUFFIXES = {".csv": ",", ".tsv": "\t", ".jsonl": "{"}
LABEL = ("label",)
NUMERAL = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE)


def can_read(path: str) -> bool:
    """Say whether this is stdin or named like a list."""
    return path == "-" or Path(path).suffix.lower() in SUFFIXES


def list_splits(path: str) -> tuple[str, ...]:
    """Return nothing: a list is not divided."""
    return ()


def read(path: str, split: str | None) -> Samples:
    """Return the listed images; raise DataError with the line that is at fault."""
    try:
        lines = _read_lines(path)
        syntax = _find_syntax(path, lines)
        columns, rows = _read_json(lines) if syntax == "{" else _read_table(lines, syntax)
        known, blank = _read_rows(path, columns, rows)
    except (csv.Error, RecursionError) as error:
        row = _describe_row(LABEL)
        raise DataError(f"{path}: {error}; give {row} a line", path=path) from error
    noun = name_sample(find_kind_in_list(known, path))
    base = "" if path == "-" else path[: path.rfind(os.sep) + 1]
    labeled = columns == LABEL
    several = labeled and any("|" in str(label) for (label,) in known.values())
    return Samples(
        where=path,
        names=tuple(join_path(base, file) for file in known),
        keys=tuple(known),
        labels=tuple(str(label) for (label,) in known.values()) if labeled else (),
        noun=noun,
        columns=columns,
        numbers=None if labeled else np.array(list(known.values()), np.float64),
        suggests="multi-label" if several else "classify" if labeled else "regress",
        blank=blank,
    )


def _read_lines(path: str) -> list[str]:
    try:
        raw = io.FileIO(0 if path == "-" else path, closefd=path != "-")
        with io.TextIOWrapper(
            io.BufferedReader(raw), encoding="utf-8-sig", errors="surrogateescape", newline=""
        ) as text:
            return text.readlines()
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise DataError(f"{path}: cannot be read ({reason}); check the path", path=path) from error


def _find_syntax(path: str, lines: list[str]) -> str:
    """Return the delimiter of a table, { for JSON Lines."""
    if path != "-":
        return SUFFIXES[Path(path).suffix.lower()]
    first = lines[0] if lines else ""
    if first.lstrip().startswith("{"):
        return "{"
    return "\t" if "\t" in first else ","


def _read_json(lines: list[str]) -> tuple[tuple[str, ...], Rows]:
    """Return which columns there are, by the first object, and the rows."""
    objects = [
        (number, _parse_object(line)) for number, line in enumerate(lines, 1) if line.strip()
    ]
    first = objects[0][1] if objects else {}
    others = tuple(name for name in first if name != "path")
    columns = LABEL if "label" in first or not others else others
    needed = ("path", *columns)
    rows = ((number, [row[name] for name in needed if name in row]) for number, row in objects)
    return columns, rows


def _parse_object(line: str) -> dict[str, object]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _read_table(lines: list[str], delimiter: str) -> tuple[tuple[str, ...], Rows]:
    """Return which columns there are, by the first line, and the rows."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    first = next(filter(None, reader), [])
    titles = [name.strip() for name in first]
    names = [name.lower() for name in titles]
    if "path" not in names:
        return LABEL, _select_cells(csv.reader(lines, delimiter=delimiter, strict=True), [0, 1], 2)
    at = names.index("path")
    others = [i for i in range(len(names)) if i != at]
    columns = tuple(titles[i] for i in others)
    if "label" in names:
        others, columns = [names.index("label")], LABEL
    return columns, _select_cells(reader, [at, *others], len(names))


def _select_cells(reader: Iterator[list[str]], positions: list[int], width: int) -> Rows:
    for row in reader:
        if row:
            line = reader.line_num  # type: ignore[attr-defined]
            yield line, [row[i] for i in positions] if len(row) == width else []


def _read_rows(path: str, columns: tuple[str, ...], rows: Rows) -> tuple[dict[str, Values], str]:
    """Return what is known of each image, and the first place where a label is missing."""
    _check_columns(path, columns)
    known: dict[str, Values] = {}
    blank = ""
    for number, row in rows:
        where = f"{path}, line {number}"
        if len(row) != 1 + len(columns) or not isinstance(row[0], str) or not row[0]:
            raise DataError(f"{where}: not {_describe_row(columns)}; give these", path=path)
        file, values = row[0], row[1:]
        read: Values
        if columns == LABEL:
            read = (_read_label(values[0], where),)
            blank = blank or ("" if read[0] else where)
        else:
            pairs = zip(columns, values, strict=True)
            read = tuple(_read_number(value, f"{where}, {name}") for name, value in pairs)
        before = known.setdefault(file, read)
        if before != read:
            now, then = (" ".join(map(str, values)) for values in (read, before))
            raise DataError(
                f"{where}: {file} is {now} here and {then} before; keep one of the two", path=path
            )
    return known, blank


def _check_columns(path: str, columns: tuple[str, ...]) -> None:
    if not columns:
        raise DataError(f"{path}: names only a path; add a label, or numbers by name", path=path)
    for name in columns:
        check_label(name, f"{path}, names of columns")
        if columns.count(name) > 1:
            raise DataError(f"{path}: two columns are called {name}; rename one", path=path)


def _read_label(value: object, where: str) -> str:
    """Return a class, labels joined by |, or "" for none; raise DataError for anything else."""
    if isinstance(value, list):
        parts = [check_label(part, where) for part in value]
        if any("|" in part for part in parts):
            raise DataError(f"{where}: a label in a list has a |; leave it out", path=where)
        return "|".join(parts)
    return "" if value == "" else check_label(value, where)


def _read_number(value: object, where: str) -> float:
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


def _describe_row(columns: tuple[str, ...]) -> str:
    if columns == LABEL:
        return "a path and a label"
    return f"a path and a number for {', '.join(columns)}"
