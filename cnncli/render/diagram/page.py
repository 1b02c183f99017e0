"""A diagram as strokes on a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from cnncli.render.diagram.bricks import Brick, Frame, Line, Placed
from cnncli.render.diagram.parts import SIGNS, Box, Diagram
from cnncli.render.diagram.placement import lay_out
from cnncli.render.diagram.slabs import (
    CAPTION,
    LINE_HEIGHT,
    ROOM,
    PictureMetrics,
    Slab,
    SlabScale,
    choose_scale,
    estimate_width,
)
from cnncli.render.strokes import (
    HEAD,
    LETTERS,
    Arrow,
    Group,
    Page,
    Path,
    Point,
    Polygon,
    Stroke,
    Text,
)

MARGIN, BELOW = 24.0, 18.0  # around all, and below the heading
ROUND = 6.0  # radius of corners
TITLE = 16.0
# Front of a slab; its top is lighter, its side and its edges are darker.
COLORS = {
    "input": "#c3c9d1",
    "conv": "#f2b561",
    "pool": "#e07a6b",
    "dense": "#7fb582",
    "enlarge": "#6cb6c9",
    "stack": "#a3a9de",
    "add": "#a3a9de",
    "multiply": "#a3a9de",
    "other": "#c9a6d4",
}


def draw_page(diagram: Diagram) -> Page:
    """Return a diagram as strokes on a page."""
    scale = choose_scale(diagram)
    brick = lay_out(diagram.body, PictureMetrics(scale=scale))
    note = "; ".join(filter(None, (diagram.note, str(scale))))
    strokes: list[Stroke] = []
    top = MARGIN
    if diagram.title:
        top += TITLE
        strokes.append(Text((MARGIN, top), diagram.title, TITLE, 0))
    top += LETTERS + ROOM
    strokes.append(Text((MARGIN, top), note, LETTERS, 0, "pale"))
    axis = top + BELOW + brick.extent.before
    strokes += _draw_brick(brick.move(MARGIN, axis), scale)
    width = max(estimate_width(diagram.title, TITLE), estimate_width(note), brick.extent.length)
    height = axis + brick.extent.after + MARGIN
    return Page(width + 2 * MARGIN, height, diagram.title, tuple(strokes))


def _draw_brick(brick: Brick, scale: SlabScale) -> Iterator[Stroke]:
    """Yield what a brick consists of, what lies behind first."""
    for frame in brick.frames:
        yield from _draw_frame(frame)
    for line in brick.lines:
        yield from _draw_line(line)
    for placed in brick.placed:
        yield Group(placed.box.full, tuple(_draw_box(placed, scale)))


def _draw_frame(frame: Frame) -> Iterator[Stroke]:
    (left, top), (right, bottom) = frame.first, frame.last
    caption = frame.repeated.caption
    begin = left + 18 + estimate_width(caption, CAPTION)
    corners = ((right, top), (right, bottom), (left, bottom), (left, top))
    yield Path(tuple(_round_corners(((begin, top), *corners, (left + 9, top)))), "pale", 1.0, True)
    yield Text((left + 13, top + CAPTION * 0.35), caption, CAPTION, 0)


def _draw_line(line: Line) -> Iterator[Stroke]:
    points = list(line.points)
    if line.arrow:
        tip = points[-1]
        points[-1] = tip[0] - HEAD + 1, tip[1]
        yield Arrow(tip)
    yield Path(tuple(_round_corners(points)))


def _round_corners(points: Sequence[Point]) -> Iterator[Point]:
    """Yield the points of a line whose corners are quarters of a circle."""
    yield points[0]
    for index in range(1, len(points) - 1):
        (ax, ay), (x, y), (bx, by) = points[index - 1 : index + 2]
        before, after = math.hypot(x - ax, y - ay), math.hypot(bx - x, by - y)
        radius = min(ROUND, before / 2, after / 2)
        first = x + (ax - x) / before * radius, y + (ay - y) / before * radius
        last = x + (bx - x) / after * radius, y + (by - y) / after * radius
        for step in range(5):
            t = step / 4  # of a parabola, which is as good at this size
            yield (
                (1 - t) ** 2 * first[0] + 2 * t * (1 - t) * x + t**2 * last[0],
                (1 - t) ** 2 * first[1] + 2 * t * (1 - t) * y + t**2 * last[1],
            )
    yield points[-1]


def _draw_box(placed: Placed, scale: SlabScale) -> Iterator[Stroke]:
    box, extent, (left, axis) = placed.box, placed.extent, placed.at
    slab = scale.slab(box)
    x, top = left + extent.start, axis - slab.height / 2
    yield from _draw_sign(box, x, axis) if box.family in SIGNS else _draw_slab(box, slab, x, top)
    middle = left + extent.length / 2
    yield Text((middle, top - slab.depth - ROOM), box.size, ink="pale")
    for row, line in enumerate(box.lines, 1):
        base = axis + slab.height / 2 + ROOM + LETTERS * (LINE_HEIGHT * row - 0.3)
        yield Text((middle, base), line)


def _draw_slab(box: Box, slab: Slab, x: float, y: float) -> Iterator[Stroke]:
    """Yield front, top and side; the front of stacked branches shows how wide each is."""
    color = COLORS.get(box.family, COLORS["other"])
    edge = _shade(color, -0.45)
    right, bottom, d = x + slab.width, y + slab.height, slab.depth
    if d:
        top = ((x, y), (x + d, y - d), (right + d, y - d), (right, y))
        side = ((right, y), (right + d, y - d), (right + d, bottom - d), (right, bottom))
        yield Polygon(top, _shade(color, 0.35), edge)
        yield Polygon(side, _shade(color, -0.15), edge)
    bands = box.bands or (1,)
    ends = [x, *(x + slab.width * done / sum(bands) for done in accumulate(bands))]
    for index, (a, b) in enumerate(pairwise(ends)):
        fill = _shade(color, 0.35) if index % 2 else color
        yield Polygon(((a, y), (b, y), (b, bottom), (a, bottom)), fill, edge)


def _draw_sign(box: Box, x: float, axis: float) -> Iterator[Stroke]:
    """Yield a circle with + or a cross in it."""
    color = COLORS.get(box.family, COLORS["other"])
    edge, radius = _shade(color, -0.45), 9.0
    middle = x + radius
    turns = [2 * math.pi * step / 32 for step in range(32)]
    circle = tuple((middle + radius * math.cos(t), axis + radius * math.sin(t)) for t in turns)
    yield Polygon(circle, color, edge)
    for turn in (0.0, 0.5) if SIGNS[box.family] == "+" else (0.25, 0.75):
        dx, dy = 5 * math.cos(math.pi * turn), 5 * math.sin(math.pi * turn)
        yield Path(((middle - dx, axis - dy), (middle + dx, axis + dy)), edge, 1.6)


def _shade(color: str, share: float) -> str:
    """Return a color lighter (share > 0) or darker."""
    goal = 255 if share > 0 else 0
    parts = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(part + (goal - part) * abs(share)):02x}" for part in parts)
