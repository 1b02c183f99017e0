"""Figures that several tasks share; all in float64, whatever the network computes in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cnncli.layers.base import Array

Floats = NDArray[np.float64]

Z_95 = 1.959963984540054  # of the normal distribution, for 95 % inside
ECE_BINS = 15


def probabilities(logits: Array) -> Floats:
    """Return the softmax of logits (N, K); a row's result depends on that row alone."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    result: Floats = exponentials / exponentials.sum(axis=1, keepdims=True)
    return result


def wilson_interval(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    share = hits / trials
    weight = Z_95**2 / trials
    middle = (share + weight / 2) / (1 + weight)
    half = math.sqrt(weight * share * (1 - share) + weight**2 / 4) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def calibration_error(confidence: Floats, correct: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over 15 equal bins (Guo et al. 2017, eq. 5)."""
    bins = np.clip(np.ceil(confidence * ECE_BINS).astype(int) - 1, 0, ECE_BINS - 1)
    gaps = np.bincount(bins, weights=confidence - correct, minlength=ECE_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def share(part: int, whole: int) -> float | None:
    """Return part / whole; None for 0/0."""
    return part / whole if whole else None
