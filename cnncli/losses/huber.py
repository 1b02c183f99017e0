"""Huber's loss: squared up to delta, linear beyond, so that outliers do not rule."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from cnncli.layers.base import Array
from cnncli.losses.base import Floats, Loss, Step, Targets
from cnncli.losses.distance import distance_step, distances


class Huber(Loss):
    """d^2 / 2 up to |d| = delta, delta (|d| - delta / 2) beyond (Huber 1964)."""

    delta: float = 1.0  # in deviations of the training targets

    name: ClassVar[str] = "huber"

    @property
    def text(self) -> str:
        """See Loss."""
        delta = np.format_float_positional(self.delta, trim="-")
        return self.name if self.delta == 1 else f"{self.name}({delta})"

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        """See Loss."""
        return distance_step(output, gradient, threads, delta=self.delta)

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        """See Loss."""
        d, delta = distances(outputs, targets), self.delta
        losses = np.where(d <= delta, d**2 / 2, delta * (d - delta / 2))
        found: Floats = losses.mean(axis=1)
        return found
