"""Which colors occur in masks, and by what people name them.

- gray: masks without color; a class is named by its gray level.
- index: palettes that agree; a class is named by its index.
- color: palettes that differ, or RGB; a class is named by its color, #rrggbb.

Where a class is named by a number, this is called its level.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property

from cnncli.data.images.mask import Colors, Mask, is_gray, write_color
from cnncli.data.maps.borders import SHARE, find_meetings
from cnncli.errors import DataError, setting
from cnncli.wording import shorten

GLANCES = 16  # masks in which the place of a class is looked at
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
        self._along: dict[tuple[int, int], list[float]] = {}  # shares along borders, by number

    def add(self, path: str, mask: Mask) -> None:
        """Take note of a mask."""
        self._kinds.add(mask.kind)
        self._tables.setdefault(mask.colors.tobytes(), mask.colors)
        for number in mask.numbers:
            color = int(mask.colors[number])
            self._pairs.add((number, color))
            if mask.kind == "gray":
                self._grays.setdefault(color, path)
            else:
                self._colors.add(color)
            if color in VOIDS if mask.kind == "color" else number == 255:
                shares = self._along.setdefault((number, color), [])
                if len(shares) < GLANCES:
                    shares.append(float(find_meetings(mask.values, number).mean()))

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
        """Yield what there is to say: palettes that differ, classes that may mean undecided."""
        if self.scheme == "color" and "index" in self._kinds:
            yield (
                f"{self.folder}: the palettes of the masks differ; pixels of the same color are of "
                "the same class"
            )
        for pair, shares in sorted(self._along.items()):
            key = self._find_key(*pair)
            if key not in ignored and sum(shares) >= SHARE * len(shares):
                yield (
                    f"{self.folder}: class {self.write(key)} lies only along the borders of "
                    f"others; if it means undecided, give {setting('ignored')} {self.write(key)}"
                )

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
