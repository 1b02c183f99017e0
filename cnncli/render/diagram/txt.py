"""A diagram in the characters that terminals draw boxes with, running down."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import pairwise

from cnncli.render.diagram.bricks import Brick, Extent, Frame, Line, Metrics, Placed
from cnncli.render.diagram.parts import Box, Diagram, Repeated
from cnncli.render.diagram.placement import lay_out

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
# By the sum of the directions in which a line leaves the character.
JOINTS = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"


class TextMetrics(Metrics):
    """The room that boxes take in characters; `stacked` ones are narrow and high."""

    stacked: bool = False
    gap: float = 0
    turn: float = 1
    join: float = 0
    step: float = 1
    lane: float = 2
    frame: float = 1
    margin: float = 2
    limit: float = math.inf
    entry: float = 0
    between: float = 0
    stairs: bool = False

    def extent(self, box: Box) -> Extent:
        """Return lines along and columns across."""
        lines = self.lines(box)
        width = max(map(len, lines)) + 4
        rows = len(lines) + 2
        return Extent(rows, width // 2, width - width // 2 - 1, 0, rows - 1)

    def caption(self, repeated: Repeated) -> Extent:
        """Return the room for a caption before the line into the frame."""
        return Extent(0, len(repeated.caption) + 5, 0, 0, 0)

    def lines(self, box: Box) -> list[str]:
        """Return what is written in a box."""
        if self.stacked or len(box.lines) < 2:
            return [*box.lines, box.size]
        return [" · ".join(box.lines), box.size]


def draw_text(diagram: Diagram, width: int) -> list[str]:
    """Return the diagram as lines, of at most `width` columns where its branches fit that."""
    for stacked in (False, True):
        metrics = TextMetrics(stacked=stacked)
        brick = lay_out(diagram.body, metrics)
        needed = int(brick.extent.before + brick.extent.after) + 1
        if needed <= width:
            break
    canvas = _Canvas(brick, metrics)
    return [*filter(None, (diagram.title, diagram.note)), "", *canvas.text()]


class _Canvas:
    """TextMetrics in rows (along) and columns (across)."""

    def __init__(self, brick: Brick, metrics: TextMetrics) -> None:
        self.metrics = metrics
        self.origin = int(brick.extent.before)
        self.size = int(brick.extent.length), self.origin + int(brick.extent.after) + 1
        self.joints: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.letters: dict[tuple[int, int], str] = {}
        for frame in brick.frames:
            self._draw_frame(frame)
        for line in brick.lines:
            self._draw_line(line)
        for placed in brick.placed:
            self._draw_box(placed)

    def text(self) -> list[str]:
        """Return the lines of the canvas."""
        rows, columns = self.size
        return [
            "".join(self._pick_letter(row, column) for column in range(columns)).rstrip()
            for row in range(rows)
        ]

    def _pick_letter(self, row: int, column: int) -> str:
        place = row, column
        return self.letters.get(place) or JOINTS[self.joints[place]]

    def _draw_frame(self, frame: Frame) -> None:
        (top, left), (bottom, right) = frame.first, frame.last
        rows = range(int(top), int(bottom))
        columns = range(self.origin + int(left), self.origin + int(right) + 1)
        for column in columns:
            self.letters[rows[0], column] = self.letters[rows[-1], column] = "┄"
        for row in rows:
            self.letters[row, columns[0]] = self.letters[row, columns[-1]] = "┆"
        for row, column, corner in zip(
            (rows[0], rows[0], rows[-1], rows[-1]),
            (columns[0], columns[-1]) * 2,
            "╭╮╰╯",
            strict=True,
        ):
            self.letters[row, column] = corner
        self._write(rows[0], columns[0] + 2, f" {frame.repeated.caption} ")

    def _draw_line(self, line: Line) -> None:
        """Draw a line over what it crosses."""
        points = [(int(along), self.origin + int(across)) for along, across in line.points]
        for (row, column), (down, over) in pairwise(points):
            forward, back = (DOWN, UP) if down > row else (RIGHT, LEFT)
            if over < column:
                forward, back = LEFT, RIGHT
            step = (down > row, (over > column) - (over < column))
            while (row, column) != (down, over):
                self.joints[row, column] |= forward
                self.letters.pop((row, column), None)
                row, column = row + step[0], column + step[1]
                self.joints[row, column] |= back
                self.letters.pop((row, column), None)

    def _draw_box(self, placed: Placed) -> None:
        extent, (top, axis) = placed.extent, placed.at
        left = self.origin + int(axis - extent.before)
        right = self.origin + int(axis + extent.after)
        first, last = int(top), int(top + extent.length) - 1
        self._draw_edge(first, left, right, DOWN)
        self._draw_edge(last, left, right, UP)
        words = self.metrics.lines(placed.box)
        for row, text in enumerate(words, first + 1):
            for column in (left, right):
                self.joints[row, column] |= UP | DOWN
            self._write(row, left + 2 + (right - left - 3 - len(text)) // 2, text)

    def _draw_edge(self, row: int, left: int, right: int, corner: int) -> None:
        self.joints[row, left] |= corner | RIGHT
        self.joints[row, right] |= corner | LEFT
        for column in range(left + 1, right):
            self.joints[row, column] |= LEFT | RIGHT

    def _write(self, row: int, column: int, text: str) -> None:
        for place, letter in enumerate(text, column):
            self.letters[row, place] = letter
