"""A sheet of tiles as a picture."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from cnncli.render.colors import Scale
from cnncli.render.resize import enlarge, fit
from cnncli.render.sheet import Sheet
from cnncli.render.text import INK, LABEL, PAPER, TEXT, TITLE, measure_widest, write, write_number
from cnncli.value import Value

MARGIN = 28
TILE_SIDE, TABLE_TILE_SIDE, LONE_TILE_SIDE, PAIR_TILE_SIDE = 96, 48, 640, 160  # what a tile is
TILES_SIDE = 1400  # enlarged to, as long as all of them keep to this
PIXEL_SIDE = 32
BAND = 20  # between what became of tiles and the next of them
THIN = 16  # a tile of a single row or column is stretched to this
ORIGINAL_SIDE = 224  # of the picture beside the tiles
BAR_WIDTH, BAR_HEIGHT = 240, 12
FRAME = "#c4c7cc"  # around what may be as pale as the paper


class Grid(Value):
    """How the tiles of a sheet are laid out; sizes in pixels."""

    rows: int
    columns: int
    enlarge: tuple[int, int]  # vertically, horizontally
    tile: tuple[int, int]  # height, width
    cell: tuple[int, int]  # a tile with its label, as wide as the wider of them
    gap: tuple[int, int]  # between rows, between columns
    band: int = 0  # more space above every second row

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of all tiles."""
        x, y = self.corner(self.rows * self.columns - 1)
        return y + self.cell[0], x + self.cell[1]

    def corner(self, index: int) -> tuple[int, int]:
        """Return x and y of a cell, from the upper left corner of the first."""
        row, column = divmod(index, self.columns)
        x, y = column * (self.cell[1] + self.gap[1]), row * (self.cell[0] + self.gap[0])
        return x, y + row // 2 * self.band


def paint_sheet(sheet: Sheet) -> Image.Image:
    """Return the sheet as a picture: heading, scale, tiles, and what they were made from."""
    grid = arrange_tiles(sheet)
    left, top = MARGIN, MARGIN + TITLE + TEXT + 32
    if sheet.scale:
        top += BAR_HEIGHT + LABEL + 12
    original = Image.fromarray(fit(sheet.beside.pixels, ORIGINAL_SIDE)) if sheet.beside else None
    end = top
    if original:
        left += original.width + MARGIN
        end += original.height + LABEL + 6
    if sheet.row_names:
        left += measure_widest(sheet.row_names) + 8
        top += LABEL + 6
    heading = max(
        measure_widest(sheet.heading[:1], TITLE), measure_widest(sheet.heading[1:], TEXT), BAR_WIDTH
    )
    right = max(left + grid.size[1], MARGIN + heading)
    page = Image.new("RGB", (right + MARGIN, max(end, top + grid.size[0]) + MARGIN), PAPER)
    _write_heading(page, sheet)
    _place_tiles(page, sheet, grid, left, top)
    if original and sheet.beside:
        _paste_framed(page, original, MARGIN, top)
        write(page, MARGIN + original.width / 2, top + original.height + 4, sheet.beside.label)
    return page


