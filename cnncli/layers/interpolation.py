"""Values between pixels along an axis: where each new one lies, and of which old ones it is made.

A new position is a weighted sum of old ones. Gradients go back by the same weights: that of an old
position is the weighted sum of those of the new ones it is part of.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnncli.layers.arrays import Array, Wide
from cnncli.settings import choice
from cnncli.value import Value

Method = Literal["nearest", "linear", "cubic"]
Align = Literal["centers", "corners", "starts"]
Integers = NDArray[np.int64]

METHODS: tuple[Method, ...] = ("nearest", "linear", "cubic")
ALIGNS: tuple[Align, ...] = ("centers", "corners", "starts")
METHOD, ALIGN = choice(*METHODS), choice(*ALIGNS)

TAPS = {"nearest": 1, "linear": 2, "cubic": 4}  # input positions that an output position reads
SHARPNESS = -0.75  # Keys' a, as in PyTorch and by default in ONNX


class Sums(Value):
    """`count` weighted sums over `length` positions, as the kernels take them."""

    length: int
    count: int
    starts: Integers  # (count + 1,) where the terms of each begin, and the last end
    sources: Integers  # (terms,)
    weights: Array  # (terms,)


class Interpolation(Value):
    """How `count` positions along an axis are made of `length` others."""

    length: int
    count: int
    method: Method
    align: Align

    @property
    def changes(self) -> bool:
        """Whether it does more than to repeat its input."""
        return self.count != self.length

    @property
    def jump(self) -> Fraction:
        """Input positions from an output position to the next."""
        if self.align == "corners" and self.length > 1 and self.count > 1:
            return Fraction(self.length - 1, self.count - 1)
        return Fraction(self.length, self.count)

    def locate(self) -> Wide:
        """Return where the output positions p lie among those of the input, (count,).

        With L = length and P = count, as the text of ONNX's Resize has it: centers, its half_pixel,
        (p + 1/2) L/P - 1/2; corners, its align_corners, p (L - 1)/(P - 1), and 0 of a single one;
        starts, its asymmetric, p L/P. Products come first, so that whole numbers and halves are
        exact.
        """
        p = np.arange(self.count, dtype=np.float64)
        if self.align == "centers":
            return (p + 0.5) * self.length / self.count - 0.5
        if self.align == "corners":
            return p * (self.length - 1) / max(1, self.count - 1)
        return p * self.length / self.count

    def find_nearest(self) -> Integers:
        """Return the nearest input position, (count,): of two as near the first.

        Of starts, the one that the output position begins in.
        """
        places = self.locate()
        nearest = np.floor(places) if self.align == "starts" else np.ceil(places - 0.5)
        return nearest.astype(np.int64)

    def tabulate(self) -> tuple[Integers, Wide]:
        """Return the sources of each output position and their weights, (count, taps).

        Beyond its ends the input goes on as its first and its last value. Cubic convolution is that
        of Keys 1981, equation 4 (doi:10.1109/TASSP.1981.1163711).
        """
        return _tabulate(self)

    def sum_up(self, *, back: bool = False) -> Sums:
        """Return the sums that outputs are of inputs; `back`: input gradients of output ones."""
        sources, weights = self.tabulate()
        positions, taps = np.nonzero(weights)
        targets, reads = positions, sources[positions, taps]
        length, count = self.length, self.count
        if back:
            targets, reads, length, count = reads, targets, count, length
        order = np.argsort(targets, kind="stable")
        starts = np.searchsorted(targets[order], np.arange(count + 1))
        terms = weights[positions, taps].astype(np.float32)
        return Sums(length, count, starts, reads[order], terms[order])

    def measure_reach(self) -> tuple[int, int, int]:
        """Return how many inputs an output p reads, and how far before and after p * jump at most.

        It lies at p * jump + offset, which is a whole number and a fraction: `phase`, or that and a
        multiple of `step`.
        """
        offset, step = Fraction(0), Fraction(1, self.jump.denominator)
        if self.align == "centers":
            offset = (self.jump - 1) / 2
        if self.method == "nearest" and self.align != "starts":
            offset -= Fraction(1, 2)  # rounded up from there
            rest = -offset % step
            return 1, math.ceil(-offset - rest), math.ceil(offset + rest + 1 - step)
        phase, half = offset % step, TAPS[self.method] // 2
        if self.method == "nearest":
            return 1, math.ceil(1 - step), 0
        if phase == 0 and step == 1:  # all lie on input positions
            return 1, int(-offset), int(offset)
        return 2 * half, math.ceil(half - offset + phase - step), math.ceil(half + offset - phase)


@lru_cache(maxsize=64)  # asked for again and again while a plan is made
def _tabulate(interpolation: Interpolation) -> tuple[Integers, Wide]:
    if interpolation.method == "nearest":
        sources = interpolation.find_nearest()[:, None]
        return sources, np.ones(sources.shape)
    places = interpolation.locate()
    half = TAPS[interpolation.method] // 2
    sources = np.floor(places).astype(np.int64)[:, None] + np.arange(1 - half, half + 1)
    distances = np.abs(places[:, None] - sources)
    weights = 1 - distances if interpolation.method == "linear" else _weigh_cubic(distances)
    return sources.clip(0, interpolation.length - 1), weights


def _weigh_cubic(d: Wide) -> Wide:
    """Return the weights of input positions at these distances from 0 to 2."""
    a = SHARPNESS
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((d - 5) * d + 8) * d * a - 4 * a
    return np.where(d <= 1, near, far)
