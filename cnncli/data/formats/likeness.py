"""Whether images are masks, by a glance at a few of them: few levels where others have many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnncli.data.images.file import Pixels, decode
from cnncli.data.unreadable import FileError

GLANCES = 4  # pairs that are looked at
FEW = 16  # levels of a mask


def are_masks(pairs: Sequence[tuple[str, str]]) -> bool:
    """Say whether the second of each pair of files looks like a mask of the first."""
    step = max(len(pairs) // GLANCES, 1)
    glances = [_is_mask_of(*pair) for pair in pairs[::step][:GLANCES]]
    return bool(glances) and all(glances)


def _is_mask_of(image: str, mask: str) -> bool:
    try:
        pixels, levels = decode(image).pixels, decode(mask).pixels
    except FileError:
        return False
    if pixels.shape[:2] != levels.shape[:2]:
        return False
    few = _count_levels(levels)
    return few <= FEW < levels.size // levels.shape[2] and few * 2 < _count_levels(pixels)


def _count_levels(pixels: Pixels) -> int:
    """Return how many colors an image has."""
    colors = pixels.reshape(-1, pixels.shape[2]).astype(np.int64) @ (
        1 << 8 * np.arange(pixels.shape[2])
    )
    return len(np.unique(colors))
