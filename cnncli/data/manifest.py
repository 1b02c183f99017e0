"""A list of images or signals and their classes: path,label as .csv, .tsv or .jsonl, or on stdin.

Paths are relative to the list. A first line that names the columns path and label may be there,
with other columns besides; without one there are just these two. Stdin is read as JSON Lines where
it opens with a brace, as tab-separated where its first line holds a tab, as CSV otherwise.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

from cnncli.data.kinds import kind_in_list
from cnncli.data.samples import Samples, check_label
from cnncli.data.walk import inside
from cnncli.errors import DataError

SUFFIXES = {".csv": ",", ".tsv": "\t", ".jsonl": "{"}
COLUMNS = ("path", "label")
EXPECTED = "a path and a label"


def can_read(path: str) -> bool:
    """Say whether this is stdin or named like a list."""
    return path == "-" or Path(path).suffix.lower() in SUFFIXES


def splits(path: str) -> tuple[str, ...]:
    """Return nothing: a list is one set."""
    return ()


def read(path: str, split: str | None) -> Samples:
    """Return the listed images; raise DataError with the line that is at fault."""
    try:
        lines = _lines(path)
        kind = _kind(path, lines)
        rows = _json_rows(lines) if kind == "{" else _table_rows(lines, kind)
        pairs = _pairs(path, rows)
    except (csv.Error, RecursionError) as error:
        raise DataError(f"{path}: {error}; give {EXPECTED} a line", path=path) from error
    kind_in_list(pairs, path)
    base = "" if path == "-" else path[: path.rfind(os.sep) + 1]
    return Samples(
        where=path,
        names=tuple(inside(base, file) for file in pairs),
        keys=tuple(pairs),
        labels=tuple(pairs.values()),
    )


def _lines(path: str) -> list[str]:
    try:
        raw = io.FileIO(0 if path == "-" else path, closefd=path != "-")
        with io.TextIOWrapper(
            io.BufferedReader(raw), encoding="utf-8-sig", errors="surrogateescape", newline=""
        ) as text:
            return text.readlines()
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise DataError(f"{path}: cannot be read ({reason}); check the path", path=path) from error


def _kind(path: str, lines: list[str]) -> str:
    if path != "-":
        return SUFFIXES[Path(path).suffix.lower()]
    first = lines[0] if lines else ""
    if first.lstrip().startswith("{"):
        return "{"
    return "\t" if "\t" in first else ","


def _json_rows(lines: list[str]) -> Iterator[tuple[int, list[object]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            yield number, []
        else:
            yield number, [row[name] for name in COLUMNS if name in row]


def _table_rows(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[object]]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    columns = None
    for row in reader:
        if not row:
            continue
        if columns is None:
            names = [name.strip().lower() for name in row]
            has_header = set(COLUMNS) <= set(names)
            columns = [names.index(name) for name in COLUMNS] if has_header else [0, 1]
            width = len(row) if has_header else 2
            if has_header:
                continue
        yield reader.line_num, [row[i] for i in columns] if len(row) == width else []


def _pairs(path: str, rows: Iterator[tuple[int, list[object]]]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for number, row in rows:
        where = f"{path}, line {number}"
        if len(row) != 2 or not isinstance(row[0], str) or not row[0]:
            raise DataError(f"{where}: not {EXPECTED}; give these two", path=path)
        file, label = row[0], check_label(row[1], where)
        if pairs.setdefault(file, label) != label:
            raise DataError(
                f"{where}: {file} is {label} here and {pairs[file]} before; keep one of the two",
                path=path,
            )
    return pairs
