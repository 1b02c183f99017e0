"""A layer's answers to an image as a sheet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from numpy.typing import NDArray

from cnncli.render.colors import Numbers, make_heat_scale, show_bands
from cnncli.render.sheet import PAGE, Capacity, Sheet, Tile, describe_cut, label_tiles
from cnncli.render.waveform import draw_waveform, keep_strongest

MOST_PIXELS = 1 << 24  # of all maps on a sheet


def lay_out_maps(
    maps: Numbers,
    image: NDArray[Any],
    title: str,
    note: str,
    *,
    dead: Collection[int] = (),
    labels: Sequence[str] = (),
    capacity: Capacity = PAGE,
) -> Sheet:
    """Return maps (maps, height, width) as heat maps on a common scale, beside their image.

    The image is uint8 (height, width, 1 or 3), or a signal (L, C). Maps of a single row are the
    rows of a single tile, shortened where they are long; maps of a single pixel are its columns.
    """
    scale = make_heat_scale(maps)
    height, width = maps.shape[1:]
    if height == 1:
        step = -(-width // capacity.side)
        shown = keep_strongest(maps[: capacity.side, 0], capacity.side)
        if width == 1:
            shown = shown.T
        tiles = [Tile(scale.paint(shown))]
        note += " · columns are units" if width == 1 else " · rows are maps"
        note += f", columns the strongest of {step} values" if step > 1 else ""
        total = min(len(maps), capacity.side)
    else:
        shown = maps[: max(1, min(capacity.tiles, MOST_PIXELS // (height * width)))]
        total = len(shown)
        names = label_tiles(total, dead, labels)
        tiles = [Tile(scale.paint(map_), name) for map_, name in zip(shown, names, strict=True)]
        note += " · on one scale"
    size = "x".join(map(str, image.shape[:2]))
    if image.ndim == 2:
        image = draw_waveform(image)
    image = show_bands(image)
    cut = describe_cut(total, len(maps), "maps")
    return Sheet(title, note, tiles, scale, beside=Tile(image, size), cut=cut)
