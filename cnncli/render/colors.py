"""Numbers to colors: signed ones around a pale zero, others as heat."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cnncli.value import Value

Numbers = NDArray[np.floating[Any]]
Pixels = NDArray[np.uint8]  # (..., 3): red, green, blue

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601: how light red, green and blue are
NOT_A_NUMBER = (0, 190, 190)  # on no scale, so that a NaN cannot pass for a value

# Colors that people with any color vision tell apart: Okabe & Ito 2008, jfly.uni-koeln.de/color.
DISTINCT = (
    (0, 114, 178), (230, 159, 0), (0, 158, 115), (213, 94, 0), (86, 180, 233), (204, 121, 167),
    (240, 228, 66),
)  # fmt: skip

PALETTES = {
    # Every 16th color of "vik": blue below zero, pale at it, red above, evenly darker to both sides
    # and told apart by people with any color vision. F. Crameri, Scientific colour maps,
    # https://doi.org/10.5281/zenodo.1243862 (MIT), and Crameri et al. 2020, Nat. Commun. 11, 5444.
    "signed": (
        *((0, 18, 97), (2, 43, 113), (3, 68, 129), (12, 94, 146), (47, 124, 166), (96, 157, 188)),
        *((146, 189, 210), (197, 219, 229), (236, 229, 225), (233, 203, 185), (220, 171, 143)),
        *((207, 142, 104), (195, 114, 67), (179, 83, 31), (147, 46, 6), (116, 21, 6), (89, 0, 8)),
    ),
    "gray": ((1, 1, 1), (128, 128, 128), (255, 255, 255)),
    # Every 17th color of "inferno", evenly lighter to the eye: S. van der Walt and N. Smith,
    # https://bids.github.io/colormap (CC0).
    "heat": (
        *((0, 0, 4), (12, 8, 38), (36, 12, 79), (66, 10, 104), (93, 18, 110), (120, 28, 109)),
        *((147, 38, 103), (174, 48, 92), (199, 62, 76), (221, 81, 58), (237, 105, 37)),
        *((248, 133, 15), (252, 165, 10), (250, 198, 45), (242, 230, 97), (252, 255, 164)),
    ),
}


class Scale(Value):
    """The numbers from low to high and their colors; a number beyond an end gets its color."""

    low: float
    high: float
    palette: Literal["signed", "gray", "heat"]

    def paint(self, values: Numbers) -> Pixels:
        """Return the colors (..., 3) of the numbers (...)."""
        return self._look_up(np.stack([values] * 3, axis=-1))

    def paint_rgb(self, values: Numbers) -> Pixels:
        """Return numbers (..., 3) as red, green and blue, all three on this scale."""
        return self._look_up(values)

    def _look_up(self, values: Numbers) -> Pixels:
        numbers = np.nan_to_num(values.astype(np.float64), nan=self.low)
        shares = np.clip((numbers - self.low) / (self.high - self.low), 0, 1)
        table = np.array(PALETTES[self.palette], dtype=np.float64)
        places = shares * (len(table) - 1)
        channels = [
            np.interp(places[..., channel], np.arange(len(table)), table[:, channel])
            for channel in range(3)
        ]
        colors = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
        colors[np.isnan(values).any(axis=-1)] = NOT_A_NUMBER
        return colors


def make_signed_scale(values: Numbers, palette: Literal["signed", "gray"] = "signed") -> Scale:
    """Return a scale with zero in its middle and the size of the largest value at both ends.

    "gray" grows lighter from end to end: for red, green and blue, and where there is no color.
    """
    bound = float(np.abs(_keep_finite(values)).max(initial=0)) or 1.0
    return Scale(-bound, bound, palette)


def make_heat_scale(values: Numbers) -> Scale:
    """Return a scale from the smallest to the largest value, or zero where that lies beyond."""
    finite = _keep_finite(values)
    low, high = float(finite.min(initial=0)), float(finite.max(initial=0))
    return Scale(low, high if high > low else low + 1, "heat")


def show_bands(pixels: NDArray[np.uint8]) -> Pixels:
    """Return an image (H, W, C) as red, green and blue; of bands without a color the mean."""
    if pixels.shape[2] not in (1, 3):
        pixels = np.rint(pixels.mean(axis=2, keepdims=True)).astype(np.uint8)
    return np.broadcast_to(pixels, (*pixels.shape[:2], 3))


def pick_distinct(index: int) -> tuple[int, ...]:
    """Return a distinct color; those behind the first seven are darker."""
    turn, place = divmod(index, len(DISTINCT))
    return tuple(round(channel * 0.75**turn) for channel in DISTINCT[place])


def _keep_finite(values: Numbers) -> Numbers:
    return values[np.isfinite(values)]
