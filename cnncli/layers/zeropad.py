"""Zeros around an image, as many on each side as one likes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnncli.kernels import elementwise
from cnncli.layers.arrays import Array, flat
from cnncli.layers.base import Axes, Example, Layer, Passes, Reach, Shape, Site, image_shape
from cnncli.layers.geometry import add_channels, check_image, spread_over_axes
from cnncli.settings import SIDES, Size, setting


class ZeroPad(Layer, kind="zeropad"):
    """Zeros around an image: `before` it, above and to the left, and `after` it.

    `pad=` of a convolution pads both sides alike; this is for what pads one more than the other.
    """

    before: Size = setting(SIDES)
    after: Size = setting(SIDES)

    family = "enlarge"
    scales = True
    backward_reads = frozenset()

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("zeropad(0, 1)", (3, 4, 5)),
            ("zeropad(1x0, 0x2)", (4, 3, 2)),
            ("zeropad(1, 0)", (7, 2)),
        )

    def sides(self, x: Shape) -> tuple[Axes, Axes]:
        """Return the rows and columns of zeros before and after the image."""
        check_image(x)
        return spread_over_axes(self.before, x, 0), spread_over_axes(self.after, x, 0)

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        (top, left), (bottom, right) = self.sides(x)
        height, width, channels = image_shape(x)
        return add_channels(x, (top + height + bottom, left + width + right), channels)

    def reach(self, *inputs: Shape) -> Reach:
        (top, left), _ = self.sides(inputs[0])
        return Reach(before=(top, left), after=(-top, -left))

    def find_sources(
        self, positions: NDArray[np.int64], axis: int, *inputs: Shape
    ) -> NDArray[np.int64]:
        before, _ = self.sides(inputs[0])
        sources = positions - before[axis]
        inside = (sources >= 0) & (sources < image_shape(inputs[0])[axis])
        return np.where(inside, sources, -1)[:, None]

    def build(self, site: Site) -> Passes:
        (top, left), _ = self.sides(site.x[0].shape[1:])
        height, width, channels = image_shape(site.x[0].shape[1:])
        _, wide, _ = image_shape(site.y.shape[1:])
        image, padded, line = site.x[0][0].size, site.y[0].size, width * channels
        rows = [
            (row * line, ((top + row) * wide + left) * channels) for row in range(height)
        ]  # where each begins in an image, and in a padded one
        x, y = flat(site.x[0]), flat(site.y)

        def move(n: int, source: Array, target: Array, sizes: Axes, *, back: bool) -> None:
            for here, there in rows:
                starts = (there, here) if back else (here, there)
                elementwise.copy_channels(
                    n, sizes[0], starts[0], sizes[1], starts[1], line, source, target, site.threads
                )

        def forward(n: int) -> None:
            y[: n * padded] = 0
            move(n, x, y, (image, padded), back=False)

        if site.gradients is None:
            return Passes(forward)
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])

        def backward(n: int) -> None:
            move(n, dy, dx, (padded, image), back=True)

        return Passes(forward, backward)
