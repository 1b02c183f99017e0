"""Arrays as the kernels take them: flat, and pixels that may lie apart in memory."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Array = NDArray[np.float32]
Wide = NDArray[np.float64]

NOTHING: Array = np.empty(0, np.float32)


def flat(array: Array | None) -> Array:
    """Return an array as the kernels take it: flat, and empty where there is none.

    Pixels that are channels of wider ones stay where they are, with the others' between them.
    """
    if array is None:
        return NOTHING
    if array.flags.c_contiguous:
        return array.reshape(-1)
    pixels = math.prod(array.shape[:-1])
    return as_strided(array, ((pixels - 1) * step_of(array) + array.shape[-1],), (array.itemsize,))


def step_of(array: Array) -> int:
    """Return the floats from a pixel of an array to the next."""
    return array.strides[-2] // array.itemsize


def begin_together(first: Array, second: Array) -> bool:
    """Say whether two arrays begin at the same place in memory."""
    return first.ctypes.data == second.ctypes.data
