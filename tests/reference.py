"""Slow, obvious twins of the kernels other than the convolutions, in float64.

Legend: N images, H W rows and columns, C channels, P Q output, R S window; x input, y output,
dx dy gradients. Images are NHWC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import erf, exp, pi, sqrt

import numpy as np

# --- pools: windows may reach past every border, P and Q say how far ---


@dataclass(frozen=True)
class Windows:
    """Where the windows stand; pairs are (rows, columns)."""

    input: tuple[int, int]
    output: tuple[int, int]
    size: tuple[int, int]
    stride: tuple[int, int]
    pad: tuple[int, int] = (0, 0)  # above and to the left

    def __iter__(self) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
        """Yield each output position with the pixels of its window that exist, in order."""
        for p in range(self.output[0]):
            for q in range(self.output[1]):
                top, left = (
                    at * stride - pad
                    for at, stride, pad in zip((p, q), self.stride, self.pad, strict=True)
                )
                pixels = [
                    (h, w)
                    for h in range(top, top + self.size[0])
                    for w in range(left, left + self.size[1])
                    if 0 <= h < self.input[0] and 0 <= w < self.input[1]
                ]
                yield p, q, pixels


def maxpool(x: np.ndarray, windows: Windows) -> np.ndarray:
    y = np.full((len(x), *windows.output, x.shape[-1]), -np.inf)
    for p, q, pixels in windows:
        for h, w in pixels:
            y[:, p, q] = np.maximum(y[:, p, q], x[:, h, w])  # NaN wins
    return y


def maxpool_gradient(x: np.ndarray, dy: np.ndarray, windows: Windows) -> np.ndarray:
    dx = np.zeros(x.shape)
    for p, q, pixels in windows:
        inside = np.array([x[:, h, w] for h, w in pixels])
        first = inside.argmax(axis=0)  # of equal ones the first, and NaN before everything
        for i, (h, w) in enumerate(pixels):
            dx[:, h, w] += dy[:, p, q] * (first == i)
    return dx


def avgpool(x: np.ndarray, windows: Windows) -> np.ndarray:
    y = np.zeros((len(x), *windows.output, x.shape[-1]))
    for p, q, pixels in windows:
        for h, w in pixels:
            y[:, p, q] += x[:, h, w] / np.prod(windows.size)
    return y


def avgpool_gradient(dy: np.ndarray, windows: Windows) -> np.ndarray:
    dx = np.zeros((len(dy), *windows.input, dy.shape[-1]))
    for p, q, pixels in windows:
        for h, w in pixels:
            dx[:, h, w] += dy[:, p, q] / np.prod(windows.size)
    return dx


def l2pool(x: np.ndarray, windows: Windows) -> np.ndarray:
    return np.sqrt(avgpool(x**2, windows) * np.prod(windows.size))


def l2pool_gradient(x: np.ndarray, dy: np.ndarray, windows: Windows) -> np.ndarray:
    y = l2pool(x, windows)
    ratio = np.divide(dy, y, out=np.zeros_like(y), where=y != 0)
    return x * avgpool_gradient(ratio, windows) * np.prod(windows.size)


# --- batch normalization: x is (rows, C) ---


def bn(x, weight, bias, mean, variance, eps) -> np.ndarray:
    return (x - mean) / np.sqrt(variance + eps) * weight + bias


def bn_gradient(x, dy, weight, eps) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return dx, dweight, dbias for the statistics of x itself, by the chain rule."""
    rows = len(x)
    mean, variance = x.mean(0), x.var(0)
    deviation = np.sqrt(variance + eps)
    normal = (x - mean) / deviation
    dnormal = dy * weight
    dvariance = (dnormal * (x - mean)).sum(0) * -0.5 * deviation**-3
    dmean = -dnormal.sum(0) / deviation
    dx = dnormal / deviation + dvariance * 2 * (x - mean) / rows + dmean / rows
    return dx, (dy * normal).sum(0), dy.sum(0)


# --- activations and their derivatives ---


def logistic(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x))


def normal_probability(x: float) -> float:
    return 0.5 * (1 + erf(x / sqrt(2)))


def normal_density(x: float) -> float:
    return exp(-x * x / 2) / sqrt(2 * pi)
