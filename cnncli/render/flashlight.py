"""A neuron's arithmetic as a picture: its field on the image, patch x weights = products, the sum.

The flashlight of the introductions to convolutional networks: what the filter looks at is framed
on the image, and drawn out beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from cnncli.render.colors import Numbers, Pixels, Scale, make_signed_scale
from cnncli.render.resize import enlarge, fit
from cnncli.render.table import write_matrix
from cnncli.render.text import (
    INK,
    LABEL,
    PALE_INK,
    PAPER,
    TEXT,
    TITLE,
    measure_text,
    measure_widest,
    write,
    write_number,
)
from cnncli.value import Value

MARGIN, GAP = 28, 30
IMAGE_SIDE = 224
CELL = (30, 50)  # height and width of a cell with its number in it
TILE_SIDE, THIN = 168, 24  # of a matrix without numbers; one of a single row is stretched to this
MOST_NUMBERS = 12  # rows or columns of a matrix with its numbers in it
BEAM = "#d55e00"  # vermilion of Okabe & Ito, on which people with any color vision agree
BOX = 34  # height
SIGNS = ("", "x ", "= ")
NAMES = ("patch", "weights", "products")

Frame = tuple[float, float, float, float]
Matrices = tuple[Numbers, Numbers, Numbers]  # patch, weights, products: (rows, columns)


class Panel(Value):
    """The arithmetic of a channel."""

    title: str
    matrices: Matrices
    rows: Sequence[str] = ()  # what the rows are called, if they are
    columns: Sequence[str] = ()


class Flashlight(Value):
    """Everything to be seen."""

    title: str
    note: str
    image: Pixels  # (H, W, 3)
    frame: Frame | None  # top, left, bottom, right on it, in its pixels
    field: str  # the frame in words
    panels: Sequence[Panel]
    rest: str  # what is left out, if anything
    steps: Sequence[tuple[str, float]]  # sum, bias, output, and what becomes of it, by name
    feeds: Sequence[str]


def paint_flashlight(flashlight: Flashlight) -> Image.Image:
    """Return the picture."""
    image = Image.fromarray(fit(flashlight.image, IMAGE_SIDE))
    top = MARGIN + TITLE + TEXT + 28
    names = measure_widest([name for panel in flashlight.panels for name in panel.rows])
    left = MARGIN + max(image.width, measure_text(flashlight.field)) + GAP + 24 + names
    grid = _Grid(flashlight.panels, left, top)
    end = max(grid.bottom, top + image.height + LABEL + 8) + GAP
    width, height = _measure(flashlight, grid), end + LABEL + BOX + MARGIN + 8
    height += (LABEL + 6) * (len(flashlight.feeds) + bool(flashlight.rest))
    page = Image.new("RGB", (width, height), PAPER)
    write(page, MARGIN, MARGIN, flashlight.title, TITLE, INK, align=0)
    write(page, MARGIN, MARGIN + TITLE + 8, flashlight.note, TEXT, align=0)
    page.paste(image, (MARGIN, top))
    if flashlight.frame:
        down, across = image.height / len(flashlight.image), image.width / flashlight.image.shape[1]
        _draw_beam(page, flashlight.frame, (down, across), top, grid)
    _write_over(page, MARGIN, top + image.height + 6, flashlight.field, align=0)
    grid.paint(page)
    if flashlight.rest:
        write(page, left, end - GAP + 8, flashlight.rest, align=0)
        end += LABEL + 6
    _draw_steps(page, flashlight, end)
    return page


class _Grid:
    """Where the matrices of all panels lie, and how large their cells are."""

    def __init__(self, panels: Sequence[Panel], left: int, top: int) -> None:
        self.panels, self.left, self.top = panels, left, top
        rows, columns = panels[0].matrices[0].shape
        self.numbers = max(rows, columns) <= MOST_NUMBERS
        side = max(1, TILE_SIDE // max(rows, columns))
        thin = (THIN if rows == 1 else side, THIN if columns == 1 else side)
        self.cell = CELL if self.numbers else thin
        self.tile = (rows * self.cell[0], columns * self.cell[1])
        self.head = TEXT + LABEL + 14 + (LABEL + 6 if panels[0].columns else 0)
        self.bottom = top + len(panels) * (self.head + self.tile[0]) + (len(panels) - 1) * 14
        self.scales = [
            make_signed_scale(np.stack([panel.matrices[index] for panel in panels]))
            for index in range(3)
        ]
        words = max(
            measure_text(_name_matrix(index, scale)) for index, scale in enumerate(self.scales)
        )
        self.step = max(self.tile[1], words) + GAP
        titles = measure_widest([panel.title for panel in panels], TEXT)
        self.right = left + max(3 * self.step - GAP, titles)

    def corner(self, panel: int, index: int) -> tuple[int, int]:
        """Return x and y of the upper left corner of a matrix."""
        y = self.top + panel * (self.head + self.tile[0] + 14) + self.head
        return self.left + index * self.step, y

    def paint(self, page: Image.Image) -> None:
        """Draw all matrices with their names and numbers."""
        for number, panel in enumerate(self.panels):
            x, y = self.corner(number, 0)
            write(page, x, y - self.head, panel.title, TEXT, INK, align=0)
            for index, (matrix, scale) in enumerate(zip(panel.matrices, self.scales, strict=True)):
                x, y = self.corner(number, index)
                tile = Image.fromarray(enlarge(scale.paint(matrix), *self.cell))
                page.paste(tile, (x, y))
                name = _name_matrix(index, scale)
                write(page, x, y - self.head + TEXT + 6, name, align=0)
                if self.numbers:
                    self._write_numbers(page, matrix, scale, x, y)
            self._write_lines(page, panel, *self.corner(number, 0))

    def _write_numbers(
        self, page: Image.Image, matrix: Numbers, scale: Scale, left: int, top: int
    ) -> None:
        height, width = self.cell
        is_light = scale.paint(matrix).mean(axis=2) > 127
        for row, numbers in enumerate(write_matrix(matrix, scale.high)):
            y = top + (row + 0.5) * height - LABEL / 2 - 1
            for column, number in enumerate(numbers):
                ink = INK if is_light[row, column] else PAPER
                write(page, left + (column + 0.5) * width, y, number, ink=ink)

    def _write_lines(self, page: Image.Image, panel: Panel, left: int, top: int) -> None:
        """Write what the rows and columns of the patch are called."""
        height, width = self.cell
        for row, name in enumerate(panel.rows):
            _write_over(page, left - 6, top + (row + 0.5) * height - LABEL / 2 - 1, name, align=1)
        for column, name in enumerate(panel.columns):
            write(page, left + (column + 0.5) * width, top - LABEL - 4, name)


def _name_matrix(index: int, scale: Scale) -> str:
    return f"{SIGNS[index]}{NAMES[index]}, up to ±{write_number(scale.high)}"


def _write_over(page: Image.Image, x: float, y: float, text: str, align: float) -> None:
    """Write a line so that it can be read where the beam is behind it."""
    left, width = x - align * measure_text(text), measure_text(text)
    ImageDraw.Draw(page).rectangle((left, y + 2, left + width, y + LABEL), fill=PAPER)
    write(page, x, y, text, align=align)


def _draw_beam(
    page: Image.Image, field: Frame, pixel: tuple[float, float], top: int, grid: _Grid
) -> None:
    """Frame the field on the image, whose pixels are that large, and lead from it to the patch."""
    draw, (down, across) = ImageDraw.Draw(page), pixel
    upper, left, lower, right = field
    frame = (
        MARGIN + left * across - 1,
        top + upper * down - 1,
        MARGIN + right * across,
        top + lower * down,
    )
    draw.rectangle(frame, outline=BEAM, width=2)
    x, y = grid.corner(0, 0)
    tile = (x - 2, y - 2, x + grid.tile[1] + 1, y + grid.tile[0] + 1)
    draw.rectangle(tile, outline=BEAM, width=2)
    draw.line((frame[2], frame[1], tile[0], tile[1]), fill=BEAM)
    draw.line((frame[2], frame[3], tile[0], tile[3]), fill=BEAM)


def _draw_steps(page: Image.Image, flashlight: Flashlight, top: int) -> None:
    """Draw the sum and what becomes of it, from left to right, and write what it feeds."""
    draw, x = ImageDraw.Draw(page), MARGIN
    for sign, name, text, width in _lay_out_steps(flashlight.steps):
        if sign:
            write(page, x + GAP / 2, top + LABEL + 12, sign, TITLE - 2)
            x += GAP
        write(page, x + width / 2, top, name)
        draw.rectangle((x, top + LABEL + 4, x + width, top + LABEL + 4 + BOX), outline=PALE_INK)
        write(page, x + width / 2, top + LABEL + 13, text, TEXT, INK)
        x += width
    for number, text in enumerate(flashlight.feeds):
        y = top + LABEL + 10 + BOX + number * (LABEL + 6)
        write(page, MARGIN, y, f"feeds {text}", align=0)


def _lay_out_steps(steps: Sequence[tuple[str, float]]) -> list[tuple[str, str, str, int]]:
    """Return the sign before each step, its name, its number and the width of its box."""
    boxes = []
    for index, (name, value) in enumerate(steps):
        text = f"{value:.6g}"
        sign = "+" if name == "bias" else "=" if name == "output" else "->" if index else ""
        boxes.append((sign, name, text, max(measure_text(text, TEXT) + 20, measure_text(name) + 6)))
    return boxes


def _measure(flashlight: Flashlight, grid: _Grid) -> int:
    """Return the width of the page."""
    boxes = [width for *_, width in _lay_out_steps(flashlight.steps)]
    widths = (
        measure_text(flashlight.title, TITLE),
        measure_text(flashlight.note, TEXT),
        sum(boxes) + GAP * (len(boxes) - 1),
        measure_widest([f"feeds {text}" for text in flashlight.feeds]),
    )
    right = max(grid.right, grid.left + measure_text(flashlight.rest), MARGIN + max(widths))
    return int(right) + MARGIN
