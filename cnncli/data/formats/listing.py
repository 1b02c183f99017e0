"""A list of images or signals and what is known of each: path,label as .csv, .tsv or .jsonl.

Paths are relative to the list. A label is a class, or several labels joined by | (in JSON: a list
of them). Where a first line names the columns, others may stand beside path and label: one that
says of each line which part of the set it belongs to is used, the rest is not read, and told. With
a path and no label, all others hold numbers. Without such a line there are just a path and a label.
Stdin is read as JSON Lines where it opens with a brace, as a table otherwise. A line that is
repeated counts again: rare classes are made more frequent so.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnncli.data.delimited import (
    DELIMITERS,
    NUMERAL,
    WITH_COMMA,
    count_up,
    find_delimiter,
    is_unnamed,
)
from cnncli.data.endings import SAMPLES, find_kind_in_list, get_suffix, name_sample
from cnncli.data.formats.columns import PATHS, choose_columns, find_path, read_parts
from cnncli.data.formats.rows import holds_rows, read_rows
from cnncli.data.walk import join_path
from cnncli.errors import DataError, setting
from cnncli.samples import Samples, check_label
from cnncli.text import TextError, read_text
from cnncli.value import Value

Values = tuple[str | float, ...]

SUFFIXES = {*DELIMITERS, ".jsonl"}
LABEL = ("label",)
SPLITS = ("train", "val", "test")


class Row(NamedTuple):
    """A line of a list: a cell for each column, None where it has none."""

    line: int
    cells: list[object]


class Listing(Value):
    """A list that has been read; its samples have not."""

    path: str
    columns: tuple[str, ...]  # what the labels or numbers are called
    files: tuple[str, ...]
    values: tuple[Values, ...]  # a label or numbers, per file
    lines: tuple[int, ...]
    parts: tuple[str, ...] = ()  # train, val or test, per file; none where nothing says so
    notices: tuple[str, ...] = ()
    rows: Samples | None = None  # where the list holds the samples themselves

    def list_splits(self, path: str) -> tuple[str, ...]:
        """Return which of train, val and test the list is divided into."""
        return tuple(split for split in SPLITS if split in self.parts)

    def read(self, path: str, split: str | None) -> Samples:
        """Return the samples of a split, or of a list that is not divided; raise DataError."""
        if self.rows is not None:
            return self.rows
        kept = [i for i in range(len(self.files)) if split is None or self.parts[i] == split]
        files = [self.files[i] for i in kept]
        values = [self.values[i] for i in kept]
        base = "" if path == "-" else path[: path.rfind(os.sep) + 1]
        labeled = self.columns == LABEL
        labels = tuple(str(value[0]) for value in values) if labeled else ()
        blank = next(
            (self.lines[i] for i, label in zip(kept, labels, strict=False) if not label), 0
        )
        several = any("|" in label for label in labels)
        return Samples(
            where=path,
            names=tuple(_locate(join_path(base, file)) for file in files),
            keys=tuple(files),
            labels=labels,
            noun=name_sample(find_kind_in_list(files, path)),
            notices=self.notices,
            columns=self.columns,
            numbers=None if labeled else np.array(values, np.float64),
            suggests="multi-label" if several else "classify" if labeled else "regress",
            blank=f"{path}, line {blank}" if blank else "",
        )


def can_read(path: str) -> bool:
    """Say whether this is stdin or named like a list."""
    return path == "-" or get_suffix(path) in SUFFIXES


def list_splits(path: str) -> tuple[str, ...]:
    """Return which of train, val and test a list is divided into; raise DataError."""
    return open_list(path).list_splits(path)


def read(path: str, split: str | None) -> Samples:
    """Return the listed samples; raise DataError with the line that is at fault."""
    return open_list(path).read(path, split)


def open_list(path: str) -> Listing:
    """Read a list, stdin for -, once; raise DataError with the line that is at fault."""
    try:
        text = read_text(path, "surrogateescape")
    except TextError as error:
        raise DataError(f"{path}: {error}", path=path) from error
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise DataError(f"{path}: cannot be read ({reason}); check the path", path=path) from error
    lines = io.StringIO(text, newline="").readlines()
    suffix = get_suffix(path)
    is_json = suffix == ".jsonl" or (path == "-" and text.lstrip().startswith("{"))
    try:
        if is_json:
            return _build(path, *_read_json(path, lines), comma=False)
        whole = [line for line in lines if line.strip()]
        delimiter = find_delimiter(whole, DELIMITERS.get(suffix))
        if holds_rows(whole, delimiter):
            rows = read_rows(path, whole, delimiter)
            return Listing(path, LABEL, (), (), (), rows=rows)
        return _build(path, *_read_table(path, lines, delimiter), comma=delimiter != ",")
    except (csv.Error, RecursionError) as error:
        row = _describe_row(LABEL)
        raise DataError(f"{path}: {error}; give {row} a line", path=path) from error


def _read_json(path: str, lines: Sequence[str]) -> tuple[list[str], list[Row]]:
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


def _read_table(path: str, lines: Sequence[str], delimiter: str) -> tuple[list[str], list[Row]]:
    """Return the names of the columns, by the first line, and the rows."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    rows: list[Row] = []
    for cells in reader:
        if cells:
            rows.append(Row(reader.line_num, [cell.strip() for cell in cells]))
    names = [str(cell) for cell in rows[0].cells] if rows else []
    if find_path(names) is None or any(get_suffix(name) in SAMPLES for name in names):
        _refuse_other_names(path, rows)
        names = ["path", *LABEL]
    else:
        rows = rows[1:]
        firsts = [row.cells[0] for row in rows]
        if all(len(row.cells) == len(names) + 1 for row in rows) and count_up(firsts):
            names = ["", *names]  # as R writes row numbers
    return names, rows


