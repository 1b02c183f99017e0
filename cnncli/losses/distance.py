"""What the losses for numbers share: a mean over all outputs of a function of the distance."""

from __future__ import annotations

import numpy as np

from cnncli.kernels import elementwise
from cnncli.layers.base import Array
from cnncli.losses.base import Floats, Step, Targets


def distance_step(
    output: Array, gradient: Array, threads: int, *, delta: float = 0.0, squared: bool = False
) -> Step:
    """Return the step of Huber's loss with this delta; without one, of absolute or squared error.

    Targets are float32, shaped like the output.
    """
    size: int = output[0].size  # outputs of a sample
    outputs, doutputs = output.reshape(-1), gradient.reshape(-1)
    losses = np.zeros(len(output))

    def step(targets: Targets, n: int) -> float:
        elementwise.distance(
            n, size, delta, squared, outputs, targets.reshape(-1), losses, doutputs, threads
        )
        return float(losses[:n].sum()) / n

    return step


def distances(outputs: Array, targets: Targets) -> Floats:
    """Return |output - target| (n, outputs of a sample) in float64."""
    flat = outputs.reshape(len(outputs), -1).astype(np.float64)
    absolute: Floats = np.abs(flat - targets.reshape(flat.shape))
    return absolute
