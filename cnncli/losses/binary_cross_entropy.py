"""Sigmoid and binary cross-entropy: every output is a yes or no by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cnncli.kernels import elementwise
from cnncli.layers.base import Array
from cnncli.losses.base import Floats, Loss, Step, Targets

BOUND = 20.0  # how many times a yes may weigh what a no does, or the other way round


class BinaryCrossEntropy(Loss, name="bce"):
    """Mean over all outputs of -log of the probability of what is right; targets are 0 to 1."""

    yes: tuple[float, ...] = ()  # the weight of each label where it is given; 1 without any
    no: tuple[float, ...] = ()  # and where it is not

    tasks = frozenset({"multi-label"})

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        """See Loss.build; targets are float32, shaped like the output."""
        if self.yes:
            return self._build_weighted(output, gradient)
        size: int = output[0].size  # outputs of a sample
        logits, dlogits = output.reshape(-1), gradient.reshape(-1)
        losses = np.zeros(len(output))

        def step(targets: Targets, n: int) -> float:
            elementwise.binary_cross_entropy(
                n, size, logits, targets.reshape(-1), losses, dlogits, threads
            )
            return float(losses[:n].sum()) / n

        return step

    def _build_weighted(self, output: Array, gradient: Array) -> Step:
        yes, no = np.array(self.yes), np.array(self.no)

        def step(targets: Targets, n: int) -> float:
            logits = output[:n].astype(np.float64)
            given, missing = yes * targets, no * (1 - targets)
            cost_of_yes, cost_of_no = np.logaddexp(0, -logits), np.logaddexp(0, logits)
            gradient[:n] = ((given + missing) * np.exp(-cost_of_yes) - given) / logits.size
            return float((given * cost_of_yes + missing * cost_of_no).mean())

        return step

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        logits = outputs.reshape(len(outputs), -1).astype(np.float64)
        losses = np.logaddexp(0, logits) - logits * targets.reshape(logits.shape)
        means: Floats = losses.mean(axis=1)
        return means

    def balance(self, counts: Sequence[int], samples: int) -> BinaryCrossEntropy:
        """See Loss.balance: the samples with a label weigh as much as those without it.

        The ratio of the weights is `pos_weight` of PyTorch's BCEWithLogitsLoss, bounded; the mean
        weight of all samples is 1. A label that all or none have keeps its weights.
        """
        given = np.array(counts, np.float64)
        missing = samples - given
        ratio = np.clip(missing / np.maximum(given, 1), 1 / BOUND, BOUND)
        ratio[(given == 0) | (missing == 0)] = 1
        no = samples / (given * ratio + missing)
        return replace(self, yes=tuple((ratio * no).tolist()), no=tuple(no.tolist()))
