"""Squared error: large errors count most, and the best constant answer is the mean."""

from __future__ import annotations

from cnncli.layers.base import Array
from cnncli.losses.base import Floats, Loss, Step, Targets
from cnncli.losses.distance import distance_step, distances


class SquaredError(Loss, name="mse"):
    """Mean of (output - target)^2."""

    tasks = frozenset({"regress"})

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        return distance_step(output, gradient, threads, squared=True)

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        losses: Floats = (distances(outputs, targets) ** 2).mean(axis=1)
        return losses
