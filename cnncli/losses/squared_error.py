"""Squared error: large misses weigh most, and the answer is the mean."""

from __future__ import annotations

from typing import ClassVar

from cnncli.layers.base import Array
from cnncli.losses.base import Floats, Loss, Step, Targets
from cnncli.losses.distance import distance_step, distances


class SquaredError(Loss):
    """Mean of (output - target)^2."""

    name: ClassVar[str] = "mse"

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        """See Loss."""
        return distance_step(output, gradient, threads, squared=True)

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        """See Loss."""
        found: Floats = (distances(outputs, targets) ** 2).mean(axis=1)
        return found
