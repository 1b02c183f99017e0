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
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cnncli.data.delimited import (
    DELIMITERS,
    find_delimiter,
    is_unnamed,
    split_cells,
    unify_spaces,
)
from cnncli.data.endings import find_kind_in_list, get_suffix
from cnncli.data.formats.columns import (
    Columns,
    choose_columns,
    find_path,
    read_parts,
    word_fractions,
    word_parts,
)
from cnncli.data.formats.list_entries import Entry, Values, read_entry
from cnncli.data.formats.list_lines import LABEL, Row, read_json_lines, read_table
from cnncli.data.formats.naming import PARTS
from cnncli.data.formats.rows import holds_rows, lacks_label, read_rows
from cnncli.data.formats.targets import Targets, read_flags
from cnncli.data.shapes import name_samples
from cnncli.data.walk import join_path
from cnncli.errors import DataError
from cnncli.samples import Samples, check_label
from cnncli.text import TextError, read_text
from cnncli.value import Value

SUFFIXES = {*DELIMITERS, ".txt", ".jsonl"}
HEAD = 1 << 20  # bytes that hold the first two lines


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
            return _build(path, *read_json_lines(path, lines), comma=False)
        whole = [line for line in lines if line.strip()]
        delimiter = find_delimiter(whole, DELIMITERS.get(suffix))
        if holds_rows(whole, delimiter):
            rows, parts = read_rows(path, whole, delimiter)
            return Listing(path, LABEL, (), (), (), parts, rows=rows)
        return _build(path, *read_table(path, lines, delimiter), comma=delimiter != ",")
    except (csv.Error, RecursionError) as error:
        raise DataError(f"{path}: {error}; give a path and a label a line", path=path) from error


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
    entries = [read_entry(path, row, names, chosen, comma) for row in rows]
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
