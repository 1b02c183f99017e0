"""Samples mixed with others, and so are their targets: classes and labels with shares.

The other is any sample of the set but itself, drawn like everything else, and augmented by its own
draws; so what a sample becomes depends on no other of its batch. Mixing is the last step, wherever
it stands in the text; where there are two ways of it, each sample is mixed in one of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnncli.augment.base import Array, ImageStep, Shape, SignalStep, Step
from cnncli.augment.draws import Draws, Numbers
from cnncli.settings import POSITIVE, setting

REASONS = {
    "regress": "nobody knows the numbers of mixed samples",
    "segment": "a pixel of two images would have two classes",
}


class MixingStep(Step):
    """A step that mixes samples, the share of each distributed as Beta(alpha, alpha)."""

    mixes = True

    def refuse(self, task: str, shape: Shape) -> str | None:
        if task not in REASONS:
            return None
        return f"is for classes and labels: {REASONS[task]}; leave it out"


class Mixup(MixingStep, ImageStep, name="mixup"):
    """Mixed with another image, value by value; a small alpha leaves most of one of the two.

    Zhang et al. 2018, arXiv:1710.09412; they take an alpha of 1 for CIFAR-10 and 0.2 for ImageNet.
    """

    alpha: float = setting(POSITIVE, 0.2)

    examples = ("mixup", "mixup(1)")

    def mix(self, draws: Draws, inputs: Array, others: Array) -> Numbers:
        return _blend(draws.beta(self.alpha), inputs, others)


class SignalMixup(MixingStep, SignalStep, name="mixup"):
    """Mixed with another signal, value by value; a small alpha leaves most of one of the two."""

    alpha: float = setting(POSITIVE, 0.2)

    examples = ("mixup", "mixup(1)")

    def mix(self, draws: Draws, inputs: Array, others: Array) -> Numbers:
        return _blend(draws.beta(self.alpha), inputs, others)


class Cutmix(MixingStep, ImageStep, name="cutmix"):
    """A rectangle of another image in its place; alpha 1 makes all sizes equally likely.

    Yun et al. 2019, arXiv:1905.04899: the center is any pixel, the shape that of the image, and
    what reaches beyond the image does not count.
    """

    alpha: float = setting(POSITIVE, 1.0)

    examples = ("cutmix", "cutmix(0.5)")

    def mix(self, draws: Draws, inputs: Array, others: Array) -> Numbers:
        height, width = inputs.shape[1:3]
        sides = np.sqrt(1 - draws.beta(self.alpha))
        top, bottom = _cut(draws.whole(0, height - 1, "row"), sides * height, height)
        left, right = _cut(draws.whole(0, width - 1, "column"), sides * width, width)
        for image, other, *ends in zip(inputs, others, top, bottom, left, right, strict=True):
            box = slice(*ends[:2]), slice(*ends[2:])
            image[box] = other[box]
        shares: Numbers = 1 - (bottom - top) * (right - left) / (height * width)
        return shares


def _blend(shares: Numbers, inputs: Array, others: Array) -> Numbers:
    """Mix inputs with others in place, and return the shares that are left of them."""
    own = shares.astype(np.float32).reshape(-1, *[1] * (inputs.ndim - 1))
    inputs *= own
    inputs += (1 - own) * others
    return shares


def _cut(
    centers: Numbers, lengths: Numbers, length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ends of pieces around their centers, as far as they lie within a length."""
    halves = lengths.astype(np.int64) // 2
    middles = centers.astype(np.int64)
    return np.maximum(middles - halves, 0), np.minimum(middles + halves, length)
