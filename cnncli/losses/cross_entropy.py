"""Softmax and cross-entropy: one class for each sample, or for each pixel of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cnncli.kernels import elementwise
from cnncli.layers.arrays import NOTHING, Array
from cnncli.losses.base import Floats, Loss, Step, Targets


class CrossEntropy(Loss, name="cross-entropy"):
    """-log of the probability of the right class; targets are int32, one for each K outputs.

    A target below 0 is left out of the loss and of its gradient. A sample that is mixed of several
    has a share of each class instead, float32 (n, K), and as large a share of their losses
    (Zhang et al. 2018, arXiv:1710.09412).
    """

    smoothing: float = 0.0  # share of the target spread over all classes (Szegedy et al. 2016)
    weights: tuple[float, ...] = ()  # per class; the mean is weighted by those of the right classes

    tasks = frozenset({"classify", "segment"})
    smooths = True

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        classes: int = output.shape[-1]
        pixels: int = output[0].size // classes
        logits, dlogits = output.reshape(-1), gradient.reshape(-1)
        losses = np.zeros(len(output) * pixels)
        weights = np.array(self.weights, np.float64)

        def step(targets: Targets, n: int) -> float:
            if targets.dtype == np.float32:
                return mixed_step(targets.reshape(-1), n)
            rows, labels = n * pixels, targets.reshape(-1)
            total: float = elementwise.sum_weights(rows, weights, labels)
            elementwise.softmax_cross_entropy(
                rows, classes, self.smoothing, weights, total,
                logits, labels, losses, dlogits, NOTHING, threads,
            )  # fmt: skip
            return float(losses[:rows].sum()) / total if total else 0.0

        def mixed_step(shares: Array, n: int) -> float:
            total: float = elementwise.sum_mixed_weights(n, classes, weights, shares)
            elementwise.mixed_cross_entropy(
                n, classes, self.smoothing, weights, total,
                logits, shares, losses, dlogits, threads,
            )  # fmt: skip
            return float(losses[:n].sum()) / total

        return step

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        """See Loss.measure; the loss of a sample with pixels is their mean, 0 without any."""
        return self.conclude(self.sum_up(outputs, targets))

    def sum_up(self, outputs: Array, targets: Targets) -> Floats:
        """See Loss.sum_up: the losses of all pixels with a label, and how many there are."""
        rows, labels = outputs.reshape(-1, outputs.shape[-1]), targets.reshape(-1)
        shifted = rows.astype(np.float64) - rows.max(axis=1, keepdims=True)
        right = shifted[np.arange(len(rows)), np.maximum(labels, 0)]
        losses = np.where(labels < 0, 0, np.log(np.exp(shifted).sum(axis=1)) - right)
        sums = [values.reshape(len(outputs), -1).sum(axis=1) for values in (losses, labels >= 0)]
        return np.stack(sums, axis=1)

    def conclude(self, sums: Floats) -> Floats:
        means: Floats = sums[:, 0] / np.maximum(sums[:, 1], 1)
        return means

    def with_smoothing(self, smoothing: float) -> CrossEntropy:
        return replace(self, smoothing=smoothing)

    def with_class_weights(self, weights: Sequence[float]) -> CrossEntropy:
        return replace(self, weights=tuple(weights))

    def balance(self, counts: Sequence[int], samples: int) -> BalancedCrossEntropy:
        """See Loss.balance; a class without samples is taken for a common one."""
        taken = [count or max(counts) for count in counts]
        shares = tuple(count / sum(taken) for count in taken)
        return BalancedCrossEntropy(self.smoothing, shares=shares)


class BalancedCrossEntropy(CrossEntropy):
    """Cross-entropy in which the rarity of a class is no reason to doubt it.

    The logits are what speaks for a class apart from its share of the samples, whose logarithm is
    added to them here, and here alone (the logit adjustment of Menon et al. 2021, arXiv:2007.07314,
    equation 10). What label smoothing takes from a target goes to the classes by their shares.
    """

    shares: tuple[float, ...] = ()  # of the classes among the samples to train on

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        """See Loss.build; there are no pixels, and every sample has a label."""
        classes: int = output.shape[-1]
        shares = np.array(self.shares, np.float32)
        offsets, rest = np.log(shares), np.float32(self.smoothing) * shares
        adjusted, wanted = np.empty_like(output), np.empty_like(output)
        losses, weights = np.zeros(len(output)), np.empty(0)

        def step(targets: Targets, n: int) -> float:
            np.add(output[:n], offsets, out=adjusted[:n])
            if targets.dtype == np.float32:
                np.multiply(targets.reshape(n, classes), 1 - self.smoothing, out=wanted[:n])
                wanted[:n] += rest
            else:
                wanted[:n] = rest
                wanted[np.arange(n), targets.reshape(-1)] += 1 - self.smoothing
            elementwise.mixed_cross_entropy(
                n, classes, 0.0, weights, float(n),
                adjusted.reshape(-1), wanted.reshape(-1), losses, gradient.reshape(-1), threads,
            )  # fmt: skip
            return float(losses[:n].sum()) / n

        return step
