"""Huber's loss: squared for small errors, linear for large ones, so that outliers do not rule."""

from __future__ import annotations

import numpy as np

from cnncli.layers.base import Array
from cnncli.losses.base import Floats, Loss, Step, Targets
from cnncli.losses.distance import distance_step, distances
from cnncli.settings import POSITIVE, setting


class Huber(Loss, name="huber"):
    """d^2 / 2 up to |d| = delta, delta (|d| - delta / 2) beyond (Huber 1964)."""

    delta: float = setting(POSITIVE, 1.0)  # in standard deviations of the training targets

    tasks = frozenset({"regress"})

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        return distance_step(output, gradient, threads, delta=self.delta)

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        d, delta = distances(outputs, targets), self.delta
        losses = np.where(d <= delta, d**2 / 2, delta * (d - delta / 2))
        means: Floats = losses.mean(axis=1)
        return means
