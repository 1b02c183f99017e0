"""Sigmoid and binary cross-entropy: every output is a yes or no by itself."""

from __future__ import annotations

import numpy as np

from cnncli.kernels import elementwise
from cnncli.layers.base import Array
from cnncli.losses.base import Floats, Loss, Step, Targets


class BinaryCrossEntropy(Loss, name="bce"):
    """Mean over all outputs of -log of the probability of what is right; targets are 0 to 1."""

    tasks = frozenset({"multi-label"})

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        """See Loss.build; targets are float32, shaped like the output."""
        size: int = output[0].size  # outputs of a sample
        logits, dlogits = output.reshape(-1), gradient.reshape(-1)
        losses = np.zeros(len(output))

        def step(targets: Targets, n: int) -> float:
            elementwise.binary_cross_entropy(
                n, size, logits, targets.reshape(-1), losses, dlogits, threads
            )
            return float(losses[:n].sum()) / n

        return step

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        logits = outputs.reshape(len(outputs), -1).astype(np.float64)
        losses = np.logaddexp(0, logits) - logits * targets.reshape(logits.shape)
        means: Floats = losses.mean(axis=1)
        return means
