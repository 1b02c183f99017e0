"""Copies of a sample, shifted by a pixel or mirrored, over which a network's answers are averaged.

It is known as test-time augmentation. Shifts and weights are those of airbench (Jordan 2024,
arXiv:2404.00498): half of the weight is on what is not shifted, and the mirrored copies weigh as
much as the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.engine.borders import reflect_indices
from cnncli.layers.base import Array
from cnncli.value import Value

SHIFTS = ((0, 0.5), (-1, 0.25), (1, 0.25))  # pixels down and to the right, and the weight
DIRECTIONS = ("top to bottom", "left to right")  # of mirrored rows, of mirrored columns


class Copy(Value):
    """A sample that is shifted along its rows and columns alike, then mirrored."""

    weight: float  # in the mean; that of all copies together is 1
    shift: int = 0
    mirrored: tuple[int, ...] = ()  # axes of a sample: 0 its rows, 1 its columns

    def make(self, samples: NDArray[Any]) -> NDArray[Any]:
        """Return the copies of samples (n, H, W, C) or (n, L, C)."""
        for axis in range(1, samples.ndim - 1):
            length = samples.shape[axis]
            samples = samples.take(reflect_indices(-self.shift, length, length), axis)
        return np.ascontiguousarray(np.flip(samples, tuple(axis + 1 for axis in self.mirrored)))

    def mirror(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return an image or its logits (H, W, C) mirrored, or mirrored back."""
        return np.ascontiguousarray(np.flip(image, self.mirrored))

    def bring_back(self, logits: Array) -> Array:
        """Return the logits (H, W, K) of a copy where they belong in the image.

        Those of pixels that were shifted out of it are not there: others stand in their place.
        """
        mirrored = self.mirror(logits)
        return np.roll(mirrored, -self.shift, (0, 1)) if self.shift else mirrored


AS_IT_IS = Copy(1.0)


def make_copies(mirrored: Collection[int]) -> tuple[Copy, ...]:
    """Return the copies to average over, where a sample may be mirrored along these axes.

    >>> [copy.weight for copy in make_copies([1])]
    [0.25, 0.25, 0.125, 0.125, 0.125, 0.125]
    """
    mirrors = [
        axes for count in range(len(mirrored) + 1) for axes in combinations(sorted(mirrored), count)
    ]
    return tuple(
        Copy(weight / len(mirrors), shift, axes) for shift, weight in SHIFTS for axes in mirrors
    )


@np.errstate(over="ignore", invalid="ignore")  # what is not finite is reported by name
def average(copies: Collection[Copy], answer: Callable[[Copy], Array]) -> Array:
    """Return the mean of the answers to copies, each of which is good until the next."""
    first, *others = copies
    mean: Array = first.weight * answer(first)
    for copy in others:
        mean += copy.weight * answer(copy)
    return mean


def describe_copies(copies: Collection[Copy], unit: str) -> str:
    """Return in words what is averaged; `unit` is what they are shifted by.

    >>> describe_copies(make_copies([1]), "pixel")
    '6 copies, shifted by up to 1 pixel and mirrored left to right'
    """
    axes = sorted({axis for copy in copies for axis in copy.mirrored})
    mirrored = " and ".join(DIRECTIONS[axis] for axis in axes)
    shifted = f"{len(copies)} copies, shifted by up to 1 {unit}"
    return f"{shifted} and mirrored {mirrored}" if mirrored else shifted
