"""Where boxes, lines and frames stand, in pictures as in texts."""

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
    gather,
)
from cnncli.render.diagram.parts import Fork, Part, Repeated, Series, list_boxes
from cnncli.render.diagram.rows import line_up, stack_rows


def lay_out(series: Series, metrics: Metrics) -> Brick:
    """Lay a series out along the axis, or in rows where that is too long."""
    return stack_rows([_lay_out_part(part, metrics) for part in series.parts], metrics)


def _lay_out_part(part: Part, metrics: Metrics) -> Brick:
    if isinstance(part, Repeated):
        return _frame_series(part, metrics)
    if isinstance(part, Fork):
        return _join_branches(part, metrics)
    extent = metrics.extent(part)
    return Brick(extent, (Placed(part, extent, (0, 0)),), arrow=True)


def _frame_series(part: Repeated, metrics: Metrics) -> Brick:
    """Draw a frame around a series, with a caption above it."""
    bricks = [_lay_out_part(inner, metrics) for inner in part.body.parts]
    body = stack_rows(bricks, metrics, returns=True)
    inside, caption, frame = body.extent, metrics.caption(part), metrics.frame
    length = max(inside.length + 2 * frame, caption.length)
    left = (length - inside.length) // 2
    before = max(inside.before + metrics.margin, caption.before)
    after = max(inside.after + metrics.margin, caption.after)
    extent = Extent(length, before, after, left + inside.start, left + inside.end)
    around = Frame(part, (0, -before), (length, after))
    return gather(extent, [body.move(left, 0)], frames=(around,), arrow=body.arrow)


def _join_branches(fork: Fork, metrics: Metrics) -> Brick:
    """Draw branches from where they part to where they meet, each in its lane."""
    bricks = [
        line_up([_lay_out_part(part, metrics) for part in branch.parts], metrics)
        for branch in fork.branches
    ]
    lanes = _choose_lanes(fork, bricks, metrics)
    longest = max(brick.extent.length for brick in bricks)
    end = metrics.turn + longest + metrics.join
    moved, lines = [], []
    for brick, lane in zip(bricks, lanes, strict=True):
        extent = brick.extent
        left = metrics.turn + (longest - extent.length) // 2
        if not brick.placed:
            lines.append(Line(_drop_repeated((0, 0), (0, lane), (end, lane), (end, 0))))
            continue
        moved.append(brick.move(left, lane))
        lines.append(
            Line(_drop_repeated((0, 0), (0, lane), (left + extent.start, lane)), brick.arrow)
        )
        lines.append(Line(_drop_repeated((left + extent.end, lane), (end, lane), (end, 0))))
    junction = _lay_out_part(fork.junction, metrics)
    into = end + metrics.step
    lines.append(Line(((end, 0), (into + junction.extent.start, 0)), arrow=True))
    moved.append(junction.move(into, 0))
    extents = [
        replace(brick.extent, length=lane) for brick, lane in zip(bricks, lanes, strict=True)
    ]
    before = max([junction.extent.before, *(extent.before - extent.length for extent in extents)])
    after = max([junction.extent.after, *(extent.after + extent.length for extent in extents)])
    extent = Extent(into + junction.extent.length, before, after, 0, into + junction.extent.end)
    return gather(extent, moved, lines)


def _choose_lanes(fork: Fork, bricks: Sequence[Brick], metrics: Metrics) -> list[float]:
    """Return where the axis of each branch lies across, so that none touches another."""
    counts = [sum(1 for _ in list_boxes(branch)) for branch in fork.branches]
    main = max(range(len(counts)), key=lambda branch: counts[branch])
    filled = [branch for branch, count in enumerate(counts) if count]
    skips = [branch for branch, count in enumerate(counts) if not count]
    lanes = [0.0] * len(bricks)
    if metrics.stairs and len(skips) == len(filled) == 1 and _is_coarser(fork, main):
        lanes[main] = bricks[main].extent.before + metrics.lane
        return lanes
    if len(filled) == 2 and counts[filled[0]] != counts[filled[1]]:
        skips, filled = [branch for branch in filled if branch != main] + skips, [main]
    edge = 0.0
    for branch in filled:
        lanes[branch] = edge + bricks[branch].extent.before
        edge = lanes[branch] + bricks[branch].extent.after + metrics.lane
    if len(filled) > 1:
        middle = (edge - metrics.lane) // 2
    else:
        middle = lanes[filled[0]] if filled else 0
    for branch in filled:
        lanes[branch] -= middle
    edge = -middle if filled else metrics.lane
    for branch in skips:
        lanes[branch] = edge - metrics.lane - bricks[branch].extent.after
        edge = lanes[branch] - bricks[branch].extent.before
    return lanes


def _is_coarser(fork: Fork, branch: int) -> bool:
    """Say whether a branch works at a smaller size than that at which it ends."""
    rows = fork.junction.shape[0]
    return any(
        len(box.shape) > 1 and box.shape[0] < rows for box in list_boxes(fork.branches[branch])
    )


def _drop_repeated(*points: Point) -> tuple[Point, ...]:
    """Return the points without repetitions."""
    kept = [points[0]]
    for point in points[1:]:
        if point != kept[-1]:
            kept.append(point)
    return tuple(kept)
