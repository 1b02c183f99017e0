"""Which levels of a mask stand for which classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnncli.data.image import Levels, decode_levels
from cnncli.data.samples import check_label
from cnncli.errors import DataError
from cnncli.value import Value

MOST = 64  # classes; more levels are those of a photograph, or of a mask saved as JPEG
NAMES = "classes.txt"


class MaskLevels(Value):
    """The level of each class in a mask, in ascending order, and how a mask looks."""

    levels: tuple[int, ...]
    names: tuple[str, ...]
    palette: bytes | None = None  # RGB of the levels; None: they are gray

    def indices(self, mask: Levels, where: str) -> NDArray[np.uint8]:
        """Return the class of each pixel, uint8 (H, W); raise DataError for unknown levels."""
        table = np.full(256, len(self.levels), np.int64)
        table[list(self.levels)] = np.arange(len(self.levels))
        found = table[mask.values]
        unknown = np.unique(mask.values[found == len(self.levels)]).tolist()
        if unknown:
            raise DataError(
                f"{where}: level {unknown[0]} is no class; the classes have the levels "
                f"{', '.join(map(str, self.levels))}; correct the mask",
                path=where,
            )
        return found.astype(np.uint8)

    def mask(self, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Return the levels, uint8 (H, W), of the classes of pixels."""
        found: NDArray[np.uint8] = np.array(self.levels, np.uint8)[indices]
        return found


def find_levels(folder: str, masks: Iterable[Levels]) -> MaskLevels:
    """Return the levels that occur in masks, named by classes.txt in the folder if there is one.

    Raises DataError where there are fewer than two or more than 64, or one has no name.
    """
    occurring, palette = np.zeros(256, bool), None
    for mask in masks:
        occurring[mask.values] = True
        palette = mask.palette if palette is None else palette
    levels = np.flatnonzero(occurring).tolist()
    if not levels:
        raise DataError(f"{folder}: no images with masks; add some", path=folder)
    if len(levels) > MOST:
        raise DataError(
            f"{folder}: the masks have {len(levels)} levels, each of which would be a class, and "
            f"{MOST} are allowed; save masks as PNG, because JPEG changes their levels",
            path=folder,
        )
    names = _named(folder, levels) or {level: str(level) for level in levels}
    if len(names) < 2:
        raise DataError(
            f"{folder}: the masks have only one level ({levels[0]}); training needs two or more",
            path=folder,
        )
    return MaskLevels(tuple(sorted(names)), tuple(names[one] for one in sorted(names)), palette)


def read_mask(path: str, size: tuple[int, int]) -> Levels:
    """Return a mask that has the size of its image; raise DataError."""
    mask = decode_levels(path)
    if mask.values.shape != size:
        found, wanted = ("x".join(map(str, one)) for one in (mask.values.shape, size))
        raise DataError(
            f"{path}: a mask of {found} for an image of {wanted}; give both the same size",
            path=path,
        )
    return mask


def _named(folder: str, levels: Sequence[int]) -> dict[int, str]:
    """Return the names of levels in classes.txt, one `LEVEL NAME` a line; none without the file."""
    path = Path(folder, NAMES)
    if not path.is_file():
        return {}
    names: dict[int, str] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as UTF-8 text", path=str(path)) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = re.fullmatch(r"\s*(\d{1,3})\s+(.*\S)\s*", line)
        if not found or int(found[1]) > 255 or int(found[1]) in names:
            raise DataError(
                f"{path}, line {number}: {ascii(line)[:60]} is not a new level from 0 to 255 and "
                "a name, such as '255 membrane'",
                path=str(path),
            )
        names[int(found[1])] = check_label(found[2], f"{path}, line {number}")
    missing = [level for level in levels if level not in names]
    if missing:
        raise DataError(
            f"{path}: level {missing[0]} occurs in the masks and has no name; add it",
            path=str(path),
        )
    return names
