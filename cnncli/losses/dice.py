"""How little maps of classes overlap with the true ones, alone or added to cross-entropy."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from cnncli.kernels import elementwise
from cnncli.layers.base import Array
from cnncli.losses.base import Floats, Loss, Step, Targets
from cnncli.losses.cross_entropy import CrossEntropy


class Dice(Loss):
    """1 - mean over classes of 2 sum(p t) / (sum(p p) + sum(t t)), t onehot, over all pixels.

    The soft Dice loss of Milletari et al. 2016, arXiv:1606.04797, for the classes that occur.
    """

    smoothing: float = 0.0  # of the targets of cross-entropy, where that is added
    weights: tuple[float, ...] = ()  # of the classes in it

    name: ClassVar[str] = "dice"
    cross: ClassVar[float] = 0.0  # how much of cross-entropy is added

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        """See Loss."""
        classes: int = output.shape[-1]
        pixels: int = output[0].size // classes
        logits, dlogits = output.reshape(-1), gradient.reshape(-1)
        weights = np.array(self.weights or (1.0,) * classes)
        weighing = np.zeros(len(output) * pixels if self.weights else 0)
        scratch = np.zeros(elementwise.scratch_size(len(output) * pixels, classes))

        def step(targets: Targets, n: int) -> float:
            labels, cross = targets.reshape(-1), self.cross
            if self.weights:
                each = np.take(weights, labels, out=weighing[: len(labels)], mode="clip")
                cross *= len(labels) / float(each.sum())
            entropy, distance = elementwise.pixel_losses(
                n * pixels, classes, self.smoothing, cross, 1.0,
                logits, labels, weights, dlogits, scratch, threads,
            )  # fmt: skip
            return float(cross * entropy + distance)

        return step

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        """See Loss; the sums of Dice are over each image alone."""
        found: Floats = np.array(
            [self._distance(*one) for one in zip(outputs, targets, strict=True)], np.float64
        )
        if self.cross:
            found += self.cross * CrossEntropy().measure(outputs, targets)
        return found

    @staticmethod
    def _distance(output: Array, target: Targets) -> float:
        classes = output.shape[-1]
        rows, right = output.reshape(-1, classes), target.reshape(-1)
        p = np.exp(rows - rows.max(axis=1, keepdims=True), dtype=np.float64)
        p /= p.sum(axis=1, keepdims=True)
        counts = np.bincount(right, minlength=classes)
        hits = np.bincount(right, weights=p[np.arange(len(p)), right], minlength=classes)
        seen = counts > 0
        overlap = 2 * hits[seen] / ((p * p).sum(axis=0)[seen] + counts[seen])
        return float(1 - overlap.mean())


class CrossEntropyAndDice(Dice):
    """The sum of both, as in nnU-Net (Isensee et al. 2021, doi:10.1038/s41592-020-01008-z)."""

    name: ClassVar[str] = "both"
    cross: ClassVar[float] = 1.0
