"""Slow, obvious twins of the convolution kernels, in float64.

Legend: N images, C input channels, K filters, H W input, P Q output, R S window;
x input, y output, w weights (K, C/groups, R, S), dx dy dw gradients. x and y are NHWC.
Padding below and to the right follows from P and Q.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Fill = Literal["zero", "reflect", "edge"]
MODES = {"zero": "constant", "reflect": "reflect", "edge": "edge"}


@dataclass(frozen=True)
class Sizes:
    """Everything about a convolution but its numbers; pairs are (rows, columns)."""

    N: int
    H: int
    W: int
    C: int
    K: int
    R: int
    S: int
    P: int
    Q: int
    stride: tuple[int, int] = (1, 1)
    pad: tuple[int, int] = (0, 0)  # above and to the left
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    fill: Fill = "zero"


def padding(z: Sizes) -> list[tuple[int, int]]:
    """Return the padded pixels before and after, for np.pad on NHWC; none are negative."""
    below = (z.P - 1) * z.stride[0] + (z.R - 1) * z.dilation[0] + 1 - z.H - z.pad[0]
    right = (z.Q - 1) * z.stride[1] + (z.S - 1) * z.dilation[1] + 1 - z.W - z.pad[1]
    return [(0, 0), (z.pad[0], max(below, 0)), (z.pad[1], max(right, 0)), (0, 0)]


def tap(z: Sizes, r: int, s: int) -> tuple[slice, slice, slice]:
    """Return which pixels of a padded image one tap multiplies."""
    top, left = r * z.dilation[0], s * z.dilation[1]
    rows = slice(top, top + (z.P - 1) * z.stride[0] + 1, z.stride[0])
    columns = slice(left, left + (z.Q - 1) * z.stride[1] + 1, z.stride[1])
    return slice(None), rows, columns


def groups(z: Sizes) -> list[tuple[slice, slice]]:
    """Return each group's channels and filters."""
    C, K = z.C // z.groups, z.K // z.groups
    return [(slice(g * C, g * C + C), slice(g * K, g * K + K)) for g in range(z.groups)]


def conv_forward(z: Sizes, x, w, bias=None):
    """Return y (N, P, Q, K)."""
    padded = np.pad(np.asarray(x, np.float64), padding(z), MODES[z.fill])
    y = np.zeros((z.N, z.P, z.Q, z.K))
    for channels, filters in groups(z):
        for r in range(z.R):
            for s in range(z.S):
                pixels = padded[tap(z, r, s)][..., channels]
                y[..., filters] += pixels @ np.asarray(w[filters, :, r, s], np.float64).T
    return y if bias is None else y + bias


def conv_backward_data(z: Sizes, dy, w):
    """Return dx (N, H, W, C): every product of conv_forward, sent back to its pixel."""
    pads = padding(z)
    padded = np.zeros((z.N, z.H + sum(pads[1]), z.W + sum(pads[2]), z.C))
    for channels, filters in groups(z):
        for r in range(z.R):
            for s in range(z.S):
                pixels = np.asarray(dy[..., filters], np.float64) @ w[filters, :, r, s]
                padded[tap(z, r, s)][..., channels] += pixels
    rows = np.pad(np.arange(z.H), pads[1], MODES[z.fill])
    columns = np.pad(np.arange(z.W), pads[2], MODES[z.fill])
    if z.fill == "zero":
        return padded[:, pads[1][0] :, pads[2][0] :][:, : z.H, : z.W]
    dx = np.zeros((z.N, z.H, z.W, z.C))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            dx[:, row, column] += padded[:, i, j]
    return dx


def conv_backward_weights(z: Sizes, x, dy):
    """Return dw (K, C/groups, R, S)."""
    padded = np.pad(np.asarray(x, np.float64), padding(z), MODES[z.fill])
    dw = np.zeros((z.K, z.C // z.groups, z.R, z.S))
    for channels, filters in groups(z):
        for r in range(z.R):
            for s in range(z.S):
                pixels = padded[tap(z, r, s)][..., channels]
                dw[filters, :, r, s] = np.einsum("npqk,npqc->kc", dy[..., filters], pixels)
    return dw


def expected(z: Sizes, direction, data):
    """Return what one pass makes of (x, w, dy)."""
    x, w, dy = data
    if direction == "forward":
        return conv_forward(z, x, w)
    if direction == "backward_data":
        return conv_backward_data(z, dy, w)
    return conv_backward_weights(z, x, dy)


def shapes(z: Sizes):
    """Return the shapes of x, w and dy."""
    return (z.N, z.H, z.W, z.C), (z.K, z.C // z.groups, z.R, z.S), (z.N, z.P, z.Q, z.K)


def whole_numbers(z: Sizes):
    """Return x, w and dy of small whole numbers, whose sums float32 keeps exactly."""
    random = np.random.default_rng(0)
    return [random.integers(-4, 5, shape).astype(np.float32) for shape in shapes(z)]


def fractions(z: Sizes, positive=False):
    """Return normally distributed x, w and dy."""
    random = np.random.default_rng(0)
    data = [random.standard_normal(shape, np.float32) for shape in shapes(z)]
    return [np.abs(array) for array in data] if positive else data