def arrange_tiles(sheet: Sheet) -> Grid:
    """Return the grid with the largest tiles that keep to the size of a page."""
    side = TABLE_TILE_SIDE if sheet.row_names else TILE_SIDE
    side = LONE_TILE_SIDE if len(sheet.tiles) == 1 else side
    if sheet.below:
        side = ORIGINAL_SIDE if sheet.beside else PAIR_TILE_SIDE
    for times in range(min(PIXEL_SIDE, max(1, side // max(sheet.tile_size))), 0, -1):
        grid = _make_grid(sheet, times)
        if max(grid.size) <= TILES_SIDE:
            break
    return grid


def _make_grid(sheet: Sheet, times: int) -> Grid:
    height, width = sheet.tile_size
    down, across = max(times, THIN // height), max(times, THIN // width)
    tile = (height * down, width * across)
    label = measure_widest(tile.label for tile in (*sheet.tiles, *sheet.below))
    cell = (tile[0] + (LABEL + 6 if label else 0), max(tile[1], label))
    pair = (2 * cell[0], cell[1]) if sheet.below else cell
    columns = len(sheet.column_names) or _choose_columns(len(sheet.tiles), pair)
    gap = (3 + tile[0] // 6, 3 + tile[1] // 16) if sheet.row_names else (12, 12)
    band = BAND if sheet.below else 0
    rows = len(sheet.cut_into_rows(columns))
    return Grid(rows, columns, (down, across), tile, cell, gap, band)


def _choose_columns(tiles: int, cell: tuple[int, int]) -> int:
    """Return the columns of a page half as wide again as high, its rows all full if it can be."""
    ideal = min(tiles, max(1.0, math.sqrt(1.5 * tiles * cell[0] / cell[1])))
    full = [columns for columns in range(1, tiles + 1) if tiles % columns == 0]
    nearest = min(full, key=lambda columns: abs(math.log(columns / ideal)))
    return nearest if 0.6 < nearest / ideal < 1.7 else round(ideal)


def _place_tiles(page: Image.Image, sheet: Sheet, grid: Grid, left: int, top: int) -> None:
    height, width = grid.tile
    for row, tiles in enumerate(sheet.cut_into_rows(grid.columns)):
        for column, tile in enumerate(tiles):
            x, y = grid.corner(row * grid.columns + column)
            middle = left + x + grid.cell[1] // 2
            picture = Image.fromarray(enlarge(tile.pixels, *grid.enlarge))
            _paste_framed(page, picture, middle - width // 2, top + y)
            write(page, middle, top + y + height + 4, tile.label)
    _write_names(page, sheet, grid, left, top)


def _write_names(page: Image.Image, sheet: Sheet, grid: Grid, left: int, top: int) -> None:
    """Write the names of rows and columns, some left out where there is no room for all."""
    every = math.ceil((LABEL + 1) / (grid.cell[0] + grid.gap[0]))
    for row, name in list(enumerate(sheet.row_names))[::every]:
        y = top + grid.corner(row * grid.columns)[1] + (grid.cell[0] - LABEL) / 2
        write(page, left - 8, y - 1, name, align=1)
    every = math.ceil((measure_widest(sheet.column_names) + 3) / (grid.cell[1] + grid.gap[1]))
    for column, name in list(enumerate(sheet.column_names))[::every]:
        x = left + grid.corner(column)[0] + grid.cell[1] / 2
        write(page, x, top - LABEL - 5, name)


def _write_heading(page: Image.Image, sheet: Sheet) -> None:
    title, note = sheet.heading
    write(page, MARGIN, MARGIN, title, TITLE, INK, align=0)
    write(page, MARGIN, MARGIN + TITLE + 8, note, TEXT, align=0)
    if sheet.scale:
        _draw_scale(page, sheet.scale, MARGIN + TITLE + TEXT + 18)


def _draw_scale(page: Image.Image, scale: Scale, top: int) -> None:
    numbers = np.linspace(scale.low, scale.high, BAR_WIDTH)
    bar = np.repeat(scale.paint(numbers)[None], BAR_HEIGHT, axis=0)
    _paste_framed(page, Image.fromarray(bar), MARGIN, top)
    below = top + BAR_HEIGHT + 4
    write(page, MARGIN, below, write_number(scale.low), align=0)
    write(page, MARGIN + BAR_WIDTH, below, write_number(scale.high), align=1)
    zero = -scale.low / (scale.high - scale.low)
    if 0.2 < zero < 0.8:  # nearer to an end it would run into the number there
        write(page, MARGIN + zero * BAR_WIDTH, below, "0")


def _paste_framed(page: Image.Image, picture: Image.Image, left: int, top: int) -> None:
    page.paste(picture, (left, top))
    frame = (left - 1, top - 1, left + picture.width, top + picture.height)
    ImageDraw.Draw(page).rectangle(frame, outline=FRAME)
