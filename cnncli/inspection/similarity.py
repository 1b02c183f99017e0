"""How alike the filters of a layer are, by the angle between them; K is their number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnncli.inspection.figures import Array


def compare_filters(filters: Array) -> Array:
    """Return the cosine of the angle between any two filters (K, ...), (K, K); of zeros 0."""
    rows = filters.reshape(len(filters), -1)
    norms = measure_norms(filters).astype(np.float32)[:, None]
    units = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    cosines: Array = units @ units.T
    return cosines


def measure_norms(filters: Array) -> NDArray[np.float64]:
    """Return the Euclidean norm of each filter (K,), without a copy of all of them."""
    rows = filters.reshape(len(filters), -1)
    norms: NDArray[np.float64] = np.sqrt(np.einsum("ki,ki->k", rows, rows, dtype=np.float64))
    return norms


def find_largest(cosines: Array) -> Array:
    """Return for each filter its cosine with the one most like it (K,); 0 for the only one."""
    others = cosines.copy()
    np.fill_diagonal(others, -1 if len(cosines) > 1 else 0)
    largest: Array = others.max(axis=1)
    return largest


def sort_by_similarity(cosines: Array, filters: Sequence[int]) -> list[int]:
    """Return filters in another order: behind each the one most like it of those that are left.

    The first one stays the first.
    """
    order, left = list(filters[:1]), list(filters[1:])
    while left:
        nearest = max(left, key=cosines[order[-1]].__getitem__)
        order.append(nearest)
        left.remove(nearest)
    return order
