"""Images and masks seen through matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.augment.base import Array, Matrices
from cnncli.kernels import sample


def to_source(moves: Matrices, size: tuple[int, int], middle: NDArray[np.float64]) -> Matrices:
    """Return matrices from the pixels of an image of this size (H, W) to those of its source.

    `moves` (n, 3, 3) are between places relative to the centers; `middle` (x, y) is where the
    center of the image lies in the source.
    """
    before, after = np.eye(3), np.eye(3)
    before[:2, 2] = -(size[1] - 1) / 2, -(size[0] - 1) / 2
    after[:2, 2] = middle
    matrices: Matrices = after @ moves @ before
    return matrices


def sample_images(
    images: NDArray[np.uint8],
    indices: NDArray[np.int64],
    matrices: Matrices,
    border: int,
    colors: Array,
    scale: tuple[float, ...],
    shift: tuple[float, ...],
    out: Array,
    threads: int = 1,
) -> None:
    """Write images[indices], each through its matrix and its colors, normalized, into out.

    `images` is (M, h, w, C), `matrices` (n, 3, 3), `colors` (n, C, C + 1), or empty where they stay
    as they are; `scale` and `shift` (C,) normalize, `out` is (n, H, W, C).
    """
    n, height, width, channels = out.shape
    flat: Any = images.reshape(-1)
    sample.sample_images(
        n,
        height,
        width,
        channels,
        *images.shape[1:3],
        indices,
        flat,
        matrices.reshape(-1),
        border,
        colors.reshape(-1),
        np.array(scale, np.float32),
        np.array(shift, np.float32),
        out.reshape(-1),
        threads,
    )


def sample_classes(
    classes: NDArray[np.int8], matrix: Matrices, border: int, out: NDArray[np.int32]
) -> None:
    """Write the classes of pixels (h, w), the nearest through a matrix (3, 3), into out (H, W)."""
    sample.sample_classes(
        *out.shape, *classes.shape, classes.reshape(-1), matrix.reshape(-1), border, out.reshape(-1)
    )
