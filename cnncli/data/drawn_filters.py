"""Filters drawn by hand: pictures in which mid-gray is zero, or a table of numbers in a text."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from cnncli.data.endings import get_suffix
from cnncli.data.images.file import EXTENSIONS, decode
from cnncli.errors import DataError
from cnncli.layers.arrays import Array
from cnncli.value import Value

TABLE = ".txt"
ZERO = 128  # the gray that is zero; 255 is 1, 1 and 0 are -1
LARGEST = float(np.finfo(np.float32).max)
MOST_PIXELS = 1 << 12  # of a filter: a photo is none


class DrawnFilters(Value):
    """Filters of the same size."""

    names: tuple[str, ...]  # of the pictures; in a table their numbers
    weights: Array  # (filters, 1 or 3, rows, columns): gray, or red, green and blue


def are_drawn(path: str) -> bool:
    """Say whether a path leads to drawn filters: a folder, a picture or a text."""
    return os.path.isdir(path) or get_suffix(path) in EXTENSIONS | {TABLE}  # noqa: PTH112


def read_drawn_filters(path: str) -> DrawnFilters:
    """Return the filters in a picture, in the pictures of a folder by name, or in a text.

    In a text each row of a filter is a line of numbers, and an empty line is between filters; what
    stands behind a # is left out. Raises DataError for what holds no filters, or some of several
    sizes, ImageError for a picture that cannot be read.
    """
    if get_suffix(path) == TABLE:
        filters = _read_table(path)
    else:
        filters = {Path(name).stem: _read_picture(name) for name in _list_pictures(path)}
    sizes = {values.shape: name for name, values in filters.items()}
    if len(sizes) > 1:
        (first, name), (second, other) = list(sizes.items())[:2]
        raise DataError(
            f"{path}: {name} is a filter of {_write_size(first)} and {other} one of "
            f"{_write_size(second)}; bring all to one size",
            path=path,
        )
    return DrawnFilters(tuple(filters), np.stack(list(filters.values())))


def _list_pictures(path: str) -> list[str]:
    if not os.path.isdir(path):  # noqa: PTH112
        return [path]
    names = sorted(
        str(file)
        for file in Path(path).iterdir()
        if get_suffix(file.name) in EXTENSIONS and not file.name.startswith(".")
    )
    if not names:
        raise DataError(f"{path}: no pictures of filters; give a folder with some", path=path)
    return names


def _read_picture(name: str) -> Array:
    """Return a filter (channels, rows, columns)."""
    pixels = decode(name).pixels
    rows, columns, bands = pixels.shape
    if pixels.dtype != np.uint8 or bands not in (1, 3) or rows * columns > MOST_PIXELS:
        raise DataError(
            f"{name}: not a drawn filter, which is gray or RGB of 8 bits and has at most "
            f"{MOST_PIXELS} pixels; save it as one",
            path=name,
        )
    if (pixels == pixels[..., :1]).all():
        pixels = pixels[..., :1]  # gray, whatever the file says
    weights: Array = np.maximum((pixels.astype(np.float32) - ZERO) / (255 - ZERO), -1)
    return weights.transpose(2, 0, 1)


def _read_table(path: str) -> dict[str, Array]:
    """Return filters (1, rows, columns) by their numbers."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text"
        raise DataError(f"{path}: {reason.lower()}; check the path", path=path) from error
    blocks: list[list[list[float]]] = [[]]
    for number, line in enumerate(lines, 1):
        cells = line.partition("#")[0].replace(",", " ").split()
        if not line.strip() and blocks[-1]:
            blocks.append([])
        if not cells:
            continue
        blocks[-1].append(_read_row(cells, f"{path}, line {number}", path))
        if len(cells) != len(blocks[-1][0]):
            raise DataError(
                f"{path}, line {number}: {len(cells)} numbers, where the row above has "
                f"{len(blocks[-1][0])}; an empty line is between filters",
                path=path,
            )
    filters = [np.array([block], np.float32) for block in blocks if block]
    if not filters:
        raise DataError(f"{path}: no numbers of filters; give rows of them", path=path)
    return {str(number): values for number, values in enumerate(filters)}


def _read_row(cells: list[str], place: str, path: str) -> list[float]:
    try:
        row = [float(cell) for cell in cells]
    except ValueError:
        row = []
    if not row or not all(abs(weight) <= LARGEST for weight in row):  # a NaN is not
        raise DataError(f"{place}: not a row of numbers; give the weights of a filter", path=path)
    return row


def _write_size(shape: tuple[int, ...]) -> str:
    channels, rows, columns = shape
    return f"{rows}x{columns}x{channels}"
