"""A table with one sample in each row, its numbers beside its class.

The archive of the University of California, Riverside, has signals so, without a line of names, the
class first: https://www.cs.ucr.edu/~eamonn/time_series_data_2018. Kaggle has MNIST so, with names:
label,pixel0,pixel1,… An image is a square of gray levels, row after row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.data.arrays import AnyArray, to_images, to_signals
from cnncli.data.delimited import split_cells, unify_commas
from cnncli.data.endings import SAMPLES, get_suffix
from cnncli.data.formats.columns import (
    find_label,
    find_path,
    find_split,
    is_index,
    is_number_or_class,
    read_parts,
    word_fractions,
    word_parts,
)
from cnncli.data.shapes import SMALLEST_SIDE, unflatten
from cnncli.errors import DataError
from cnncli.samples import Samples, check_label

PIXEL = re.compile(r"(pixel|px|p)[_ ]?\d+|\d+x\d+", re.IGNORECASE)
LEAST = 3  # columns, so that a path and a label are no row of numbers

Numbers = NDArray[np.float64]


def holds_rows(lines: Sequence[str], delimiter: str) -> bool:
    """Say whether lines are rows of numbers, with a class among them or without.

    A line of names may stand above them, in which none is called like a path.
    """
    names, row = _read_head(lines, delimiter)
    split = find_split(names)
    words = [cell for i, cell in enumerate(row) if i != split and not _are_numbers([cell])]
    return (
        len(row) >= LEAST
        and find_path(names) is None
        and len(names) in (0, len(row))
        and (not words or (len(words) == 1 and get_suffix(words[0]) not in SAMPLES))
        and bool(names or not words)
    )


def lacks_label(lines: Sequence[str], delimiter: str) -> bool:
    """Say whether lines are rows of numbers below names none of which is that of a label."""
    names, _ = _read_head(lines, delimiter)
    return bool(names) and find_label(names) is None and holds_rows(lines, delimiter)


def read_rows(path: str, lines: Sequence[str], delimiter: str) -> tuple[Samples, tuple[str, ...]]:
    """Return the samples in the rows of a table, and the part of each, if it says so.

    Raises DataError.
    """
    if lacks_label(lines, delimiter):
        raise DataError(
            f"{path}: a table with a sample in each row, in which no column is called label; name "
            "the one that holds the classes label, or the one that holds paths path",
            path=path,
        )
    lines = unify_commas(lines, delimiter)
    names, first = _read_head(lines, delimiter)
    body = lines[1:] if names else lines
    label, split = find_label(names), find_split(names)
    if split is not None and _are_numbers([first[split]]):
        split = None  # a fold, or another number
    numbers = _parse(path, body, delimiter, [i for i in (label, split) if i is not None])
    if label is not None:
        words = _cut_column(body, delimiter, label)
    else:
        label = _find_label(path, numbers)
        words = [str(int(value)) for value in numbers[:, label].tolist()]
    indices = [i for i, name in enumerate(names) if is_index(name, _word_numbers(numbers[:, i]))]
    kept = [i for i in range(numbers.shape[1]) if i not in (label, split, *indices)]
    samples = _build(path, numbers[:, kept], words, [names[i] for i in kept if names], label)
    notices = [f"{path}: a column of row numbers is not read: {names[i]}" for i in indices]
    fractions = word_fractions(path, words)
    suggests = "classify"
    if fractions and is_number_or_class(names[label]):
        fractions, suggests = [], "regress"
    parts: list[str] = []
    if split is not None:
        places = [f"{path}, row {i}" for i in range(1, len(body) + 1)]
        parts = read_parts(places, names[split], _cut_column(body, delimiter, split))
        notices.append(word_parts(path, names[split], parts))
    notices = [*samples.notices, *notices, *fractions]
    return replace(samples, suggests=suggests, notices=tuple(notices)), tuple(parts)


def _read_head(lines: Sequence[str], delimiter: str) -> tuple[list[str], list[str]]:
    """Return the names in the first line, none where it holds numbers, and the first row."""
    heads = [split_cells(line, delimiter) for line in unify_commas(lines[:2], delimiter)]
    if not heads:
        return [], []
    if _are_numbers(heads[0]):
        return [], heads[0]
    return heads[0], heads[1] if len(heads) > 1 else []


def _parse(path: str, body: Sequence[str], delimiter: str, words: Sequence[int]) -> Numbers:
    """Return the numbers of all rows, 0 in the columns that may hold words."""
    converters: dict[int | str, Callable[[str], Any]] = {column: lambda _: 0.0 for column in words}
    try:
        numbers = np.loadtxt(
            body, delimiter=delimiter, comments=None, quotechar='"', ndmin=2,
            converters=converters or None,
        )  # fmt: skip
    except ValueError as error:
        reason = " ".join(str(error).split())[:100]
        raise DataError(
            f"{path}: a table of numbers with a row that is not one ({reason}); correct it",
            path=path,
        ) from error
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers).all(axis=1))[0])
        raise DataError(
            f"{path}: row {row + 1} holds NaN or infinite numbers, as where signals are of "
            "several lengths; give these as a file each",
            path=path,
        )
    return np.asarray(numbers, np.float64)


def _cut_column(lines: Sequence[str], delimiter: str, position: int) -> list[str]:
    return [_cut_cell(line, delimiter, position) for line in lines]


def _cut_cell(line: str, delimiter: str, position: int) -> str:
    """Return a cell of a line, which may have thousands."""
    if position == 0 and not line.lstrip().startswith('"'):
        return line.partition(delimiter)[0].strip()
    cells = split_cells(line, delimiter)
    return cells[position] if position < len(cells) else ""


def _find_label(path: str, numbers: Numbers) -> int:
    """Return the column of classes: whole numbers that occur again, in the first or last column."""
    last = numbers.shape[1] - 1
    for column in (0, last):
        values = numbers[:, column]
        if (values == np.rint(values)).all() and 2 * len(np.unique(values)) <= len(values):
            return column
    raise DataError(
        f"{path}: a table of numbers without classes: neither its first nor its last column holds "
        "whole numbers that occur again; begin each row with its class, or give path,label",
        path=path,
    )


def _build(
    path: str, numbers: Numbers, words: Sequence[str], names: Sequence[str], label: int
) -> Samples:
    labels = tuple(check_label(word, f"{path}, row {i}") for i, word in enumerate(words, 1))
    count, width = numbers.shape
    array = _unflatten(path, numbers, names)
    if array.ndim == 3:
        values: AnyArray = to_images(array, path)
        what = f"images of {array.shape[1]}x{array.shape[2]}x1"
    else:
        values = to_signals(array, path)
        what = f"signals of {width} samples"
    ends = {0: "the first column", width: "the last column"}
    place = ends.get(label, f"column {label + 1}")
    return Samples(
        where=path,
        names=tuple(f"{path}[{i}]" for i in range(count)),
        keys=tuple(f"row[{i}]" for i in range(count)),
        labels=labels,
        values=values,
        noun="image" if array.ndim == 3 else "signal",
        notices=(f"{path}: {count} {what}, one in each row, its class in {place}",),
    )


def _unflatten(path: str, numbers: Numbers, names: Sequence[str]) -> AnyArray:
    """Return rows of gray levels as images, unless their names say otherwise."""
    pixels = bool(names) and all(PIXEL.fullmatch(name) for name in names)
    if names and not pixels:
        return numbers
    array, _ = unflatten(numbers, path, smallest=1 if pixels else SMALLEST_SIDE)
    if pixels and array.ndim == 2:
        raise DataError(
            f"{path}: rows of {numbers.shape[1]} pixels, which are no square of gray levels from 0 "
            "to 255; save them as images x and classes y by numpy.savez",
            path=path,
        )
    return array


def _are_numbers(cells: Sequence[str]) -> bool:
    try:
        return bool([float(cell) for cell in cells])
    except ValueError:
        return False


def _word_numbers(column: Numbers) -> Iterator[str]:
    return (str(int(value)) if value.is_integer() else str(value) for value in column.tolist())
