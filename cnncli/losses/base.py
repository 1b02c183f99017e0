"""What every loss is: settings, the step that a plan runs in training, and a measure of answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import UsageError, setting
from cnncli.layers.base import Array
from cnncli.registry import Named, Registry

Floats = NDArray[np.float64]
Targets = NDArray[Any]
Step = Callable[[Targets, int], float]

LOSSES: Registry[type[Loss]] = Registry("loss")


class Loss(Named):
    """How far outputs are from their targets; the fields of a subclass are its settings.

    >>> class Huber(Loss, name="huber"): ...
    """

    registry: ClassVar[Registry[Any]] = LOSSES
    tasks: ClassVar[frozenset[str]]  # the names of those that can use it
    smooths: ClassVar[bool] = False  # whether it has label smoothing

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        """Return a function of targets and their number n that runs the loss on n samples.

        It reads the first n of `output` (batch, *output shape), fills in the gradient of their mean
        loss with respect to them, in `gradient` of the same shape, and returns that mean. It
        allocates nothing.
        """
        raise NotImplementedError

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        """Return the loss of each sample (N,), in float64, without smoothing or class weights."""
        raise NotImplementedError

    def sum_up(self, outputs: Array, targets: Targets) -> Floats:
        """Return sums over the pixels of each sample (N, S); those of its parts may be added.

        Only losses of pixels have them.
        """
        raise NotImplementedError

    def conclude(self, sums: Floats) -> Floats:
        """Return the loss of each sample (N,), as `measure` does, from the sums over its pixels."""
        raise NotImplementedError

    def with_smoothing(self, smoothing: float) -> Loss:
        """Return the loss with this label smoothing; raise UsageError where it has none."""
        if smoothing:
            raise UsageError(f"{setting('label_smoothing')} is not for {self.name}; leave it out")
        return self

    def with_class_weights(self, weights: Sequence[float]) -> Loss:
        """Return the loss with a weight for each class; raise UsageError where it has none."""
        raise UsageError(f"{setting('weighted')} is not for {self.name}; leave it out")

    def balance(self, counts: Sequence[int], samples: int) -> Loss:
        """Return the loss that makes up for how rare classes or labels are.

        `counts` are how many of the samples to train on have each of them. Raises UsageError where
        that has no meaning.
        """
        raise UsageError(f"{setting('weighted')} is not for {self.name}; leave it out")
