"""What can be said of a filter or a feature map in a few numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Figures = dict[str, NDArray[Any]]  # by name, a number or several for each filter or map


def measure_values(values: Array) -> Figures:
    """Return norm (Euclidean), mean, min and max of each of the values (n, ...)."""
    rows = values.reshape(len(values), -1)
    wide = rows.astype(np.float64)
    return {
        "norm": np.sqrt(np.square(wide).sum(axis=1)).astype(np.float32),
        "mean": wide.mean(axis=1).astype(np.float32),
        "min": rows.min(axis=1),
        "max": rows.max(axis=1),
    }


def share_of_zeros(values: Array) -> Array:
    """Return the share of zeros in each of the values (n, ...)."""
    shares: Array = np.mean(values.reshape(len(values), -1) == 0, axis=1, dtype=np.float32)
    return shares


def are_dead(values: Array) -> NDArray[np.bool_]:
    """Return for each of the values (n, ...) whether it is zero all over."""
    alive: NDArray[np.bool_] = np.any(values.reshape(len(values), -1) != 0, axis=1)
    return ~alive


def find_peaks(maps: Array) -> NDArray[np.int64]:
    """Return row and column (n, 2) of the largest value of each map (n, H, W), the first of equals.

    The first NaN, where there are any.
    """
    count, height, width = maps.shape
    places = maps.reshape(count, height * width).argmax(axis=1)
    return np.stack(np.divmod(places, width), axis=1)


def measure_map(values: Array) -> dict[str, float]:
    """Return min, max and sum of a map (H, W), and row and column of its center of mass.

    Values below zero weigh as much as those above. A map of zeros has its center in the middle.
    """
    weights = np.abs(values.astype(np.float64))
    total = weights.sum()
    weights = weights / total if total else np.full(values.shape, 1 / values.size)
    rows, columns = (np.arange(length) for length in values.shape)
    return {
        "min": float(values.min()),
        "max": float(values.max()),
        "sum": float(values.sum(dtype=np.float64)),
        "row": float(rows @ weights.sum(axis=1)),
        "column": float(weights.sum(axis=0) @ columns),
    }


def measure_likeness(before: Array, after: Array) -> float:
    """Return the cosine of the angle between two arrays: 1 where one is the other, enlarged.

    Two arrays of zeros are alike; an array of zeros has nothing of any other.
    """
    pair = before.astype(np.float64), after.astype(np.float64)
    sizes = [math.sqrt(np.square(values).sum()) for values in pair]
    if not all(sizes):
        return float(sizes[0] == sizes[1])
    return float((pair[0] * pair[1]).sum() / (sizes[0] * sizes[1]))


def measure_movement(before: Array, after: Array, most: int) -> float:
    """Return how many columns maps (H, W, C) have moved to the right, by `most` to either side.

    The maps agree best when moved so far, in the mean square over the columns that both have, at
    least half of them. Between whole columns it is the lowest point of the parabola through the
    three best (Tian & Huhns 1986, Algorithms for subpixel registration). NaN for a single column.
    """
    width = before.shape[1]
    most = min(most, width // 2)
    if not most:
        return math.nan
    errors = {
        shift: float(
            np.square(
                after[:, max(shift, 0) : width + min(shift, 0)].astype(np.float64)
                - before[:, max(-shift, 0) : width - max(shift, 0)]
            ).mean()
        )
        for shift in sorted(range(-most, most + 1), key=abs)
    }
    best = min(errors, key=errors.__getitem__)  # of equals the nearest
    left, here, right = (errors.get(best + step, math.nan) for step in (-1, 0, 1))
    curvature = left - 2 * here + right
    return best + 0.5 * (left - right) / curvature if curvature > 0 else float(best)
