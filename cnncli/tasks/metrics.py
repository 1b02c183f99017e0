"""Figures that several tasks share; all in float64, whatever the network computes in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

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


def sigmoid(logits: Array) -> Floats:
    """Return 1 / (1 + exp(-logit)), whose shape is kept."""
    small = np.exp(-np.abs(logits.astype(np.float64)))
    result: Floats = np.where(logits >= 0, 1, small) / (1 + small)
    return result


def measure_distances(answer: Floats, truth: Floats) -> dict[str, float | None]:
    """Return MAE, RMSE, R2 and the true mean of N numbers; None where an answer is not finite.

    R2 is None where all are the same, too.
    R2 = 1 - sum (truth - answer)^2 / sum (truth - mean)^2, of these N.
    """
    gaps, spread = answer - truth, truth - truth.mean()
    squares, total = float(gaps @ gaps), float(spread @ spread)
    return {
        "mae": finite_or_none(np.abs(gaps).mean()),
        "rmse": finite_or_none(np.sqrt(squares / len(truth))),
        "r2": finite_or_none(1 - squares / total) if np.ptp(truth) > 0 else None,
        "mean": float(truth.mean()),
    }


def average_precision(truth: NDArray[np.bool_], chance: Floats) -> float | None:
    """Return the sum of (R_n - R_n-1) P_n over all thresholds n; None where nothing is true."""
    hits, claimed, _ = _count_by_threshold(truth, chance)
    if not len(hits) or not hits[-1]:
        return None
    return float((np.diff(hits, prepend=0) / hits[-1]) @ (hits / claimed))


def find_best_threshold(truth: NDArray[np.bool_], chance: Floats) -> float:
    """Return the probability with the highest F1 of all who are at or above it.

    It lies midway to the next lower probability (or 0); 0.5 where nothing is true. Of several as
    good, the nearest to 0.5 is taken.
    """
    hits, claimed, levels = _count_by_threshold(truth, chance)
    if not len(hits) or not hits[-1]:
        return 0.5
    f1 = 2 * hits / (claimed + hits[-1])
    middles = (levels + np.append(levels[1:], 0)) / 2
    best = np.flatnonzero(f1 == f1.max())
    return float(middles[best[np.abs(middles[best] - 0.5).argmin()]])


def _count_by_threshold(
    truth: NDArray[np.bool_], chance: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return, for each probability that occurs, falling, the hits, the claims, and itself."""
    order = np.argsort(-chance, kind="stable")
    levels = chance[order]
    last = np.flatnonzero(np.append(levels[1:] != levels[:-1], len(levels) > 0))
    hits = np.cumsum(truth[order], dtype=np.int64)[last]
    return hits, last + 1, levels[last]


def finite_or_none(value: float | np.floating[Any]) -> float | None:
    """Return a figure, None for NaN and infinity, which no figure can be."""
    return float(value) if math.isfinite(value) else None


def share(part: int, whole: int) -> float | None:
    """Return part / whole; None for 0/0."""
    return part / whole if whole else None
