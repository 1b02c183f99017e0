"""Multiplication by a constant."""

from __future__ import annotations

import numpy as np

from cnncli.kernels import elementwise
from cnncli.layers.arrays import NOTHING, flat
from cnncli.layers.base import Example, Layer, Passes, Setup, Shape, Site
from cnncli.layers.fusing import Fusing
from cnncli.settings import POSITIVE, setting


class Scale(Layer, kind="scale"):
    """factor * x, which lets the layer behind it learn factor^2 as fast.

    Before the last dense layer it keeps the first answers near zero, and so the first steps small
    at a high learning rate (Jordan 2024, arXiv:2404.00498, section 3.1).
    """

    factor: float = setting(POSITIVE)

    scales = True
    backward_reads = frozenset()

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (("scale(0.25)", (5, 4, 3)), ("scale(3)", (7, 2)), ("scale(0.1)", (6,)))

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(dx_over_dy=True)

    def build(self, site: Site) -> Passes:
        channels, threads = site.y.shape[-1], site.threads
        rows = site.y[0].size // channels
        x, y = flat(site.x[0]), flat(site.y)
        factors, ones = np.full(channels, self.factor, np.float32), np.ones(channels, np.float32)
        zeros = np.zeros(channels, np.float32)

        def forward(n: int) -> None:
            elementwise.bn_forward(
                n * rows, channels, 0.0, x, factors, zeros, NOTHING, zeros, ones, y, False, threads
            )

        if site.gradients is None:
            return Passes(forward)
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])

        def backward(n: int) -> None:
            elementwise.bn_forward(
                n * rows, channels, 0.0, dy, factors, zeros, NOTHING, zeros, ones, dx, False,
                threads,
            )  # fmt: skip

        return Passes(forward, backward)
