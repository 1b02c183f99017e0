"""What pictures are drawn with: SVG and PNG both know these strokes, so that they look alike."""

from __future__ import annotations

from typing import Literal

from cnncli.value import Value

Point = tuple[float, float]  # x to the right and y down, in pixels
LETTERS = 11.0  # height of the letters, where nothing else is said
HEAD = 6.0  # length of an arrow's head
DASH, PAUSE = 4.0, 3.0  # lengths along a dashed line
Ink = Literal["ink", "pale"]  # the colors of lines and letters, which the format picks


class Polygon(Value):
    """A filled area."""

    points: tuple[Point, ...]
    fill: str  # a color
    edge: str = ""


class Path(Value):
    """A line."""

    points: tuple[Point, ...]
    ink: Ink | str = "ink"
    width: float = 1.2
    dashed: bool = False


class Arrow(Value):
    """The head of an arrow that points to the right."""

    tip: Point


class Text(Value):
    """A line of letters on its base line."""

    at: Point
    text: str
    size: float = LETTERS
    align: float = 0.5  # 0 starts there, 1 ends there
    ink: Ink = "ink"


class Group(Value):
    """The strokes of a box, with a title that is shown to who points at it."""

    title: str
    strokes: tuple[Stroke, ...]


Stroke = Polygon | Path | Arrow | Text | Group


class Page(Value):
    """Everything to be drawn."""

    width: float
    height: float
    title: str
    strokes: tuple[Stroke, ...]
