"""Which colors occur in masks, and by what people name them.

- gray: masks without color; a class is named by its gray level.
- index: palettes that agree; a class is named by its index.
- color: palettes that differ, or RGB; a class is named by its color, #rrggbb.

Where a class is named by a number, this is called its level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cached_property

from cnncli.data.images.mask import Colors, Mask, is_gray, write_color
from cnncli.data.maps.borders import SHARE, find_inner, find_meetings
from cnncli.errors import DataError, setting
from cnncli.wording import shorten

GLANCES = 8  # masks in which the places of classes are looked at
FEW, THIN = 3, 0.01  # so many classes, each with such a share of inner pixels, are smoothed edges
VOIDS = frozenset({0xE0E0C0, 0xFFFFFF})  # colors that may mean "undecided": Pascal VOC's, and white


class Survey:
    """What occurs in the masks of a folder. A key is what names a class: its level or its color."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._pairs: set[tuple[int, int]] = set()  # numbers of pixels with their colors
        self._kinds: set[str] = set()
        self._tables: dict[bytes, Colors] = {}  # different tables of colors
        self._colors: set[int] = set()  # of masks with a palette or RGB
        self._grays: dict[int, str] = {}  # colors of gray masks, and a mask that has it
        self._first: list[Mask] = []
        self._doubtful: list[Mask] = []  # with pixels that may mean "undecided"

    def add(self, path: str, mask: Mask) -> None:
        """Take note of a mask."""
        self._kinds.add(mask.kind)
        self._tables.setdefault(mask.colors.tobytes(), mask.colors)
        if len(self._first) < GLANCES:
            self._first.append(mask)
        if len(self._doubtful) < GLANCES and _list_doubtful(mask):
            self._doubtful.append(mask)
        for number in mask.numbers:
            color = int(mask.colors[number])
            self._pairs.add((number, color))
            if mask.kind == "gray":
                self._grays.setdefault(color, path)
            else:
                self._colors.add(color)

    @cached_property
    def scheme(self) -> str:
        """What names a class: gray, index or color; nothing is added any more."""
        numbers = {number for number, _ in self._pairs}
        colors = {color for _, color in self._pairs}
        agree = len(numbers) == len(colors) == len(self._pairs) or len(self._tables) == 1
        if self._kinds == {"index"} and agree:
            return "index"
        return "gray" if all(map(is_gray, colors)) else "color"

    @property
    def word(self) -> str:
        """What people call a key."""
        return "color" if self.scheme == "color" else "level"

    def write(self, key: int) -> str:
        """Return a key as people write it."""
        return write_color(key) if self.scheme == "color" else str(key)

    def find_keys(self) -> list[int]:
        """Return the keys that occur; raise DataError for gray masks among colored ones."""
        if self.scheme == "color":
            self._refuse_lone_grays()
        return sorted({self._find_key(*pair) for pair in self._pairs})

    def make_palette(self, size: int) -> bytes | None:
        """Return the colors of so many indices; None where keys are no indices."""
        if self.scheme != "index":
            return None
        colors = next(iter(self._tables.values())).copy()
        for number, color in self._pairs:
            colors[number] = color
        return b"".join(color.to_bytes(3, "big") for color in colors[:size].tolist())

    def describe(self, ignored: Collection[int]) -> Iterator[str]:
        """Yield what there is to say: palettes that differ, borders, smoothed edges."""
        if self.scheme == "color" and "index" in self._kinds:
            yield (
                f"{self.folder}: the palettes of the masks differ; pixels of the same color are of "
                "the same class"
            )
        thin, keys = self._find_thin() - set(ignored), self.find_keys()
        if len(thin) >= FEW and 2 * len(thin) > len(keys):
            yield (
                f"{self.folder}: {len(thin)} of {len(keys)} {self.word}s occur only along edges, "
                "which seem to be smoothed; save masks without smoothing, as PNG"
            )
            return
        for key in sorted(self._find_undecided() - set(ignored)):
            yield (
                f"{self.folder}: class {self.write(key)} lies only along the borders of others; "
                f"if it means undecided, give {setting('ignored')} {self.write(key)}"
            )

    def _find_undecided(self) -> set[int]:
        """Return the keys of 255 and the like whose pixels lie between two others."""
        shares: dict[int, list[float]] = defaultdict(list)
        for mask in self._doubtful:
            for number in _list_doubtful(mask):
                key = self._find_key(number, int(mask.colors[number]))
                shares[key].append(float(find_meetings(mask.values, number).mean()))
        return {key for key, found in shares.items() if sum(found) >= SHARE * len(found)}

    def _find_thin(self) -> set[int]:
        """Return the keys of which hardly a pixel is surrounded by others of its number."""
        pixels: dict[int, int] = defaultdict(int)
        inner: dict[int, int] = defaultdict(int)
        for mask in self._first:
            inside = find_inner(mask.values)
            for number in mask.numbers:
                key = self._find_key(number, int(mask.colors[number]))
                having = mask.values == number
                pixels[key] += int(having.sum())
                inner[key] += int((having & inside).sum())
        return {key for key in pixels if inner[key] < THIN * pixels[key]}

    def _find_key(self, number: int, color: int) -> int:
        return {"index": number, "gray": color & 255, "color": color}[self.scheme]

    def _refuse_lone_grays(self) -> None:
        """Raise DataError for gray masks with a level that is no color of the other masks."""
        lone = sorted(set(self._grays) - self._colors)
        if lone:
            colors = [write_color(color) for color in sorted(self._colors)]
            raise DataError(
                f"{self._grays[lone[0]]}: gray level {lone[0] & 255}, where other masks have the "
                f"colors {shorten(colors)}; save all masks alike",
                path=self._grays[lone[0]],
            )


def _list_doubtful(mask: Mask) -> list[int]:
    """Return the numbers of pixels that may mean "undecided"."""
    if mask.kind == "color":
        return [number for number in mask.numbers if mask.colors[number] in VOIDS]
    return [number for number in mask.numbers if number == 255]
