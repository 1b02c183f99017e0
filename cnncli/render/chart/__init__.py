"""Charts: lines over a common horizontal axis, in panels one below the other.

A `Chart` says what is to be seen. `page.py` makes strokes of it, for SVG and PNG; `txt.py` makes
characters. Lines are told apart without color, too: by dashes, and by markers.
"""

from __future__ import annotations

from cnncli.value import Value

Point = tuple[float, float | None]  # None: a gap in the line


class Style(Value):
    """How a line looks."""

    color: int = 0  # lines that belong together have the same one
    dashed: bool = False
    marker: int | None = None  # what is drawn along the line now and then


class Line(Value):
    """Points joined from left to right."""

    points: tuple[Point, ...]
    style: Style
    ringed: float | None = None  # where on the horizontal axis a point is marked with a ring


class Panel(Value):
    """Lines on a vertical axis of their own."""

    title: str
    lines: tuple[Line, ...]
    height: float = 1.0  # beside other panels
    logarithmic: bool = False
    from_zero: bool = False


class Chart(Value):
    """Everything to be seen."""

    title: str
    legend: tuple[tuple[str, Style], ...]
    panels: tuple[Panel, ...]
    across: str  # what the horizontal axis counts
    ring: str = ""  # what the rings are around
    cut: str = ""  # what is in it, where that is not all
    whole: bool = False  # whether it counts in whole numbers
    logarithmic: bool = False  # whether it is a logarithmic one
