"""Which masks have to be turned with their images, which say by Exif that they lie on their side.

A mask without Exif was drawn on its image either upright or as it is stored. Its size tells which,
except where the image is square or upside down; there the other masks of the set tell. Where none
does, a mask is taken to lie as its image is stored.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from cnncli.data.images.file import STACKS, measure, measure_turn, split_page
from cnncli.data.images.modes import SIDEWAYS
from cnncli.data.unreadable import FileError
from cnncli.errors import DataError

STORED, UPRIGHT, EITHER, SETTLED = "stored", "upright", "either", "settled"


def find_turns(images: Sequence[str], masks: Sequence[str]) -> tuple[int, ...]:
    """Return the Exif orientation that is to be undone of each mask, 1 for most.

    Raises DataError for a mask that fits either way, where others of the set fit in both ways.
    """
    orientations = [_read_orientation(image) for image in images]
    fits = [
        SETTLED if orientation == 1 else _find_fit(image, mask, orientation)
        for image, mask, orientation in zip(images, masks, orientations, strict=True)
    ]
    if EITHER in fits and {STORED, UPRIGHT} <= set(fits):
        path = masks[fits.index(EITHER)]
        raise DataError(
            f"{path}: its image is turned by Exif, and other masks of this set are turned as well, "
            "others are not; save the images upright, without Exif",
            path=path,
        )
    turned = {STORED} if UPRIGHT in fits else {STORED, EITHER}
    return tuple(
        orientation if fit in turned else 1
        for orientation, fit in zip(orientations, fits, strict=True)
    )


def _read_orientation(path: str) -> int:
    """Return the Exif orientation of an image; 1 where it cannot be read, as is said later."""
    if os.path.splitext(split_page(path)[0])[1].lower() in STACKS:  # noqa: PTH122
        return 1  # which decoders turn by themselves
    try:
        return measure_turn(path)
    except FileError:
        return 1


def _find_fit(image: str, mask: str, orientation: int) -> str:
    """Return how a mask fits its image: as it is stored, upright, either way."""
    try:
        size, own = measure(image)[:2], measure(mask)[:2]
    except FileError:
        return SETTLED
    if _read_orientation(mask) != 1:
        return SETTLED
    sizes = {STORED: size[::-1] if orientation in SIDEWAYS else size, UPRIGHT: size}
    fits = [name for name, fitting in sizes.items() if own == fitting]
    return EITHER if len(fits) == 2 else "".join(fits) or SETTLED
