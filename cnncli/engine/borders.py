"""What lies beyond the borders of an image or signal: its own pixels, in reverse order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def reflect_indices(start: int, count: int, length: int) -> NDArray[np.int64]:
    """Return where to find `count` pixels from `start` on, beyond the ends in reverse order.

    >>> reflect_indices(-2, 8, 4).tolist()
    [2, 1, 0, 1, 2, 3, 2, 1]
    """
    places = np.arange(start, start + count)
    if length == 1:
        return np.zeros_like(places)
    last = length - 1
    return last - np.abs(places % (2 * last) - last)
