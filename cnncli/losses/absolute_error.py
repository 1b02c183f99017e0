"""Absolute error: every error counts by its size, and the best constant answer is the median."""

from __future__ import annotations

from cnncli.layers.base import Array
from cnncli.losses.base import Floats, Loss, Step, Targets
from cnncli.losses.distance import distance_step, distances


class AbsoluteError(Loss, name="mae"):
    """Mean of |output - target|."""

    tasks = frozenset({"regress"})

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        return distance_step(output, gradient, threads)

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        losses: Floats = distances(outputs, targets).mean(axis=1)
        return losses
