"""A page of small pictures, before it is known whether it becomes a PNG or a drawing in text."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cnncli.render.colors import Pixels, Scale
from cnncli.value import Value


class Tile(Value):
    """One small picture (height, width, 3) and what is written under it."""

    pixels: Pixels
    label: str = ""


class Sheet(Value):
    """Tiles of the same size, row by row, under a title and a scale."""

    title: str
    note: str
    tiles: Sequence[Tile]
    scale: Scale | None  # None: the pictures have colors of their own
    row_names: Sequence[str] = ()  # with column_names: the tiles are a table
    column_names: Sequence[str] = ()
    beside: Tile | None = None  # what the tiles were made from
    below: Sequence[Tile] = ()  # what became of each of the tiles
    cut: str = ""  # what is on it, where that is not all

    @property
    def tile_size(self) -> tuple[int, int]:
        """Height and width of a tile in pixels, before it is enlarged."""
        height, width, _ = self.tiles[0].pixels.shape
        return height, width

    def cut_into_rows(self, columns: int) -> list[Sequence[Tile]]:
        """Return the tiles row by row, each row with what became of it in the next."""
        starts = range(0, len(self.tiles), columns)
        layers = [self.tiles, self.below] if self.below else [self.tiles]
        return [layer[start : start + columns] for start in starts for layer in layers]

    @property
    def heading(self) -> list[str]:
        """The lines to be written over the tiles."""
        return [self.title, " · ".join(filter(None, [self.note, self.cut]))]


class Capacity(Value):
    """What fits on a sheet."""

    tiles: int
    rows: int  # of a table
    columns: int
    side: int  # of a tile that is a table of numbers itself
    patch: int = 48  # side of one of several patches in a tile, in pixels
    color: bool = True  # False: values are told apart by how light they are


PAGE = Capacity(tiles=1024, rows=64, columns=64, side=1024)


def describe_cut(shown: int, total: int, what: str) -> str:
    """Say that only the first are shown, or nothing where all are."""
    return f"the first {shown} of {total} {what}" if shown < total else ""


def label_tiles(count: int, dead: Collection[int], labels: Sequence[str] = ()) -> list[str]:
    """Return the labels of the first filters or maps, else their numbers, and which are dead."""
    words = labels[:count] or map(str, range(count))
    return [f"{word} · dead" if index in dead else word for index, word in enumerate(words)]
