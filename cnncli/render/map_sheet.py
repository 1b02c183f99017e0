"""Maps of an image as a sheet: what a layer answers to it, or how much each pixel counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from cnncli.render.colors import Numbers, Scale, make_heat_scale, make_signed_scale, show_bands
from cnncli.render.overlay import lay_over, spread
from cnncli.render.sheet import PAGE, Capacity, Sheet, Tile, describe_cut, label_tiles
from cnncli.render.waveform import draw_waveform, keep_strongest

MOST_PIXELS = 1 << 24  # of all maps on a sheet


def lay_out_maps(
    maps: Numbers,
    image: NDArray[Any],
    title: str,
    note: str,
    *,
    labels: Sequence[str] = (),
    centers: tuple[Numbers, Numbers] | None = None,
    capacity: Capacity = PAGE,
) -> Sheet:
    """Return maps (maps, height, width) as heat maps on a common scale, beside their image.

    The image is uint8 (height, width, 1 or 3), or a signal (L, C). Maps of a single row are the
    rows of a single tile, shortened where they are long; maps of a single pixel are its columns.
    With `centers`, the pixels of the image that the rows and columns of a map look at, maps of
    several rows lie over it.
    """
    scale = make_heat_scale(maps)
    if maps.shape[1] == 1:
        return _lay_out_rows(maps[:, 0], scale, image, title, note, capacity)
    size = maps.shape[1:] if centers is None else image.shape[:2]
    shown = maps[: _count_shown(size, capacity)]
    if centers is None:
        pixels = [scale.paint(map_) for map_ in shown]
        note += " · on one scale"
    else:
        pixels = [lay_over(image, map_, scale) for map_ in spread(shown, *centers, size)]
        note += " · over the image, on one scale"
    names = label_tiles(len(shown), (), labels)
    return Sheet(
        title,
        note,
        [Tile(*pair) for pair in zip(pixels, names, strict=True)],
        scale,
        beside=_show_sample(image),
        cut=describe_cut(len(shown), len(maps), "maps"),
    )


def lay_out_attributions(
    maps: Numbers,
    image: NDArray[Any],
    title: str,
    note: str,
    *,
    labels: Sequence[str],
    signed: bool,
    capacity: Capacity = PAGE,
) -> Sheet:
    """Return maps (maps, height, width) of an image of this size, each over the image below itself.

    Maps that are `signed` are shown around zero. Those of a signal are the rows of a single tile.
    """
    if signed:
        scale = make_signed_scale(maps, "signed" if capacity.color else "gray")
    else:
        scale = make_heat_scale(maps)
    if image.ndim == 2:
        return _lay_out_rows(maps[:, 0], scale, image, title, note, capacity)
    shown = maps[: _count_shown(maps.shape[1:], capacity)]
    names = label_tiles(len(shown), (), labels)
    return Sheet(
        title,
        f"{note} · below, over the image",
        [Tile(scale.paint(map_), name) for map_, name in zip(shown, names, strict=True)],
        scale,
        beside=_show_sample(image),
        below=[Tile(lay_over(image, map_, scale)) for map_ in shown],
        cut=describe_cut(len(shown), len(maps), "maps"),
    )


def _lay_out_rows(
    rows: Numbers, scale: Scale, image: NDArray[Any], title: str, note: str, capacity: Capacity
) -> Sheet:
    """Return rows (n, L) as a single tile; of rows of a single value, each is a column."""
    length = rows.shape[1]
    step = -(-length // capacity.side)
    shown = keep_strongest(rows[: capacity.side], capacity.side)
    note += " · columns are units" if length == 1 else " · rows are maps"
    note += f", columns the strongest of {step} values" if step > 1 else ""
    return Sheet(
        title,
        note,
        [Tile(scale.paint(shown.T if length == 1 else shown))],
        scale,
        beside=_show_sample(image),
        cut=describe_cut(min(len(rows), capacity.side), len(rows), "maps"),
    )


def _count_shown(size: tuple[int, ...], capacity: Capacity) -> int:
    height, width = size
    return max(1, min(capacity.tiles, MOST_PIXELS // (height * width)))


def _show_sample(image: NDArray[Any]) -> Tile:
    size = "x".join(map(str, image.shape[:2]))
    return Tile(show_bands(draw_waveform(image) if image.ndim == 2 else image), size)
