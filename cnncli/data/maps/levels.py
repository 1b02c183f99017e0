"""Find which levels of masks stand for which classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from cnncli.data.images.file import Levels, decode_levels
from cnncli.errors import DataError
from cnncli.samples import MaskedSamples, MaskLevels, check_label
from cnncli.text import TextError, read_text, split_lines

MOST = 64  # classes; more levels are those of a photograph, or of a mask saved as JPEG
NAMES = "classes.txt"


def with_levels(samples: MaskedSamples) -> MaskedSamples:
    """Return the samples with the levels of their masks; raise DataError as `find_levels` does."""
    levels = find_levels(samples.folder, map(decode_levels, samples.masks))
    return MaskedSamples(**{**vars(samples), "levels": levels})


def find_levels(folder: str, masks: Iterable[Levels]) -> MaskLevels:
    """Return the levels that occur in masks, named by classes.txt in the folder if it is there.

    Raises DataError where there are fewer than two or more than 64, or a level has no name.
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
    names = _read_names(folder, levels) or {level: str(level) for level in levels}
    if len(names) < 2:
        raise DataError(
            f"{folder}: the masks have only one level ({levels[0]}); training needs two or more",
            path=folder,
        )
    return MaskLevels(tuple(sorted(names)), tuple(names[level] for level in sorted(names)), palette)


def read_mask(path: str, size: tuple[int, int]) -> Levels:
    """Return a mask that has the size of its image; raise DataError."""
    mask = decode_levels(path)
    if mask.values.shape != size:
        actual, wanted = ("x".join(map(str, shape)) for shape in (mask.values.shape, size))
        raise DataError(
            f"{path}: a mask of {actual} for an image of {wanted}; give both the same size",
            path=path,
        )
    return mask


def _read_names(folder: str, levels: Sequence[int]) -> dict[int, str]:
    """Return the names of levels in classes.txt, lines of `LEVEL NAME`; none without the file."""
    path = Path(folder, NAMES)
    if not path.is_file():
        return {}
    names: dict[int, str] = {}
    try:
        lines = split_lines(read_text(str(path)))
    except (OSError, TextError) as error:
        reason = error if isinstance(error, TextError) else "cannot be read"
        raise DataError(f"{path}: {reason}", path=str(path)) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        match = re.fullmatch(r"\s*(\d{1,3})\s+(.*\S)\s*", line)
        if not match or int(match[1]) > 255 or int(match[1]) in names:
            raise DataError(
                f"{path}, line {number}: {ascii(line)[:60]} is not a new level from 0 to 255 and "
                "a name, such as '255 membrane'",
                path=str(path),
            )
        names[int(match[1])] = check_label(match[2], f"{path}, line {number}")
    missing = [level for level in levels if level not in names]
    if missing:
        raise DataError(
            f"{path}: level {missing[0]} occurs in the masks and has no name; add it",
            path=str(path),
        )
    return names
