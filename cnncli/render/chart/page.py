"""A chart as strokes on a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from cnncli.render.chart import Chart, Panel, Style
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
from cnncli.render.strokes import LETTERS, Page, Path, Point, Polygon, Stroke, Text
from cnncli.render.text import PAPER, measure_widest

WIDTH, MARGIN = 640.0, 24.0
TITLE, HEADING = 16.0, 12.0  # heights of letters
HEIGHT = 200.0  # of a panel of height 1, between its ends
GAP = 44.0  # between panels, with the heading of the next
KEY, ROW = 26.0, 20.0  # length of a line in the legend; from one row of it to the next
GRID = "#a8adb3"
THICK, THIN, HAIR = 2.0, 1.4, 0.4
RADIUS, RING = 3.2, 4.6
ACROSS, UPWARD = 8, 5  # ticks


def draw_page(chart: Chart) -> Page:
    """Return a chart as strokes on a page."""
    across = choose_across(chart, ACROSS)
    upward = [choose_upward(panel, round(UPWARD * panel.height) + 1) for panel in chart.panels]
    written = [text for axis in upward for _, text in axis.ticks]
    left = MARGIN + measure_widest(written, round(LETTERS)) + 8
    top = MARGIN + TITLE
    strokes: list[Stroke] = [Text((MARGIN, top), chart.title, TITLE, 0)]
    for row in _arrange_legend(chart.legend):
        top += ROW
        for x, name, style in row:
            strokes += _draw_key(x, top, name, style)
    for panel, axis in zip(chart.panels, upward, strict=True):
        top += GAP
        box = _Box(left, top, WIDTH - MARGIN - left, HEIGHT * panel.height)
        strokes.append(Text((MARGIN, top - 14), panel.title, HEADING, 0))
        strokes += _draw_grid(box, across, axis)
        strokes += _draw_lines(box, panel, across, axis)
        top += box.height
    for tick, text in across.ticks:
        strokes.append(Text((left + across.place(tick) * (WIDTH - MARGIN - left), top + 16), text))
    strokes.append(Text((WIDTH - MARGIN, top + 34), chart.across, align=1, ink="pale"))
    if chart.ring:
        strokes.append(Text((left, top + 34), f"ring: {chart.ring}", align=0, ink="pale"))
    return Page(WIDTH, top + 34 + MARGIN, chart.title, tuple(strokes))


class _Box:
    """Where on the page a panel lies."""

    def __init__(self, left: float, top: float, width: float, height: float) -> None:
        self.left, self.top, self.width, self.height = left, top, width, height

    def put(self, place: Place) -> Point:
        """Return the point on the page."""
        return self.left + place[0] * self.width, self.top + (1 - place[1]) * self.height


def _arrange_legend(
    legend: Sequence[tuple[str, Style]],
) -> Iterator[list[tuple[float, str, Style]]]:
    """Yield rows of names, each with its left end; as many in a row as fit."""
    row: list[tuple[float, str, Style]] = []
    x = MARGIN
    for name, style in legend:
        width = KEY + 6 + measure_widest([name], round(LETTERS)) + 18
        if row and x + width > WIDTH - MARGIN:
            yield row
            row, x = [], MARGIN
        row.append((x, name, style))
        x += width
    if row:
        yield row


def _draw_key(x: float, base: float, name: str, style: Style) -> Iterator[Stroke]:
    middle = base - LETTERS * 0.36
    yield _draw_line(((x, middle), (x + KEY, middle)), style)
    if style.marker is not None:
        yield _draw_marker((x + KEY / 2, middle), style)
    yield Text((x + KEY + 6, base), name, align=0)


def _draw_grid(box: _Box, across: Axis, upward: Axis) -> Iterator[Stroke]:
    for tick, text in upward.ticks:
        place = upward.place(tick)
        x, y = box.put((0, place))
        yield Path(((x, y), box.put((1, place))), GRID, HAIR)
        yield Text((x - 8, y + LETTERS * 0.36), text, align=1, ink="pale")
    for tick, _ in across.ticks:
        x, y = box.put((across.place(tick), 0))
        yield Path(((x, y), (x, y + 4)), GRID, 2 * HAIR)
    yield Path((box.put((0, 0)), box.put((1, 0))), GRID, 2 * HAIR)


def _draw_lines(box: _Box, panel: Panel, across: Axis, upward: Axis) -> Iterator[Stroke]:
    for line in panel.lines:
        color = _name_color(line.style)
        for piece in split_at_gaps(line, across, upward):
            points = tuple(map(box.put, piece))
            if len(points) == 1:
                yield Polygon(_draw_circle(points[0], RADIUS), color)
            else:
                yield _draw_line(points, line.style)
        for place in place_markers(line, across, upward):
            yield _draw_marker(box.put(place), line.style)
    for line in panel.lines:
        ring = find_ring(line, across, upward)
        if ring is not None:
            yield Polygon(_draw_circle(box.put(ring), RING), _name_color(line.style))
            yield Polygon(_draw_circle(box.put(ring), RING - 2), PAPER)


def _draw_line(points: tuple[Point, ...], style: Style) -> Path:
    return Path(points, _name_color(style), THIN if style.dashed else THICK, style.dashed)


def _draw_marker(at: Point, style: Style) -> Polygon:
    """Return a circle, triangle, square or diamond, by the number of the marker."""
    assert style.marker is not None
    corners, turn = ((24, 0.0), (3, 0.25), (4, 0.125), (4, 0.25), (3, 0.75))[style.marker % 5]
    radius = RADIUS * (1.0 if corners > 4 else 1.35)
    return Polygon(_draw_circle(at, radius, corners, turn), _name_color(style))


def _draw_circle(
    at: Point, radius: float, corners: int = 24, turn: float = 0.0
) -> tuple[Point, ...]:
    """Return the corners of a regular polygon; `turn` is where the first lies, 0.25 above."""
    angles = [2 * math.pi * (turn + corner / corners) for corner in range(corners)]
    return tuple(
        (at[0] + radius * math.cos(angle), at[1] - radius * math.sin(angle)) for angle in angles
    )


def _name_color(style: Style) -> str:
    return "#" + bytes(pick_distinct(style.color)).hex()
