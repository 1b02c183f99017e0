"""A layer's filters as a sheet."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cnncli.render.colors import Numbers, make_signed_scale
from cnncli.render.sheet import PAGE, Capacity, Sheet, Tile, describe_cut, label_tiles


def lay_out_filters(
    filters: Numbers,
    title: str,
    note: str,
    *,
    color: bool = False,
    dead: Collection[int] = (),
    labels: Sequence[str] = (),
    capacity: Capacity = PAGE,
) -> Sheet:
    """Return filters (filters, channels, rows, columns) as a sheet, all of them on the same scale.

    `dead` are the places of those that are, `labels` what they are called, else their numbers.
    Filters of a single channel, or of three that are `color`, are tiles; others a row of tiles
    each, a tile per channel. A filter of a single row is a tile with a row per channel. Filters of
    a single pixel, or a single row of a single channel, are the rows of a tile for all.
    """
    color = color and filters.shape[1] == 3
    if filters.shape[2] == 1 and not color:
        filters = filters.transpose(0, 2, 1, 3)  # the channels of a single row become its rows
        if 1 in filters.shape[2:]:
            return _lay_out_matrix(filters.reshape(len(filters), -1), title, note, capacity)
    if filters.shape[1] == 1 or color:
        names = label_tiles(len(filters), dead, labels)
        return _lay_out_tiles(filters, title, note, color, names, capacity)
    return _lay_out_table(filters, title, note, label_tiles(len(filters), dead, labels), capacity)


def _lay_out_tiles(
    filters: Numbers, title: str, note: str, color: bool, names: Sequence[str], capacity: Capacity
) -> Sheet:
    scale = make_signed_scale(filters, "gray" if color or not capacity.color else "signed")
    shown = filters[: capacity.tiles]
    pixels = scale.paint_rgb(shown.transpose(0, 2, 3, 1)) if color else scale.paint(shown[:, 0])
    return Sheet(
        title,
        f"{note} · in color, on one scale" if color else f"{note} · on one scale",
        [Tile(*pair) for pair in zip(pixels, names, strict=False)],
        scale,
        cut=describe_cut(len(shown), len(filters), "filters"),
    )


def _lay_out_table(
    filters: Numbers, title: str, note: str, names: Sequence[str], capacity: Capacity
) -> Sheet:
    scale = make_signed_scale(filters, "signed" if capacity.color else "gray")
    shown = filters[: capacity.rows, : capacity.columns]
    return Sheet(
        title,
        f"{note} · rows are filters, columns their channels, on one scale",
        [Tile(scale.paint(channel)) for filter_ in shown for channel in filter_],
        scale,
        row_names=names[: len(shown)],
        column_names=label_tiles(shown.shape[1], ()),
        cut=_describe_cuts(shown, filters, "channels"),
    )


def _lay_out_matrix(rows: Numbers, title: str, note: str, capacity: Capacity) -> Sheet:
    scale = make_signed_scale(rows, "signed" if capacity.color else "gray")
    shown = rows[: capacity.side, : capacity.side]
    return Sheet(
        title,
        f"{note} · rows are filters, columns their inputs",
        [Tile(scale.paint(shown))],
        scale,
        cut=_describe_cuts(shown, rows, "inputs"),
    )


def _describe_cuts(shown: Numbers, whole: Numbers, what: str) -> str:
    parts = [describe_cut(len(shown), len(whole), "filters")]
    parts.append(describe_cut(shown.shape[1], whole.shape[1], what))
    return ", ".join(filter(None, parts))
