"""A list of images or signals and what is known of each: path,label as .csv, .tsv or .jsonl.

Paths are relative to the list. A label is a class, or several labels joined by | (in JSON: a list
of them). Where a first line names the columns, others may stand beside path and label: one that
says of each line which part of the set it belongs to is used, the rest is not read, and said. With
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
    split_cells,
    unify_spaces,
)
from cnncli.data.endings import SAMPLES, find_kind_in_list, get_suffix
from cnncli.data.formats.columns import (
    PATHS,
    Columns,
    choose_columns,
    find_label,
    find_path,
    read_parts,
    word_fractions,
    word_parts,
)
from cnncli.data.formats.naming import PARTS
from cnncli.data.formats.rows import holds_rows, lacks_label, read_rows
from cnncli.data.formats.targets import Targets, read_flags
from cnncli.data.shapes import name_samples
from cnncli.data.walk import join_path
from cnncli.errors import DataError
from cnncli.samples import Samples, check_label
from cnncli.text import TextError, read_text
from cnncli.value import Value

Values = tuple[str | float, ...]

SUFFIXES = {*DELIMITERS, ".txt", ".jsonl"}
LABEL = ("label",)
HEAD = 1 << 20  # bytes that hold the first two lines


class Row(NamedTuple):
    """A line of a list: a cell for each column, None where it has none."""

    line: int
    cells: list[object]


class Entry(NamedTuple):
    """A sample in a list."""

    file: str
    values: Values
    line: int


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
        return tuple(split for split in PARTS if split in self.parts)

    def read(self, path: str, split: str | None) -> Samples:
        """Return the samples of a split, or of a list that is not divided; raise DataError."""
        if self.rows is not None and split is None:
            return self.rows
        if self.rows is not None:
            return self.rows.take(np.flatnonzero([part == split for part in self.parts]))
        kept = [i for i in range(len(self.files)) if split is None or self.parts[i] == split]
        files = [self.files[i] for i in kept]
        base = "" if path == "-" else path[: path.rfind(os.sep) + 1]
        names = tuple(_locate(join_path(base, file)) for file in files)
        noun, choice = name_samples(find_kind_in_list(files, path), names, path)
        targets = self._read_targets()
        labels = tuple(targets.labels[i] for i in kept if targets.labels)
        blank = labels.index("") if "" in labels else None
        return Samples(
            where=path,
            names=names,
            keys=tuple(files),
            labels=labels,
            noun=noun,
            notices=self.notices + targets.notices + choice,
            columns=targets.columns,
            numbers=None if targets.numbers is None else targets.numbers[kept],
            suggests=targets.suggests,
            blank="" if blank is None else f"{path}, line {self.lines[kept[blank]]}",
        )

    def _read_targets(self) -> Targets:
        """Return the labels or numbers of all files, which decide together what they are."""
        if self.columns == LABEL:
            labels = tuple(str(value[0]) for value in self.values)
            several = any("|" in label for label in labels)
            return Targets(labels, suggests="multi-label" if several else "classify")
        numbers = np.array(self.values, np.float64)
        flags = read_flags(numbers, self.columns, self.path)
        return flags or Targets((), numbers, self.columns, "regress")


def can_read(path: str) -> bool:
    """Say whether this is stdin or named like a list."""
    return path == "-" or get_suffix(path) in SUFFIXES


def list_splits(path: str) -> tuple[str, ...]:
    """Return which of train, val and test a list is divided into; raise DataError."""
    return open_list(path).list_splits(path)


def read(path: str, split: str | None) -> Samples:
    """Return the listed samples; raise DataError with the line that is at fault."""
    return open_list(path).read(path, split)


def has_labels(path: str) -> bool:
    """Say whether the samples of a list have labels, by its first two lines."""
    with Path(path).open("rb") as file:
        head = file.read(HEAD).decode("utf-8", "replace")
    suffix = get_suffix(path)
    lines = [line for line in head.splitlines()[:2] if line.strip()]
    lines = list(unify_spaces(lines, pairs=suffix == ".txt"))
    delimiter = find_delimiter(lines, DELIMITERS.get(suffix))
    alone = bool(lines) and len(split_cells(lines[-1], delimiter)) == 1
    return not alone and not lacks_label(lines, delimiter)


def open_list(path: str) -> Listing:
    """Read a list, stdin for -, once; raise DataError with the line that is at fault."""
    try:
        text = read_text(path, "surrogateescape")
    except TextError as error:
        raise DataError(f"{path}: {error}", path=path) from error
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise DataError(f"{path}: cannot be read ({reason}); check the path", path=path) from error
    suffix = get_suffix(path)
    lines = unify_spaces(io.StringIO(text, newline="").readlines(), pairs=suffix == ".txt")
    is_json = suffix == ".jsonl" or (path == "-" and text.lstrip().startswith("{"))
    try:
        if is_json:
            return _build(path, *_read_json(path, lines), comma=False)
        whole = [line for line in lines if line.strip()]
        delimiter = find_delimiter(whole, DELIMITERS.get(suffix))
        if holds_rows(whole, delimiter):
            rows, parts = read_rows(path, whole, delimiter)
            return Listing(path, LABEL, (), (), (), parts, rows=rows)
        return _build(path, *_read_table(path, lines, delimiter), comma=delimiter != ",")
    except (csv.Error, RecursionError) as error:
        raise DataError(f"{path}: {error}; give a path and a label a line", path=path) from error


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
    if not labeled:
        _check_columns(path, columns)
    entries = [_read_row(path, row, names, chosen, comma) for row in rows]
    notices = _collect_notices(path, entries, chosen, labeled)
    parts: tuple[str, ...] = ()
    if chosen.part is not None:
        places = [f"{path}, line {row.line}" for row in full]
        parts = tuple(read_parts(places, names[chosen.part], cells[chosen.part]))
        notices.insert(0, word_parts(path, names[chosen.part], parts))
    _refuse_contradictions(path, entries, parts)
    return Listing(
        path,
        columns,
        tuple(entry.file for entry in entries),
        tuple(entry.values for entry in entries),
        tuple(entry.line for entry in entries),
        parts,
        tuple(notices),
    )


def _read_row(path: str, row: Row, names: Sequence[str], chosen: Columns, comma: bool) -> Entry:
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


def _refuse_contradictions(path: str, entries: Sequence[Entry], parts: Sequence[str]) -> None:
    """Raise DataError for a file that has two labels, or is in two parts."""
    known: dict[str, tuple[str, str]] = {}
    for i, entry in enumerate(entries):
        name = unicodedata.normalize("NFC", entry.file)
        now = " ".join(map(str, entry.values)), f"in {parts[i]}" if parts else ""
        before = known.setdefault(name, now)
        for here, there in zip(now, before, strict=True):
            if here != there:
                raise DataError(
                    f"{path}, line {entry.line}: {entry.file} is {here} here and {there} before; "
                    "keep one of the two",
                    path=path,
                )


def _collect_notices(
    path: str, entries: Sequence[Entry], chosen: Columns, labeled: bool
) -> list[str]:
    """Return what there is to say about the list, a sentence each."""
    notices = []
    if chosen.unread:
        notices.append(f"{path}: columns that are not read: {', '.join(chosen.unread)}")
    files = {unicodedata.normalize("NFC", entry.file) for entry in entries}
    if len(files) < len(entries):
        repeated = len(entries) - len(files)
        notices.append(f"{path}: lines that repeat others, counted again: {repeated}")
    if labeled:
        notices += word_fractions(path, [entry.values[0] for entry in entries])
    return notices


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
    if name.isascii() or os.path.exists(name):  # noqa: PTH110 - raises nothing
        return name
    others = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    return next((other for other in others if os.path.exists(other)), name)  # noqa: PTH110


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
