"""Enlarging without weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnncli.kernels import elementwise
from cnncli.layers.arrays import flat
from cnncli.layers.base import Axes, Example, Layer, Passes, Reach, Shape, Site, image_shape
from cnncli.layers.geometry import add_channels, check_image, spread_over_axes
from cnncli.settings import SIZE, Size, setting


class Upsample(Layer, kind="upsample"):
    """Repeats each pixel `factor` times along rows and columns: x (H, W, C) -> y (f*H, f*W, C)."""

    factor: Size = setting(SIZE, (2,))

    family = "enlarge"
    scales = True
    backward_reads = frozenset()

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("upsample", (3, 4, 5)),
            ("upsample(3x2)", (2, 2, 17)),
            ("upsample(4)", (5, 2)),
        )

    def factors(self, x: Shape) -> Axes:
        """Return how often rows and columns are repeated."""
        check_image(x)
        return spread_over_axes(self.factor, x, 1)

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rows, columns = self.factors(x)
        height, width, channels = image_shape(x)
        return add_channels(x, (height * rows, width * columns), channels)

    def reach(self, *inputs: Shape) -> Reach:
        rows, columns = self.factors(inputs[0])
        return Reach(finer=(rows, columns), before=(int(rows > 1), int(columns > 1)))

    def find_sources(
        self, positions: NDArray[np.int64], axis: int, *inputs: Shape
    ) -> NDArray[np.int64]:
        return positions[:, None] // self.factors(inputs[0])[axis]

    def build(self, site: Site) -> Passes:
        shape = site.x[0].shape[1:]
        sizes = (*image_shape(shape), *self.factors(shape))
        x, y = flat(site.x[0]), flat(site.y)

        def forward(n: int) -> None:
            elementwise.upsample_forward(n, *sizes, x, y, site.threads)

        if site.gradients is None:
            return Passes(forward)
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])

        def backward(n: int) -> None:
            elementwise.upsample_backward(n, *sizes, dy, dx, site.threads)

        return Passes(forward, backward)
