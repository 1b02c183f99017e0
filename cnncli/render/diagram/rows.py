"""Bricks in a row, or in several rows where that would be too long."""

from __future__ import annotations

from collections.abc import Sequence

from cnncli.render.diagram.bricks import Brick, Extent, Line, Metrics, Point, gather

LEEWAY = 1.35  # a row may be longer than its longest part, to keep what is beside it there


def line_up(bricks: Sequence[Brick], metrics: Metrics) -> Brick:
    """Join bricks along the axis."""
    if not bricks:
        return Brick(Extent(0, 0, 0, 0, 0))
    moved, lines, along = [], [], 0.0
    end: float | None = None
    for brick in bricks:
        moved.append(brick.move(along, 0))
        if end is not None:
            lines.append(Line(((end, 0), (along + brick.extent.start, 0)), brick.arrow))
        end = along + brick.extent.end
        along += brick.extent.length + metrics.gap
    before = max(brick.extent.before for brick in bricks)
    after = max(brick.extent.after for brick in bricks)
    assert end is not None
    extent = Extent(along - metrics.gap, before, after, bricks[0].extent.start, end)
    return gather(extent, moved, lines, arrow=bricks[0].arrow)


def stack_rows(bricks: Sequence[Brick], metrics: Metrics, *, returns: bool = False) -> Brick:
    """Join bricks in a row, or in rows of about the same length where a single one is too long.

    A line leads from the end of each row to the start of the next, and, where it `returns`, from
    the end of the last back to the axis, which is that of the first.
    """
    rows = [line_up(row, metrics) for row in _cut(bricks, metrics)]
    if len(rows) == 1:
        return rows[0]
    moved, lines, across = [], [], 0.0
    end: Point | None = None
    for index, row in enumerate(rows):
        start = metrics.entry + row.extent.start, across
        if end is not None:
            right = metrics.entry + rows[index - 1].extent.length + metrics.entry
            between = across - row.extent.before - metrics.between / 2
            around = ((right, end[1]), (right, between), (0, between), (0, across))
            lines.append(Line((end, *around, start), row.arrow))
        moved.append(row.move(metrics.entry, across))
        end = metrics.entry + row.extent.end, across
        after = across + row.extent.after
        if index + 1 < len(rows):
            across = after + metrics.between + rows[index + 1].extent.before
    assert end is not None
    length = max(row.extent.length for row in rows) + 2 * metrics.entry
    if returns:
        length += metrics.entry
        lines.append(Line((end, (length, end[1]), (length, 0))))
        end = length, 0
    first = rows[0].extent
    extent = Extent(length, first.before, after, metrics.entry + first.start, end[0])
    return gather(extent, moved, lines, arrow=rows[0].arrow)


def _cut(bricks: Sequence[Brick], metrics: Metrics) -> list[Sequence[Brick]]:
    """Return the bricks of each row; a brick that is longer than the limit moves the limit."""
    lengths = [brick.extent.length + metrics.gap for brick in bricks]
    longest = max(lengths, default=0)
    limit = longest * LEEWAY if longest > metrics.limit else metrics.limit
    rows = _fill_rows(lengths, limit)
    for share in (0.5, 0.6, 0.7, 0.8, 0.9):
        even = _fill_rows(lengths, max(limit * share, longest))
        if len(even) == len(rows):
            rows = even
            break
    return [bricks[row.start : row.stop] for row in rows]


def _fill_rows(lengths: Sequence[float], limit: float) -> list[range]:
    """Return which bricks share a row that takes as many as there is room for."""
    rows, first, used = [], 0, 0.0
    for index, length in enumerate(lengths):
        if used + length > limit and index > first:
            rows.append(range(first, index))
            first, used = index, 0.0
        used += length
    return [*rows, range(first, len(lengths))]