def _refuse_other_names(path: str, rows: Sequence[Row]) -> None:
    """Raise DataError where a first line is no sample, and the second is one."""
    are_samples = [any(get_suffix(str(cell)) in SAMPLES for cell in row.cells) for row in rows[:2]]
    if are_samples == [False, True]:
        raise DataError(
            f"{path}, line {rows[0].line}: no column is called {', '.join(PATHS[:3])} or image; "
            "name the one that holds the paths path",
            path=path,
        )


def _build(path: str, names: list[str], rows: list[Row], *, comma: bool) -> Listing:
    """Return what is known of each sample; `comma` says whether commas may be decimal."""
    full = [row for row in rows if len(row.cells) == len(names)]
    cells = [[row.cells[i] for row in full] for i in range(len(names))]
    at = find_path(names)
    assert at is not None  # whoever read the names saw to it
    chosen = choose_columns(names, cells, at)
    labeled = chosen.label is not None
    columns = LABEL if labeled else tuple(names[i] for i in chosen.numbers)
    if not columns and rows:
        raise DataError(f"{path}: names only a path; add a label, or numbers by name", path=path)
    used = [chosen.label] if chosen.label is not None else [*chosen.numbers]
    if not labeled:
        _check_columns(path, columns)
    listing: dict[str, tuple[Values, int]] = {}
    kept: list[tuple[str, Values, int]] = []
    for row in rows:
        where = f"{path}, line {row.line}"
        fault = _find_fault(row, names, at, used)
        if fault is not None:
            raise DataError(f"{where}: not {_describe_row(columns)}{fault}; give these", path=path)
        file, values = str(row.cells[at]), [row.cells[i] for i in used]
        read: Values
        if labeled:
            read = (_read_label(values[0], where),)
        else:
            pairs = zip(columns, values, strict=True)
            read = tuple(_read_number(value, f"{where}, {name}", comma) for name, value in pairs)
        before, _ = listing.setdefault(file, (read, row.line))
        if before != read:
            now, then = (" ".join(map(str, values)) for values in (read, before))
            raise DataError(
                f"{where}: {file} is {now} here and {then} before; keep one of the two", path=path
            )
        kept.append((file, read, row.line))
    parts: tuple[str, ...] = ()
    if chosen.part is not None:
        places = [f"{path}, line {row.line}" for row in full]
        parts = tuple(read_parts(places, names[chosen.part], cells[chosen.part]))
        _check_parts(path, kept, parts)
    notices = _collect_notices(path, chosen.unread, kept, cells[used[0]] if labeled else ())
    if chosen.part is not None:
        counts = ", ".join(f"{parts.count(part)} {part}" for part in SPLITS if part in parts)
        notices.insert(0, f"{path}: divided by the column {names[chosen.part]}: {counts}")
    return Listing(
        path,
        columns,
        tuple(file for file, _, _ in kept),
        tuple(values for _, values, _ in kept),
        tuple(line for _, _, line in kept),
        parts,
        tuple(notices),
    )


def _find_fault(row: Row, names: Sequence[str], at: int, used: Sequence[int]) -> str | None:
    """Return what a row lacks, in parentheses where that can be said; None where it is whole."""
    if len(row.cells) > len(names):
        return f" ({len(row.cells)} columns under {len(names)} names)"
    file = row.cells[at] if len(row.cells) == len(names) else None
    if not isinstance(file, str) or not file or not used:
        return ""
    missing = [names[i] for i in used if row.cells[i] is None]
    return f" ({', '.join(missing)} is missing)" if missing else None


def _check_parts(path: str, kept: Sequence[tuple[str, Values, int]], parts: Sequence[str]) -> None:
    """Raise DataError for a sample that is in two parts."""
    known: dict[str, str] = {}
    for (file, _, line), part in zip(kept, parts, strict=True):
        before = known.setdefault(file, part)
        if before != part:
            raise DataError(
                f"{path}, line {line}: {file} is in {part} here and in {before} before; "
                "keep one of the two",
                path=path,
            )


def _collect_notices(
    path: str,
    unread: Sequence[str],
    kept: Sequence[tuple[str, Values, int]],
    labels: Sequence[object],
) -> list[str]:
    """Return what there is to say about the list, a sentence each."""
    notices = []
    if unread:
        notices.append(f"{path}: columns that are not read: {', '.join(unread)}")
    repeated = len(kept) - len({file for file, _, _ in kept})
    if repeated:
        notices.append(f"{path}: lines that repeat others, counted again: {repeated}")
    fractions = [
        label for label in labels if NUMERAL.fullmatch(str(label)) and not _is_whole(label)
    ]
    if fractions:
        notices.append(
            f"{path}: labels such as {fractions[0]} are taken as names of classes; "
            f"{setting('task')} regress learns them as numbers"
        )
    return notices


def _is_whole(value: object) -> bool:
    return str(value).strip().lstrip("+-").isdigit()


def _check_columns(path: str, columns: Sequence[str]) -> None:
    for name in columns:
        if is_unnamed(name):
            raise DataError(
                f"{path}: a column has no name (an index, if it counts the rows, is left out); "
                "name it, or take it out",
                path=path,
            )
        check_label(name, f"{path}, names of columns")
        if columns.count(name) > 1:
            raise DataError(f"{path}: two columns are called {name}; rename one", path=path)


def _locate(name: str) -> str:
    """Return the path of a file, whose letters may be composed in another way on the disk."""
    if name.isascii() or Path(name).exists():
        return name
    others = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    return next((other for other in others if Path(other).exists()), name)


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


def _describe_row(columns: tuple[str, ...]) -> str:
    if columns == LABEL:
        return "a path and a label"
    return f"a path and a number for {', '.join(columns)}"
