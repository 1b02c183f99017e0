"""Where pixels lie among those of other numbers: those that mean "undecided", smoothed edges.

Pascal VOC draws a border of 5 pixels around each object in the level 255, or the color of that
index in its palette, and counts it neither in training nor in evaluation (Everingham et al. 2010,
doi:10.1007/s11263-009-0275-4).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REACH = 8  # pixels to the next of another class, with room for wider borders
LINES = ((1, 0), (0, 1), (1, 1), (1, -1))  # steps in rows and columns
SHARE = 0.8  # of the pixels that do; the rest may be objects that nobody could name


def find_meetings(values: NDArray[np.uint8], number: int) -> NDArray[np.bool_]:
    """Return for each pixel of this number whether it lies between two others.

    These are the next ones on both sides of it, along one of four lines, within 8 pixels.
    """
    inside = values == number
    others = np.where(inside, -1, values.astype(np.int16))
    meets = np.zeros(values.shape, bool)
    for rows, columns in LINES:
        before, after = _carry(others, rows, columns), _carry(others, -rows, -columns)
        meets |= (before != after) & (before >= 0) & (after >= 0)
    found: NDArray[np.bool_] = meets[inside]
    return found


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


def _carry(values: NDArray[np.int16], rows: int, columns: int) -> NDArray[np.int16]:
    """Return for each pixel the next value from 0 on that a step away leads to, within reach."""
    carried = values.copy()
    target, source = _shift(carried, rows, columns), _shift(carried, -rows, -columns)
    for _ in range(REACH):
        np.copyto(target, source.copy(), where=target < 0)
    return carried


def _shift(values: NDArray[np.int16], rows: int, columns: int) -> NDArray[np.int16]:
    """Return the part of an array that is left when it is moved by one step over its own place."""
    height, width = values.shape
    return values[max(rows, 0) : height + min(rows, 0), max(columns, 0) : width + min(columns, 0)]
