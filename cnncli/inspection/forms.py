"""The forms that a filter may have, drawn on its window to compare it with: edges, lines, blobs.

They are drawn at many angles, places and widths, so that one that fits is found by a product.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ANGLES = np.arange(0, 180, 7.5)  # so that the nearest is less than 4 degrees away
PLACES = 9  # from one side of a window to the other, at most: half pixels in 7x7
SMALL = 12  # pixels along a window; in a larger one a form hardly changes within a pixel

Points = NDArray[np.float64]


class Forms(NamedTuple):
    """n forms on a window of R rows and S columns, each of mean 0 and length 1."""

    kinds: list[str]  # edge, line or blob
    angles: Points  # (n,) degrees counterclockwise from the horizontal; of a blob NaN
    patterns: Points  # (n, R*S), light on a line or blob, and above an edge, left of a vertical one


def draw_forms(rows: int, columns: int) -> Forms:
    """Return the forms for a window; on a single row there are vertical edges, and blobs.

    Across a form the brightness is a smooth step (edge), a Gaussian curve (line, blob), or its
    first (edge) or negative second derivative (a line or blob between darker ones): the profiles
    of J. Koenderink and A. van Doorn 1987, doi:10.1007/BF00318371.
    """
    side = columns if rows == 1 else min(rows, columns)
    reach = (side - 3) / 2  # of the middles of forms, which keep a pixel off the border
    places = np.linspace(-reach, reach, min(int(4 * reach) + 1, PLACES))
    points = 3 if side < SMALL else 1  # along each side of a pixel, which is the mean over them
    y, x = -_list_points(rows, points)[:, None], _list_points(columns, points)
    angles = np.array([90.0]) if rows == 1 else ANGLES
    radians = np.deg2rad(angles)[:, None, None, None]
    from_lines = y * np.cos(radians) - x * np.sin(radians) - places[:, None, None]
    along_lines = x * np.cos(radians) + y * np.sin(radians)
    ends = np.exp(-((along_lines / (side / 3)) ** 2) / 2)  # an edge that fades toward its ends
    from_spots = np.hypot(y - places[:, None, None, None], x - places[:, None, None])
    at_angles, at_none = np.repeat(angles, len(places)), np.full(len(places) ** 2, np.nan)
    drawn: list[tuple[str, Points, Points]] = []  # kind, angles and brightness of forms
    for width in max(side / 14, 0.5) * np.array([1, 2]):  # half a pixel in windows of up to 7
        t, line = from_lines / width, "line" if rows > 1 else "blob"
        curve = np.exp(-(t**2) / 2)
        drawn += [("edge", at_angles, np.tanh(t)), ("edge", at_angles, t * curve * ends)]
        drawn += [(line, at_angles, curve), (line, at_angles, (1 - t**2) * curve)]
        if rows > 1:
            t = from_spots / width
            curve = np.exp(-(t**2) / 2)
            drawn += [("blob", at_none, curve), ("blob", at_none, (1 - t**2 / 2) * curve)]
    patterns = np.concatenate([_average(values, rows, columns, points) for *_, values in drawn])
    patterns -= patterns.mean(axis=1, keepdims=True)
    patterns /= np.linalg.norm(patterns, axis=1, keepdims=True)
    return Forms(
        [kind for kind, angles, _ in drawn for _ in angles],
        np.concatenate([angles for _, angles, _ in drawn]),
        patterns,
    )


def _list_points(length: int, points: int) -> Points:
    """Return the places of evenly spaced points over a row of pixels, whose middle is 0."""
    return (np.arange(length * points, dtype=np.float64) + 0.5) / points - length / 2


def _average(values: Points, rows: int, columns: int, points: int) -> Points:
    """Return values at points (..., R*points, S*points) as means over pixels (n, R*S)."""
    pixels = values.reshape(-1, rows, points, columns, points)
    means: Points = pixels.mean(axis=(2, 4)).reshape(-1, rows * columns)
    return means
