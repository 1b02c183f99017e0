"""Turn masks with their images, which a camera may store on their side and say so by Exif.

A mask without Exif was drawn on its image either upright or as it is stored. Its size tells which,
except where the image is square or upside down; there the other masks of the set tell. Where none
does, a mask is taken to lie as its image is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cnncli.data.images.mask import Mask, turn_values
from cnncli.data.images.modes import SIDEWAYS
from cnncli.errors import DataError
from cnncli.value import Value

STORED, UPRIGHT, EITHER, SETTLED = "stored", "upright", "either", "settled"


class Placed(Value):
    """A mask, and what its image says of itself."""

    path: str
    mask: Mask
    orientation: int  # of the image by Exif, 1 to 8
    size: tuple[int, int]  # of the image once upright

    @property
    def fit(self) -> str:
        """How the mask fits its image: as it is stored, upright, or either way."""
        if self.orientation == 1 or self.mask.orientation != 1:
            return SETTLED
        sizes = {
            STORED: self.size[::-1] if self.orientation in SIDEWAYS else self.size,
            UPRIGHT: self.size,
        }
        fits = [name for name, size in sizes.items() if self.mask.values.shape == size]
        return EITHER if len(fits) == 2 else "".join(fits) or SETTLED

    def turn(self) -> Mask:
        """Return the mask upright, turned as its image is."""
        return replace(self.mask, values=turn_values(self.mask.values, self.orientation))


def turn_masks(masks: Sequence[Placed]) -> tuple[list[Mask], int]:
    """Return the masks as upright as their images, and how many have been turned.

    Raises DataError for a mask that fits either way where others of the set fit in both.
    """
    fits = [placed.fit for placed in masks]
    for placed, fit in zip(masks, fits, strict=True):
        if fit == EITHER and {STORED, UPRIGHT} <= set(fits):
            raise DataError(
                f"{placed.path}: its image is turned by Exif, and other masks of this set are "
                "turned as well, others are not; save the images upright, without Exif",
                path=placed.path,
            )
    turned = {STORED} if UPRIGHT in fits else {STORED, EITHER}
    return [
        placed.turn() if fit in turned else placed.mask
        for placed, fit in zip(masks, fits, strict=True)
    ], sum(fit in turned for fit in fits)
