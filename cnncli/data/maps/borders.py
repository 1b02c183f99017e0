"""Where pixels lie among those of other numbers: those that mean "undecided", smoothed edges.

Pascal VOC draws a border of 5 pixels around each object in the level 255, or the color of that
index in its palette, and counts it neither in training nor in evaluation (Everingham et al. 2010,
doi:10.1007/s11263-009-0275-4).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REACH = 4  # rows or columns in which two other classes are met
SHARE = 0.9  # of the pixels that do, where all are said to lie along borders


def find_meetings(values: NDArray[np.uint8], number: int) -> NDArray[np.bool_]:
    """Return for each pixel of this number whether two others occur within 4 rows and columns."""
    inside = values == number
    highest = _spread(np.where(inside, -1, values.astype(np.int16)))
    lowest = -_spread(np.where(inside, -256, -values.astype(np.int16)))
    meets: NDArray[np.bool_] = (highest > lowest)[inside]
    return meets


def find_inner(values: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return for each pixel whether all eight around it have its number; False at the border."""
    inner = np.zeros(values.shape, bool)
    height, width = values.shape
    middle = values[1:-1, 1:-1]
    same = np.ones(middle.shape, bool)
    for top in range(3):
        for left in range(3):
            same &= values[top : height - 2 + top, left : width - 2 + left] == middle
    inner[1:-1, 1:-1] = same
    return inner


def _spread(values: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the largest number within reach of each pixel."""
    for axis in (0, 1):
        largest = values.copy()
        for step in range(1, min(REACH, values.shape[axis] - 1) + 1):
            for target, source in ((largest, values), (largest[::-1, ::-1], values[::-1, ::-1])):
                near = np.moveaxis(target, axis, 0)[:-step]
                np.maximum(near, np.moveaxis(source, axis, 0)[step:], out=near)
        values = largest
    return values
