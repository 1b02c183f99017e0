"""From the colors of a mask to the classes of its pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnncli.data.images.mask import Mask, is_gray, write_color
from cnncli.errors import DataError
from cnncli.samples import IGNORED, MaskLevels
from cnncli.wording import shorten

Classes = NDArray[np.int8]  # (H, W), -1 for pixels to be ignored


def check_size(mask: Mask, size: tuple[int, int], path: str) -> None:
    """Raise DataError for a mask that does not have the size of its image."""
    if mask.values.shape != size:
        actual, wanted = ("x".join(map(str, shape)) for shape in (mask.values.shape, size))
        raise DataError(
            f"{path}: a mask of {actual} for an image of {wanted}; give both the same size",
            path=path,
        )


def find_classes(mask: Mask, levels: MaskLevels, path: str) -> Classes:
    """Return the class of each pixel by its color.

    Of two classes of the same color, a pixel has the one whose level it is. Raises DataError for a
    color that is no class.
    """
    known = (*levels.levels, *levels.ignored)
    colors = [levels.find_color(level) for level in known]
    table = np.zeros(256, np.int8)
    for number in mask.numbers:
        color = int(mask.colors[number])
        places = [place for place, other in enumerate(colors) if other == color]
        if not places:
            raise _word_strange_color(path, color, colors)
        place = next((place for place in places if known[place] == number), places[0])
        table[number] = place if place < len(levels.levels) else IGNORED
    return table[mask.values]


def _word_strange_color(path: str, color: int, known: Sequence[int]) -> DataError:
    """Return the error for a color that is none of the known ones."""
    gray = all(map(is_gray, [color, *known]))
    word, plural = ("level", "levels") if gray else ("color", "colors")
    strange, *others = [str(one & 255) if gray else write_color(one) for one in (color, *known)]
    return DataError(
        f"{path}: {word} {strange} is no class; the classes have the {plural} {shorten(others)}; "
        "correct the mask",
        path=path,
    )
