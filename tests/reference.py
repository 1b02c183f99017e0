"""Slow, obvious twins of the kernels other than the convolutions, in float64.

Legend: N images, H W rows and columns, C channels, P Q output, R S window; x input, y output,
dx dy gradients. Images are NHWC.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, erfc, exp, expm1, floor, pi, sqrt, tanh

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
    after: tuple[int, int] = (0, 0)  # below and to the right, where an average counts pixels
    include_pad: bool = True  # whether it counts any outside the image

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


def sumpool(x: np.ndarray, windows: Windows) -> np.ndarray:
    y = np.zeros((len(x), *windows.output, x.shape[-1]))
    for p, q, pixels in windows:
        for h, w in pixels:
            y[:, p, q] += x[:, h, w]
    return y


def sumpool_gradient(dy: np.ndarray, windows: Windows) -> np.ndarray:
    dx = np.zeros((len(dy), *windows.input, dy.shape[-1]))
    for p, q, pixels in windows:
        for h, w in pixels:
            dx[:, h, w] += dy[:, p, q]
    return dx


def counted(windows: Windows) -> np.ndarray:
    """Return the pixels of each window that are in the image, or its padding too: (P, Q, 1)."""
    if not windows.include_pad:
        inside = np.array([len(pixels) for _, _, pixels in windows])
        return inside.reshape(*windows.output, 1)
    inside = [
        [
            sum(-pad <= at * stride - pad + i < pixels + after for i in range(size))
            for at in range(output)
        ]
        for pixels, output, size, stride, pad, after in zip(
            windows.input, windows.output, windows.size, windows.stride, windows.pad,
            windows.after, strict=True,
        )
    ]  # fmt: skip
    return np.outer(*inside)[..., None]


def avgpool(x: np.ndarray, windows: Windows) -> np.ndarray:
    return sumpool(x, windows) / counted(windows)


def avgpool_gradient(dy: np.ndarray, windows: Windows) -> np.ndarray:
    return sumpool_gradient(dy / counted(windows), windows)


def l2pool(x: np.ndarray, windows: Windows) -> np.ndarray:
    return np.sqrt(sumpool(x**2, windows))


def l2pool_gradient(x: np.ndarray, dy: np.ndarray, windows: Windows) -> np.ndarray:
    y = l2pool(x, windows)
    ratio = np.divide(dy, y, out=np.zeros_like(y), where=y != 0)
    return x * sumpool_gradient(ratio, windows)


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


def normal_lanes(C: int) -> int:
    """Return how far the parts of a normal [mean | scale | shift] lie from each other."""
    return (-(-C // 16) + 1) * 16


def whole_normal(C: int) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Return a normal of small whole numbers, and what it makes of x through the relu."""
    parts = np.random.default_rng(C).integers(-3, 4, (3, C)).astype(np.float32)
    normal = np.zeros((3, normal_lanes(C)), np.float32)
    normal[:, :C] = parts
    mean, scale, shift = parts
    return normal.reshape(-1), lambda x: np.maximum((x - mean) * scale + shift, 0)


# --- activations of one number, and their derivatives ---


def logistic(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > -700 else exp(x)


def normal_probability(x: float) -> float:
    return erfc(-x / sqrt(2)) / 2


def normal_density(x: float) -> float:
    return exp(-x * x / 2) / sqrt(2 * pi)


ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "relu": lambda x: max(x, 0.0),
    "relu6": lambda x: min(max(x, 0.0), 6.0),
    "leaky_relu": lambda x: x if x > 0 else 0.1 * x,
    "clip": lambda x: min(max(x, -0.5), 2.0),
    "elu": lambda x: x if x > 0 else expm1(x),
    "gelu": lambda x: x * normal_probability(x),
    "silu": lambda x: x * logistic(x),
    "sigmoid": logistic,
    "tanh": tanh,
    "hard_sigmoid": lambda x: min(max(x + 3, 0.0), 6.0) / 6,
    "hard_swish": lambda x: x * min(max(x + 3, 0.0), 6.0) / 6,
}

