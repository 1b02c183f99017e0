"""A table with one sample in each row, its numbers beside its class.

The archive of the University of California, Riverside, has signals so, without a line of names, the
class first: https://www.cs.ucr.edu/~eamonn/time_series_data_2018. Kaggle has MNIST so, with names:
label,pixel0,pixel1,… An image is a square of gray levels, row after row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.data.delimited import count_up, is_unnamed, split_cells
from cnncli.data.formats.columns import find_label, find_path
from cnncli.errors import DataError
from cnncli.samples import Samples, check_label

PIXEL = re.compile(r"(pixel|px|p)[_ ]?\d+|\d+x\d+", re.IGNORECASE)
LEAST = 3  # columns, so that a path and a label are no row of numbers
SMALLEST_SIDE = 8  # of an image in a row that no name calls pixels

Numbers = NDArray[np.float64]


def holds_rows(lines: Sequence[str], delimiter: str) -> bool:
    """Say whether lines are rows of numbers, below a line of names without a path or below none."""
    first = split_cells(lines[0], delimiter) if lines else []
    if len(first) < LEAST:
        return False
    names, body = ([], lines) if _are_numbers(first) else (first, lines[1:])
    if names and (find_path(names) is not None or find_label(names) is None):
        return False
    second = split_cells(body[0], delimiter) if body else []
    label = find_label(names) if names else None
    return len(second) == len(first) and _are_numbers(
        [cell for i, cell in enumerate(second) if i != label]
    )


def read_rows(path: str, lines: Sequence[str], delimiter: str) -> Samples:
    """Return the samples in the rows of a table; raise DataError."""
    first = split_cells(lines[0], delimiter)
    names = [] if _are_numbers(first) else first
    body = lines[1:] if names else lines
    label = find_label(names) if names else None
    words: list[str] = []
    if label is not None:
        words = [_cut_cell(line, delimiter, label) for line in body]
    numbers = _parse(path, body, delimiter, label)
    if label is None:
        label = _find_label(path, numbers)
        words = [str(int(value)) for value in numbers[:, label].tolist()]
    kept = [i for i in range(numbers.shape[1]) if i != label]
    if names and is_unnamed(names[0]) and count_up(map(_word_number, numbers[:, 0].tolist())):
        kept.remove(0)
    return _build(path, numbers[:, kept], words, [names[i] for i in kept] if names else [], label)


def _parse(path: str, body: Sequence[str], delimiter: str, label: int | None) -> Numbers:
    """Return the numbers of all rows; a label, which may be a word, is 0."""
    converters: dict[int | str, Callable[[str], Any]] | None
    converters = None if label is None else {label: lambda _: 0.0}
    try:
        numbers = np.loadtxt(
            body, delimiter=delimiter, comments=None, quotechar='"', ndmin=2,
            converters=converters,
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
    side = _measure_square(path, numbers, names)
    place = "first" if label == 0 else "last" if label >= width else f"{label + 1}."
    if side:
        values = numbers.astype(np.uint8).reshape(count, side, side, 1)
        what = f"images of {side}x{side}x1"
    else:
        values = numbers.astype(np.float32)[..., np.newaxis]  # type: ignore[assignment]
        what = f"signals of {width} samples"
    return Samples(
        where=path,
        names=tuple(f"{path}[{i}]" for i in range(count)),
        keys=tuple(f"row[{i}]" for i in range(count)),
        labels=labels,
        values=values,
        noun="image" if side else "signal",
        notices=(f"{path}: {count} {what}, one in each row, its class in the {place} column",),
    )


def _measure_square(path: str, numbers: Numbers, names: Sequence[str]) -> int:
    """Return the side of the images that rows are, 0 where they are signals."""
    width = numbers.shape[1]
    side = math.isqrt(width)
    levels = bool(((numbers == np.rint(numbers)) & (numbers >= 0) & (numbers <= 255)).all())
    pixels = bool(names) and all(PIXEL.fullmatch(name) for name in names)
    if pixels and not (levels and side * side == width):
        raise DataError(
            f"{path}: rows of {width} pixels, which are no square of gray levels from 0 to 255; "
            "save them as images x and classes y by numpy.savez",
            path=path,
        )
    square = levels and side * side == width and side >= SMALLEST_SIDE and not names
    return side if pixels or square else 0


def _are_numbers(cells: Sequence[str]) -> bool:
    try:
        return bool([float(cell) for cell in cells])
    except ValueError:
        return False


def _word_number(value: float) -> str:
    return f"{value:g}"
