"""What every loss is: settings, the step a plan runs in training, and its measure of answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.layers.base import Array
from cnncli.value import Value

Floats = NDArray[np.float64]
Targets = NDArray[Any]
Step = Callable[[Targets, int], float]


class Loss(Value):
    """How far answers are from their targets."""

    name: ClassVar[str]  # what --loss calls it

    @property
    def text(self) -> str:
        """What --loss takes to mean this very loss."""
        return self.name

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        """Return what, for the targets of the first n images, fills `gradient` and gives the mean.

        `output` and `gradient` are (batch, *output shape) of a plan; nothing is allocated later.
        """
        raise NotImplementedError

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        """Return the loss of each image, in float64, without smoothing or weights."""
        raise NotImplementedError