DERIVATIVES: dict[str, Callable[[float], float]] = {
    "relu": lambda x: float(x > 0),
    "relu6": lambda x: float(0 < x < 6),
    "leaky_relu": lambda x: 1.0 if x > 0 else 0.1,
    "clip": lambda x: float(-0.5 < x < 2),
    "elu": lambda x: 1.0 if x > 0 else exp(x),
    "gelu": lambda x: normal_probability(x) + x * normal_density(x),
    "silu": lambda x: logistic(x) * (1 + x * logistic(-x)),
    "sigmoid": lambda x: logistic(x) * logistic(-x),
    "tanh": lambda x: 1 - tanh(x) ** 2,
    "hard_sigmoid": lambda x: 1 / 6 if -3 < x < 3 else 0.0,
    "hard_swish": lambda x: float(x > 0) if abs(x) >= 3 else x / 3 + 0.5,
}


# --- softmax and the loss: rows of logits ---


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def softmax_gradient(x: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Multiply each row of dy by the Jacobian, diag(y) - y y^T."""
    return np.array(
        [(np.diag(y) - np.outer(y, y)) @ d for y, d in zip(softmax(x), dy, strict=True)]
    )


def cross_entropy(x, labels, smoothing) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss of each row and the gradient of their mean."""
    n, K = x.shape
    target = (1 - smoothing) * np.eye(K)[labels] + smoothing / K
    largest = x.max(1, keepdims=True)
    log_softmax = x - largest - np.log(np.exp(x - largest).sum(1, keepdims=True))
    return -(target * log_softmax).sum(1), (softmax(x) - target) / n


def dice(x, labels) -> tuple[float, np.ndarray]:
    """Return the soft Dice loss over all labeled rows and classes that occur, and its gradient."""
    if (labels < 0).any():
        gradient = np.zeros_like(x)
        loss, gradient[labels >= 0] = dice(x[labels >= 0], labels[labels >= 0])
        return loss, gradient
    p, target = softmax(x), np.eye(x.shape[1])[labels]
    seen = target.any(0)
    above, below = 2 * (p * target).sum(0), (p**2).sum(0) + target.sum(0)
    slopes = -(2 * target * below - above * 2 * p) / below**2 * seen / seen.sum()
    return 1 - (above / below)[seen].mean(), softmax_gradient(x, slopes)


# --- arranging ---


def upsample(x: np.ndarray, rows: int, columns: int) -> np.ndarray:
    return x.repeat(rows, 1).repeat(columns, 2)


def upsample_gradient(dy: np.ndarray, rows: int, columns: int) -> np.ndarray:
    n, H, W, C = dy.shape
    return dy.reshape(n, H // rows, rows, W // columns, columns, C).sum((2, 4))


def weigh_position(p: int, length: int, count: int, method: str, align: str) -> np.ndarray:
    """Return what output position p of an axis takes of each of `length` inputs: (length,)."""
    if align == "centers":
        place = Fraction(2 * p + 1, 2) * Fraction(length, count) - Fraction(1, 2)
    elif align == "corners":
        place = Fraction(p * (length - 1), count - 1) if count > 1 else Fraction(0)
    else:
        place = Fraction(p * length, count)
    weights = np.zeros(length)
    if method == "nearest":
        nearest = floor(place) if align == "starts" else ceil(place - Fraction(1, 2))
        weights[nearest] = 1
        return weights
    for source in range(floor(place) - 2, floor(place) + 4):
        d = float(abs(place - source))
        if method == "linear":
            weight = max(0.0, 1 - d)
        else:  # Keys 1981, equation 4, a = -3/4
            weight = 1.25 * d**3 - 2.25 * d**2 + 1 if d < 1 else 0.0
            weight = -0.75 * (d**3 - 5 * d**2 + 8 * d - 4) if 1 <= d < 2 else weight
        weights[min(max(source, 0), length - 1)] += weight
    return weights


def interpolate(x: np.ndarray, size: tuple[int, int], method: str, align: str) -> np.ndarray:
    """Return x (N, H, W, C) with `size` rows and columns."""
    for axis, count in enumerate(size, start=1):
        length = x.shape[axis]
        matrix = [weigh_position(p, length, count, method, align) for p in range(count)]
        x = np.moveaxis(np.tensordot(matrix, x, (1, axis)), 0, axis)
    return x
