"""Where the lines of a chart lie on its axes."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.render.chart import Chart, Line, Panel
from cnncli.render.chart.axes import Axis, choose_axis

MARKERS = 8  # about so many along a line

Place = tuple[float, float]  # shares of the axes: 0 left or below, 1 right or above


def choose_across(chart: Chart, count: int) -> Axis:
    """Return the horizontal axis of all panels, with about `count` ticks."""
    values = [x for panel in chart.panels for line in panel.lines for x, _ in line.points]
    return choose_axis(
        values, logarithmic=chart.logarithmic, whole=chart.whole, tight=True, count=count
    )


def choose_upward(panel: Panel, count: int) -> Axis:
    """Return the vertical axis of a panel, with about `count` ticks."""
    values = [y for line in panel.lines for _, y in line.points if y is not None]
    return choose_axis(
        values, logarithmic=panel.logarithmic, from_zero=panel.from_zero, count=count
    )


def split_at_gaps(line: Line, across: Axis, upward: Axis) -> Iterator[list[Place]]:
    """Yield the pieces of a line between its gaps."""
    piece: list[Place] = []
    for x, y in line.points:
        if y is not None:
            piece.append((across.place(x), upward.place(y)))
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def place_markers(line: Line, across: Axis, upward: Axis) -> list[Place]:
    """Return where a line has its markers: those of different lines are not side by side."""
    marker = line.style.marker
    places = [(across.place(x), upward.place(y)) for x, y in line.points if y is not None]
    if marker is None:
        return []
    every = max(1, len(places) // MARKERS)
    return places[marker % every :: every]


def find_ring(line: Line, across: Axis, upward: Axis) -> Place | None:
    """Return where the ring of a line is; None where it has none."""
    for x, y in line.points:
        if x == line.ringed and y is not None:
            return across.place(x), upward.place(y)
    return None
