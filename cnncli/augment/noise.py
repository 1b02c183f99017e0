"""Images with noise, or out of focus."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnncli.augment.base import Array, ImageStep
from cnncli.augment.draws import Draws
from cnncli.kernels import elementwise
from cnncli.settings import SHARE, between, setting

REACH = 3  # standard deviations: what lies farther away is left out of a blur


class Noise(ImageStep, name="noise"):
    """Noise of this standard deviation on every value, in levels from 0 to 255."""

    deviation: float = setting(between(0, 255))

    examples = ("noise(8)",)
    still = "noise(0)"

    def change(self, draws: Draws, inputs: Array, scale: Array) -> None:
        add_noise(draws, inputs, self.deviation * scale)


class Blur(ImageStep, name="blur"):
    """Out of focus, by a Gaussian of a deviation up to so many pixels, in a share of the images."""

    deviation: float = setting(between(0, 20))
    share: float = setting(SHARE, 0.5)

    examples = ("blur(1.5)", "blur(2, 1)")
    still = "blur(0, 1)"

    def change(self, draws: Draws, inputs: Array, scale: Array) -> None:
        rows = np.flatnonzero(draws.chance(self.share, "whether"))
        if len(rows):
            deviations = draws.take(rows).uniform(0, self.deviation, "how much")
            inputs[rows] = blur(inputs[rows], deviations, self.deviation)


def add_noise(draws: Draws, inputs: Array, deviations: Array) -> None:
    """Add noise to inputs (n, …, C), of a standard deviation per channel (C,).

    It is nearly normal: the sum of eight even numbers, no more than 4.9 deviations from 0.
    """
    n, channels = len(inputs), inputs.shape[-1]
    pixels = inputs[0].size // channels
    starts, flat = draws.words("noise"), inputs.reshape(-1)
    elementwise.add_noise(n, pixels, channels, starts, deviations.astype(np.float32), flat, 1)


def blur(images: Array, deviations: NDArray[np.float64], most: float) -> Array:
    """Return images (n, H, W, C) blurred by a Gaussian, its deviations (n,) `most` or less pixels.

    Beyond the borders the pixels there go on.
    """
    weights = _weigh_neighbors(deviations, REACH * most)
    return _average(_average(images, weights, 1), weights, 2)


def _weigh_neighbors(deviations: NDArray[np.float64], reach: float) -> Array:
    """Return the weights of the pixels -r to r under a Gaussian (n, 2 r + 1); their sum is 1."""
    radius = int(np.ceil(reach))
    distances = np.arange(-radius, radius + 1) / np.maximum(deviations, 1e-6)[:, None]
    weights = np.exp(-(distances**2) / 2)
    shares: Array = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def _average(images: Array, weights: Array, axis: int) -> Array:
    """Return the weighted means of each pixel and its neighbors along an axis of (n, H, W, C)."""
    length, radius = images.shape[axis], weights.shape[1] // 2
    padding = [(radius, radius) if i == axis else (0, 0) for i in range(4)]
    windows = np.moveaxis(np.pad(images, padding, mode="edge"), axis, 0)
    means = np.zeros_like(images)
    for offset in range(weights.shape[1]):
        window = np.moveaxis(windows[offset : offset + length], 0, axis)
        means += weights[:, offset, None, None, None] * window
    return means
