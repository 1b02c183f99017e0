"""Where everything stands, in pictures as in texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cnncli.render.diagram.bricks import (
    Brick,
    Extent,
    Frame,
    Line,
    Metrics,
    Placed,
    Point,
    gathered,
)
from cnncli.render.diagram.parts import Fork, Part, Repeated, Series, boxes
from cnncli.render.diagram.rows import in_a_row, in_rows


def lay_out(series: Series, metrics: Metrics) -> Brick:
    """Lay a series out along the axis, or in rows where that is too long."""
    return in_rows([_brick(part, metrics) for part in series.parts], metrics)


def _brick(part: Part, metrics: Metrics) -> Brick:
    if isinstance(part, Repeated):
        return _framed(part, metrics)
    if isinstance(part, Fork):
        return _forked(part, metrics)
    extent = metrics.extent(part)
    return Brick(extent, (Placed(part, extent, (0, 0)),), arrow=True)


def _framed(part: Repeated, metrics: Metrics) -> Brick:
    """Draw a frame around a series, with a caption above it."""
    bricks = [_brick(one, metrics) for one in part.body.parts]
    body = in_rows(bricks, metrics, returns=True)
    own, caption, frame = body.extent, metrics.caption(part), metrics.frame
    length = max(own.length + 2 * frame, caption.length)
    left = (length - own.length) // 2
    before = max(own.before + metrics.margin, caption.before)
    after = max(own.after + metrics.margin, caption.after)
    extent = Extent(length, before, after, left + own.start, left + own.end)
    around = Frame(part, (0, -before), (length, after))
    return gathered(extent, [body.moved(left, 0)], frames=(around,), arrow=body.arrow)


def _forked(fork: Fork, metrics: Metrics) -> Brick:
    """Draw branches from one place to one box, each in a lane of its own."""
    bricks = [
        in_a_row([_brick(part, metrics) for part in branch.parts], metrics)
        for branch in fork.branches
    ]
    lanes = _lanes(fork, bricks, metrics)
    longest = max(brick.extent.length for brick in bricks)
    end = metrics.turn + longest + metrics.join
    moved, lines = [], []
    for brick, lane in zip(bricks, lanes, strict=True):
        own = brick.extent
        left = metrics.turn + (longest - own.length) // 2
        if not brick.placed:
            lines.append(Line(_cornered((0, 0), (0, lane), (end, lane), (end, 0))))
            continue
        moved.append(brick.moved(left, lane))
        lines.append(Line(_cornered((0, 0), (0, lane), (left + own.start, lane)), brick.arrow))
        lines.append(Line(_cornered((left + own.end, lane), (end, lane), (end, 0))))
    junction = _brick(fork.junction, metrics)
    own, into = junction.extent, end + metrics.step
    lines.append(Line(((end, 0), (into + own.start, 0)), arrow=True))
    moved.append(junction.moved(into, 0))
    extents = [
        replace(brick.extent, length=lane) for brick, lane in zip(bricks, lanes, strict=True)
    ]
    before = max([own.before, *(one.before - one.length for one in extents)])
    after = max([own.after, *(one.after + one.length for one in extents)])
    extent = Extent(into + own.length, before, after, 0, into + own.end)
    return gathered(extent, moved, lines)


def _lanes(fork: Fork, bricks: Sequence[Brick], metrics: Metrics) -> list[float]:
    """Return where the axis of each branch lies across, so that none touches another."""
    counts = [sum(1 for _ in boxes(branch)) for branch in fork.branches]
    main = max(range(len(counts)), key=lambda one: counts[one])
    filled = [one for one, count in enumerate(counts) if count]
    skips = [one for one, count in enumerate(counts) if not count]
    lanes = [0.0] * len(bricks)
    if metrics.stairs and len(skips) == len(filled) == 1 and _is_coarser(fork, main):
        lanes[main] = bricks[main].extent.before + metrics.lane
        return lanes
    if len(filled) == 2 and counts[filled[0]] != counts[filled[1]]:
        skips, filled = [one for one in filled if one != main] + skips, [main]
    edge = 0.0
    for one in filled:
        lanes[one] = edge + bricks[one].extent.before
        edge = lanes[one] + bricks[one].extent.after + metrics.lane
    if len(filled) > 1:
        middle = (edge - metrics.lane) // 2
    else:
        middle = lanes[filled[0]] if filled else 0
    for one in filled:
        lanes[one] -= middle
    edge = -middle if filled else metrics.lane
    for one in skips:
        lanes[one] = edge - metrics.lane - bricks[one].extent.after
        edge = lanes[one] - bricks[one].extent.before
    return lanes


def _is_coarser(fork: Fork, branch: int) -> bool:
    """Say whether a branch works at a smaller size than that at which it ends."""
    rows = fork.junction.shape[0]
    return any(len(box.shape) > 1 and box.shape[0] < rows for box in boxes(fork.branches[branch]))


def _cornered(*points: Point) -> tuple[Point, ...]:
    """Return the points, without those that stand where the one before does."""
    kept = [points[0]]
    for point in points[1:]:
        if point != kept[-1]:
            kept.append(point)
    return tuple(kept)
