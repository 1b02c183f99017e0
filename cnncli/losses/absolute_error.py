"""Absolute error: all misses weigh by their size, and the answer is the median."""

from __future__ import annotations

from typing import ClassVar

from cnncli.layers.base import Array
from cnncli.losses.base import Floats, Loss, Step, Targets
from cnncli.losses.distance import distance_step, distances


class AbsoluteError(Loss):
    """Mean of |output - target|."""

    name: ClassVar[str] = "mae"

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        """See Loss."""
        return distance_step(output, gradient, threads)

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        """See Loss."""
        found: Floats = distances(outputs, targets).mean(axis=1)
        return found
