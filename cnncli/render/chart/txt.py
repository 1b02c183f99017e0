"""A chart in characters: lines of Braille dots, with letters along them where there are several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

from cnncli.render.blocks import Depth, paint_text
from cnncli.render.chart import Chart, Line, Style
from cnncli.render.chart.axes import Axis
from cnncli.render.chart.placement import (
    Place,
    choose_across,
    choose_upward,
    find_ring,
    place_markers,
    split_at_gaps,
)
from cnncli.render.colors import pick_distinct

ROWS = 12  # of a panel of height 1
COLUMNS = 12  # between ticks, at least
DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # of a Braille character
BLANK = 0x2800
RING = "o"


def draw_text(chart: Chart, width: int, depth: Depth) -> list[str]:
    """Return the chart as lines of at most `width` columns."""
    upward = [
        choose_upward(panel, max(2, round(ROWS * panel.height / 3))) for panel in chart.panels
    ]
    left = max(len(text) for axis in upward for _, text in axis.ticks)
    columns = width - left - 2
    across = choose_across(chart, max(2, columns // COLUMNS))
    lines = [chart.title, *_draw_legend(chart, width, depth)]
    for panel, axis in zip(chart.panels, upward, strict=True):
        canvas = _Canvas(round(ROWS * panel.height), columns)
        for line in panel.lines:
            canvas.draw(line, across, axis)
        labels = _write_labels(axis, canvas.rows)
        lines += ["", panel.title]
        for row, label in enumerate(labels):
            edge = "┤" if label else "│"
            lines.append(f"{label:>{left}} {edge}{canvas.text(row, depth)}".rstrip())
    styles = [line.style for panel in chart.panels for line in panel.lines]
    ringed = chart.ring and all(style.marker is None for style in styles)
    note = " " * (left + 2) + (f"{RING}: {chart.ring}" if ringed else "")
    last = note + chart.across.rjust(width - len(note))
    return [*lines, *_draw_ticks(across, left, columns), last]


class _Canvas:
    """Characters of 4 x 2 dots each, and whose line was drawn last in each."""

    def __init__(self, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        self.dots = np.zeros((rows * 4, columns * 2), bool)
        self.letters = np.full((rows, columns), "", "U1")
        self.colors = np.zeros((rows, columns), int)

    def draw(self, line: Line, across: Axis, upward: Axis) -> None:
        """Draw a line over what is there."""
        for piece in split_at_gaps(line, across, upward):
            for step, (row, column) in enumerate(self._walk(piece)):
                if not (line.style.dashed and step % 6 > 2):
                    self.dots[row, column] = True
                    self.colors[row // 4, column // 2] = line.style.color
        for place in place_markers(line, across, upward):
            self._write(place, _name_marker(line.style), line.style)
        ring = find_ring(line, across, upward)
        if ring is not None and line.style.marker is None:
            self._write(ring, RING, line.style)

    def text(self, row: int, depth: Depth) -> str:
        """Return a row of characters."""
        cells = self.dots[row * 4 : row * 4 + 4].reshape(4, self.columns, 2)
        codes = (cells * DOTS[:, None]).sum(axis=(0, 2))
        text = ""
        for code, letter, group in zip(codes, self.letters[row], self.colors[row], strict=True):
            character = str(letter) or (chr(BLANK + int(code)) if code else " ")
            color = pick_distinct(int(group))
            text += character if character == " " else paint_text(character, color, depth)
        return text.rstrip()

    def _locate(self, place: Place) -> tuple[int, int]:
        height, width = self.dots.shape
        return round((1 - place[1]) * (height - 1)), round(place[0] * (width - 1))

    def _walk(self, places: Iterable[Place]) -> Iterator[tuple[int, int]]:
        """Yield all dots along a line, each once."""
        points = [self._locate(place) for place in places]
        yield points[0]
        for (row, column), (below, behind) in pairwise(points):
            steps = max(abs(below - row), abs(behind - column))
            for step in range(1, steps + 1):
                share = step / steps
                yield round(row + share * (below - row)), round(column + share * (behind - column))

    def _write(self, place: Place, letter: str, style: Style) -> None:
        row, column = self._locate(place)
        self.letters[row // 4, column // 2] = letter
        self.colors[row // 4, column // 2] = style.color


def _name_marker(style: Style) -> str:
    """Return A for the first marker, B for the second."""
    return chr(ord("A") + (style.marker or 0) % 26)


def _draw_legend(chart: Chart, width: int, depth: Depth) -> Iterator[str]:
    """Yield lines with the names behind pieces of their lines; as many on each as fit."""
    text, length = "", 0
    for name, style in chart.legend:
        piece = "⠒ ⠒ ⠒" if style.dashed else "⠒⠒⠒⠒⠒"
        if style.marker is not None:
            piece = f"⠒⠒{_name_marker(style)}⠒⠒"
        taken = len(piece) + 1 + len(name)
        if length and length + 3 + taken > width:
            yield text
            text, length = "", 0
        gap = "   " if length else ""
        text += f"{gap}{paint_text(piece, pick_distinct(style.color), depth)} {name}"
        length += len(gap) + taken
    yield text


def _write_labels(axis: Axis, rows: int) -> list[str]:
    """Return what stands before each row; ticks that share a row have one label."""
    labels = [""] * rows
    for tick, text in axis.ticks:
        labels[round((1 - axis.place(tick)) * (rows - 1))] = text
    return labels


def _draw_ticks(axis: Axis, left: int, columns: int) -> list[str]:
    """Return the line below the last panel, and the numbers below it."""
    line, numbers = ["─"] * columns, [" "] * (left + 2 + columns)
    for tick, text in axis.ticks:
        column = round(axis.place(tick) * (columns - 1))
        line[column] = "┬"
        start = min(left + 2 + column - len(text) // 2, len(numbers) - len(text))
        numbers[start : start + len(text)] = text
    return [" " * (left + 1) + "└" + "".join(line), "".join(numbers).rstrip()]
