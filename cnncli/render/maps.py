"""A layer's answers to an image as a sheet."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from cnncli.render.colors import Numbers, Pixels, heat_scale
from cnncli.render.sheet import PAGE, Limits, Sheet, Tile, first, labels

MOST_PIXELS = 1 << 24  # of all maps on a sheet


def map_sheet(
    maps: Numbers,
    image: Pixels,
    title: str,
    note: str,
    *,
    dead: Collection[int] = (),
    limits: Limits = PAGE,
) -> Sheet:
    """Return maps (maps, height, width) as a sheet of heat maps on one scale, beside their image.

    The image is uint8 (height, width, 1 or 3). Maps of a single row are the rows of one tile, maps
    of a single pixel its columns.
    """
    scale = heat_scale(maps)
    height, width = maps.shape[1:]
    if height == 1:
        shown = maps[: limits.side, 0, : limits.side]
        if width == 1:
            shown = shown.T
        tiles = [Tile(scale.paint(shown))]
        note += " · columns are units" if width == 1 else " · rows are maps"
        total = min(len(maps), limits.side)
    else:
        shown = maps[: max(1, min(limits.tiles, MOST_PIXELS // (height * width)))]
        total = len(shown)
        names = labels(total, dead)
        tiles = [Tile(scale.paint(one), name) for one, name in zip(shown, names, strict=True)]
        note += " · on one scale"
    size = f"{image.shape[0]}x{image.shape[1]}"
    image = np.broadcast_to(image, (*image.shape[:2], 3))
    cut = first(total, len(maps), "maps")
    return Sheet(title, note, tiles, scale, beside=Tile(image, size), cut=cut)
