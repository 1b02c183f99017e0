"""Images turned, enlarged and moved a little, and gradients carried back through that."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cnncli.inspection.figures import Array


class Warp:
    """Where each pixel of a warped image (H, W) comes from: up to four pixels, with shares.

    Turned by `angle` (radians) and enlarged by `factor` around the middle, then moved by `shift`
    (rows, columns). Between pixels it is bilinear; what lies beyond the border is as the border.
    """

    def __init__(
        self, size: tuple[int, int], angle: float, factor: float, shift: tuple[int, int]
    ) -> None:
        self.size = size
        places = np.indices(size, np.float64)
        for axis in (0, 1):
            places[axis] -= (size[axis] - 1) / 2 + shift[axis]
        across, down = math.cos(angle) / factor, math.sin(angle) / factor
        turned = across * places[0] + down * places[1], across * places[1] - down * places[0]
        corners = [_surround(turned[axis], size[axis]) for axis in (0, 1)]
        pairs = [(row, column) for row in corners[0] for column in corners[1]]
        self.sources: NDArray[np.int64] = np.stack(
            [(row[0] * size[1] + column[0]).ravel() for row, column in pairs]
        )
        self.shares: Array = np.stack([(row[1] * column[1]).ravel() for row, column in pairs])

    def apply(self, images: Array) -> Array:
        """Return images (n, H, W, C), warped."""
        pixels = images.reshape(len(images), -1, images.shape[-1])
        warped: Array = np.zeros_like(pixels)
        for source, share in zip(self.sources, self.shares, strict=True):
            warped += share[:, None] * pixels[:, source]
        return warped.reshape(images.shape)

    def carry_back(self, gradients: Array) -> Array:
        """Return the gradients of images from those of what `apply` made of them (n, H, W, C)."""
        pixels = gradients.reshape(-1, self.size[0] * self.size[1], gradients.shape[-1])
        flat = self.sources.ravel()
        carried = np.empty(pixels.shape, np.float32)
        for row in range(len(pixels)):
            for channel in range(pixels.shape[2]):
                weights = (self.shares * pixels[row, :, channel]).ravel()
                carried[row, :, channel] = np.bincount(flat, weights, pixels.shape[1])
        return carried.reshape(gradients.shape)


def _surround(places: Array, side: int) -> list[tuple[NDArray[np.int64], Array]]:
    """Return for places, from the middle, the pixel before and the one behind, with shares."""
    inside = np.clip(places + (side - 1) / 2, 0, side - 1)
    first = np.floor(inside).astype(np.int64)
    behind = (inside - first).astype(np.float32)
    return [(first, 1 - behind), (np.minimum(first + 1, side - 1), behind)]
