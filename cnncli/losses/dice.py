"""How little maps of classes overlap with the true ones, alone or added to cross-entropy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnncli.errors import UsageError, setting
from cnncli.kernels import elementwise
from cnncli.layers.base import Array
from cnncli.losses.base import Floats, Loss, Step, Targets
from cnncli.losses.cross_entropy import CrossEntropy


class Dice(Loss, name="dice"):
    """1 - mean over classes of 2 sum(p t) / (sum(p p) + sum(t t)), t onehot, over all pixels.

    The soft Dice loss of Milletari et al. 2016, arXiv:1606.04797, for the classes that occur.
    Pixels with a target below 0 are left out of it.
    """

    tasks = frozenset({"segment"})

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        return _pixel_step(output, gradient, threads, None)

    def measure(self, outputs: Array, targets: Targets) -> Floats:
        """See Loss.measure; the sums are over the pixels of each image alone."""
        return self.conclude(self.sum_up(outputs, targets))

    def sum_up(self, outputs: Array, targets: Targets) -> Floats:
        """See Loss.sum_up: p t, p p and t of each class."""
        return np.stack(list(map(_sum_up_image, outputs, targets)))

    def conclude(self, sums: Floats) -> Floats:
        hits, squares, counts = np.split(sums, 3, axis=1)
        seen = counts > 0
        overlap = np.divide(2 * hits, squares + counts, out=np.zeros_like(hits), where=seen)
        classes = seen.sum(axis=1)
        return np.where(classes, 1 - overlap.sum(axis=1) / np.maximum(classes, 1), 0)

    def with_class_weights(self, weights: Sequence[float]) -> Loss:
        raise UsageError(
            f"{setting('weighted')} is not for dice; leave it out, or take {setting('loss')} both"
        )


class CrossEntropyAndDice(CrossEntropy, name="both"):
    """The sum of both, as in nnU-Net (Isensee et al. 2021, doi:10.1038/s41592-020-01008-z)."""

    tasks = frozenset({"segment"})

    def build(self, output: Array, gradient: Array, threads: int) -> Step:
        return _pixel_step(output, gradient, threads, self)

    def sum_up(self, outputs: Array, targets: Targets) -> Floats:
        """See Loss.sum_up: the sums of cross-entropy, then those of Dice."""
        parts = super().sum_up(outputs, targets), Dice().sum_up(outputs, targets)
        return np.concatenate(parts, axis=1)

    def conclude(self, sums: Floats) -> Floats:
        return Dice().conclude(sums[:, 2:]) + super().conclude(sums[:, :2])


def _pixel_step(output: Array, gradient: Array, threads: int, added: CrossEntropy | None) -> Step:
    """Return the step of Dice, with this cross-entropy added, if any.

    Targets are int32, a class for each K outputs.
    """
    smoothing, class_weights = (added.smoothing, added.weights) if added else (0.0, ())
    classes: int = output.shape[-1]
    pixels: int = output[0].size // classes
    logits, dlogits = output.reshape(-1), gradient.reshape(-1)
    weights = np.array(class_weights or (1.0,) * classes)
    cross = float(added is not None)
    scratch = np.zeros(elementwise.pixel_scratch_size(len(output) * pixels, classes))

    def step(targets: Targets, n: int) -> float:
        entropy, distance = elementwise.pixel_losses(
            n * pixels, classes, smoothing, cross, 1.0,
            logits, targets.reshape(-1), weights, dlogits, scratch, threads,
        )  # fmt: skip
        return float(cross * entropy + distance)

    return step


def _sum_up_image(output: Array, target: Targets) -> Floats:
    """Return the sums of p t, p p and t (3 K,) of an image: logits (H, W, K), classes (H, W)."""
    classes = output.shape[-1]
    labeled = target.reshape(-1) >= 0
    rows, right = output.reshape(-1, classes)[labeled], target.reshape(-1)[labeled]
    p = np.exp(rows - rows.max(axis=1, keepdims=True), dtype=np.float64)
    p /= p.sum(axis=1, keepdims=True)
    counts = np.bincount(right, minlength=classes)
    hits = np.bincount(right, weights=p[np.arange(len(p)), right], minlength=classes)
    return np.concatenate([hits, (p * p).sum(axis=0), counts])
