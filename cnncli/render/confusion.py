"""The confusion matrix as a picture: what is right in blue, what is mistaken in red."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from cnncli.render.resize import enlarge
from cnncli.render.text import (
    INK,
    PAPER,
    TEXT,
    TITLE,
    make_drawable,
    measure_text,
    measure_widest,
    shorten,
    write,
    write_upward,
)
from cnncli.value import Value

Counts = NDArray[np.int64]

RIGHT, WRONG, NONE = (24, 90, 169), (190, 30, 45), (242, 243, 245)
MARGIN = 28
SIDE = 1400  # what the cells of many classes may take together
CELL = 52
NAME = 180  # the longest name that is written out


class Measures(Value):
    """Sizes on the picture in pixels."""

    left: int  # of the first cell
    top: int
    heading: int  # of the words "true" and "predicted"
    cell: int
    gap: int
    letters: int  # height of names and numbers, 0 where the cells are too small for any
    numbers: bool  # whether a cell has room for its number
    rates: bool  # and for a percentage
    upward: bool  # names of columns, where they are wider than a cell


def paint_confusion(matrix: ArrayLike, names: Sequence[str], title: str = "") -> Image.Image:
    """Return counts (classes, classes), rows true and columns predicted, as a picture.

    A cell is as dark as its share of its row, so that rare classes show as well as common ones.
    Mistakes go by the root of that and start darker, because a good network makes few.
    """
    counts = np.asarray(matrix, dtype=np.int64)
    names = _choose_names(names)
    sizes = _choose_measures(counts, names, bool(title))
    side = len(counts) * sizes.cell - sizes.gap
    beyond = measure_text("recall", sizes.letters) + 10 if sizes.rates else 0
    right = max(sizes.left + side + beyond, MARGIN + measure_text(title, TITLE))
    below = sizes.top + side + (sizes.letters + 16 if sizes.rates else 0)
    page = Image.new("RGB", (right + MARGIN, below + MARGIN), PAPER)
    write(page, MARGIN, MARGIN, title, TITLE, INK, align=0)
    page.paste(_paint_cells(counts, sizes), (sizes.left, sizes.top))
    if sizes.letters:
        _write_names(page, names, sizes)
    if sizes.numbers:
        _write_counts(page, counts, sizes)
    if sizes.rates:
        _write_rates(page, counts, sizes)
    return page


def _choose_measures(counts: Counts, names: Sequence[str], title: bool) -> Measures:
    cell = max(1, min(CELL, SIDE // max(1, len(counts))))
    heading = MARGIN + (TITLE + 16 if title else 0)
    if cell < 12:
        return Measures(MARGIN, heading, heading, cell, 0, 0, False, False, False)
    letters = min(TEXT, cell - 4)
    numbers = measure_widest([str(counts.max(initial=0))], letters) + 4 <= cell
    rates = measure_text("100%", letters) + 4 <= cell
    upward = measure_widest(names, letters) + 4 > cell
    left = MARGIN + measure_widest([*names, "precision"], letters) + 10
    top = heading + letters + 18 + (measure_widest(names, letters) if upward else letters)
    return Measures(left, top, heading, cell, 2, letters, numbers, rates, upward)


def _choose_names(names: Sequence[str]) -> list[str]:
    """Return names the font can write: "class 3" where nothing would be left but question marks."""
    readable = [make_drawable(name).strip("? ") for name in names]
    return [
        shorten(name, NAME, TEXT) if letters else f"class {place}"
        for place, (name, letters) in enumerate(zip(names, readable, strict=True))
    ]


def _divide_rows(counts: Counts) -> NDArray[np.float64]:
    """Return the share that each count has in its row."""
    shares: NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares


def _paint_cells(counts: Counts, sizes: Measures) -> Image.Image:
    shares = _divide_rows(counts)
    right = np.eye(len(counts), dtype=bool)
    mistakes = np.where(counts > 0, 0.1 + 0.9 * np.sqrt(shares), 0)
    depth = np.where(right, shares, mistakes)[..., None]
    full = np.where(right[..., None], RIGHT, WRONG)
    colors = np.rint(NONE + depth * (full - np.array(NONE))).astype(np.uint8)
    pixels = enlarge(colors, sizes.cell, sizes.cell)
    for line in range(1, sizes.gap + 1):
        pixels[sizes.cell - line :: sizes.cell] = 255
        pixels[:, sizes.cell - line :: sizes.cell] = 255
    side = len(pixels) - sizes.gap
    return Image.fromarray(pixels[:side, :side])


def _write_names(page: Image.Image, names: Sequence[str], sizes: Measures) -> None:
    lift = (sizes.cell - sizes.gap - sizes.letters) / 2 - 1
    write(page, sizes.left, sizes.heading, "predicted", sizes.letters, align=0)
    write(page, sizes.left - 10, sizes.heading, "true", sizes.letters, align=1)
    for place, text in enumerate(names):
        middle = sizes.left + place * sizes.cell + (sizes.cell - sizes.gap) // 2
        if sizes.upward:
            write_upward(page, middle, sizes.top - 6, text, sizes.letters, INK)
        else:
            write(page, middle, sizes.top - sizes.letters - 8, text, sizes.letters, INK)
        y = sizes.top + place * sizes.cell + lift
        write(page, sizes.left - 10, y, text, sizes.letters, INK, align=1)


def _write_counts(page: Image.Image, counts: Counts, sizes: Measures) -> None:
    shares = _divide_rows(counts)
    inset = (sizes.cell - sizes.gap) / 2
    for row, column in zip(*np.nonzero(counts), strict=True):
        dark = shares[row, column] > 0.4
        x = sizes.left + column * sizes.cell + inset
        y = sizes.top + row * sizes.cell + inset - sizes.letters / 2 - 1
        write(page, x, y, str(counts[row, column]), sizes.letters, PAPER if dark else INK)


def _write_rates(page: Image.Image, counts: Counts, sizes: Measures) -> None:
    side = len(counts) * sizes.cell
    lift = (sizes.cell - sizes.gap - sizes.letters) / 2 - 1
    right = sizes.left + side + 8
    below = sizes.top + side + 6
    write(page, right, sizes.top - sizes.letters - 8, "recall", sizes.letters, align=0)
    write(page, sizes.left - 10, below, "precision", sizes.letters, align=1)
    for place in range(len(counts)):
        hits = counts[place, place]
        recall = _write_rate(hits, counts[place].sum())
        precision = _write_rate(hits, counts[:, place].sum())
        write(page, right, sizes.top + place * sizes.cell + lift, recall, sizes.letters, align=0)
        middle = sizes.left + place * sizes.cell + (sizes.cell - sizes.gap) / 2
        write(page, middle, below, precision, sizes.letters)


def _write_rate(hits: int, total: int) -> str:
    return f"{100 * hits / total:.0f}%" if total else "-"
