"""From kept samples to the inputs of a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.engine import normalize
from cnncli.layers.base import Array

Images = NDArray[Any]  # uint8 (M, H, W, C) or float32 signals (M, L, C)
Normalize = Callable[[Images, NDArray[np.int64], Array], None]


def normalizer(scale: Sequence[float], shift: Sequence[float], threads: int = 1) -> Normalize:
    """Return what makes of images or signals and n indices the n inputs value*scale + shift."""
    factors, terms = np.array(scale, np.float32), np.array(shift, np.float32)

    def fill(images: Images, indices: NDArray[np.int64], out: Array) -> None:
        if images.dtype == np.uint8:
            normalize(images, indices, factors, terms, out, threads)
            return
        np.take(images, indices, axis=0, out=out, mode="clip")
        out *= factors
        out += terms

    return fill
