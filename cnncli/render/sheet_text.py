"""A sheet of tiles as lines of text for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import zip_longest

import numpy as np

from cnncli.render.blocks import Depth, draw_blocks
from cnncli.render.colors import Scale
from cnncli.render.resize import fit, resize
from cnncli.render.sheet import Sheet, Tile
from cnncli.render.text import write_number

LINES, PAIR_LINES = 36, 72  # what tiles are enlarged to fill, those with others below them
SIDE, LONE_SIDE, SMALL_SIDE = 24, 72, 8  # pixels of a tile: largest, where it is alone, smallest
PIXEL_SIDE = 8
ORIGINAL_SIDE = 28
BAR = 24  # columns of the scale


def draw_sheet(sheet: Sheet, width: int, depth: Depth) -> list[str]:
    """Return the sheet as lines of at most `width` columns, if a tile can be that narrow."""
    scale = [_draw_scale(sheet.scale, depth)] if sheet.scale else []
    heading = [*sheet.heading, *scale, ""]
    if not sheet.beside:
        return heading + _draw_tiles(sheet, width, depth)
    original = fit(sheet.beside.pixels, min(ORIGINAL_SIDE, width))
    left = [*draw_blocks(original, depth), sheet.beside.label]
    room = width - original.shape[1] - 4
    if room < ORIGINAL_SIDE:
        return [*heading, *left, "", *_draw_tiles(sheet, width, depth)]
    left[-1] = left[-1].center(original.shape[1])
    blank = " " * original.shape[1]
    pairs = zip_longest(left, _draw_tiles(sheet, room, depth))
    return heading + [f"{beside or blank}    {tiles or ''}".rstrip() for beside, tiles in pairs]


def _draw_scale(scale: Scale, depth: Depth) -> str:
    numbers = np.linspace(scale.low, scale.high, BAR)
    bar = draw_blocks(np.stack([scale.paint(numbers)] * 2), depth)[0]
    return f"{write_number(scale.low)} {bar} {write_number(scale.high)}"


def _draw_tiles(sheet: Sheet, width: int, depth: Depth) -> list[str]:
    """Draw the tiles as large as the width and a number of lines allow."""
    most = PAIR_LINES if sheet.below else LINES
    names = max((len(name) + 1 for name in sheet.row_names), default=0)
    for size in _try_sizes(sheet):
        words = [*(tile.label for tile in (*sheet.tiles, *sheet.below)), *sheet.column_names]
        cell = max(size[1], *map(len, words))
        gap = 1 if sheet.row_names else 2
        columns = len(sheet.column_names) or max(1, (width - names + gap) // (cell + gap))
        rows = sheet.cut_into_rows(columns)
        fits = names + columns * (cell + gap) - gap <= width
        if fits and len(rows) * (math.ceil(size[0] / 2) + 2) <= most:
            break
    headings = " ".join(name.center(cell) for name in sheet.column_names)
    lines = [(" " * names + headings).rstrip()]
    for row, tiles in enumerate(rows):
        drawn = _draw_row(tiles, size, cell, gap, depth)
        name = sheet.row_names[row] if sheet.row_names else ""
        starts = [name.rjust(names - 1) + " "] + [" " * names] * (len(drawn) - 1)
        lines += [
            (start + line if names else line).rstrip()
            for start, line in zip(starts, drawn, strict=True)
        ]
    return lines if sheet.column_names else lines[1:]


def _draw_row(
    tiles: Sequence[Tile], size: tuple[int, int], cell: int, gap: int, depth: Depth
) -> list[str]:
    """Draw tiles side by side, with their labels and an empty line below."""
    before = (cell - size[1]) // 2
    left, right = " " * before, " " * (cell - size[1] - before)
    drawn = [draw_blocks(resize(tile.pixels, *size), depth) for tile in tiles]
    lines = [(right + " " * gap + left).join(parts) for parts in zip(*drawn, strict=True)]
    labels = (" " * gap).join(tile.label.center(cell) for tile in tiles)
    return [*(left + line for line in lines), *filter(None, [labels.rstrip()]), ""]


def _try_sizes(sheet: Sheet) -> Iterator[tuple[int, int]]:
    """Yield heights and widths of a tile in pixels, from the largest worth trying downward."""
    height, width = sheet.tile_size
    largest = SIDE * max(1, width // height) if len(sheet.tiles) > 1 else LONE_SIDE
    for times in range(min(PIXEL_SIDE, largest // max(height, width)), 0, -1):
        yield height * times, width * times
    for side in range(min(largest, max(height, width) - 1), SMALL_SIDE - 1, -4):
        share = side / max(height, width)
        yield max(2, round(height * share)), max(1, round(width * share))
