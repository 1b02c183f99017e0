"""Rows and columns around an image: zeros put there, or what stands there taken away."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ArchitectureError
from cnncli.kernels import elementwise
from cnncli.layers.arrays import Array, flat
from cnncli.layers.base import Axes, Layer, Passes, Reach, Shape, Site, image_shape, volume
from cnncli.layers.geometry import add_channels, check_image, spread_over_axes
from cnncli.settings import SIDES, Size, setting


class Border(Layer):
    """What layers share that put a border around an image, or take it away.

    A new one declares `before` and `after`, and says which of the two it does.
    """

    before: Size = setting(SIDES)
    after: Size = setting(SIDES)

    adds: ClassVar[bool]  # else it takes away
    scales = True
    backward_reads = frozenset()

    def sides(self, x: Shape) -> tuple[Axes, Axes]:
        """Return the rows and columns of the border before and after the image."""
        check_image(x)
        return spread_over_axes(self.before, x, 0), spread_over_axes(self.after, x, 0)

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        height, width, channels = image_shape(x)
        border = [sum(ends) for ends in zip(*self.sides(x), strict=True)]
        if not self.adds and (border[0] >= height or border[1] >= width):
            seen = f"{x[0]}-long" if len(x) == 2 else f"{height}x{width}"
            raise ArchitectureError(f"nothing of its {seen} input is left; take less away")
        sign = 1 if self.adds else -1
        return add_channels(x, (height + sign * border[0], width + sign * border[1]), channels)

    def reach(self, *inputs: Shape) -> Reach:
        top, left = self._shift(inputs[0])
        return Reach(before=(top, left), after=(-top, -left))

    def find_sources(
        self, positions: NDArray[np.int64], axis: int, *inputs: Shape
    ) -> NDArray[np.int64]:
        sources = positions - self._shift(inputs[0])[axis]
        inside = (sources >= 0) & (sources < image_shape(inputs[0])[axis])
        return np.where(inside, sources, -1)[:, None]

    def _shift(self, x: Shape) -> Axes:
        """Return by how many rows and columns the image moves down and to the right."""
        (top, left), _ = self.sides(x)
        return (top, left) if self.adds else (-top, -left)

    def build(self, site: Site) -> Passes:
        x, y = flat(site.x[0]), flat(site.y)
        shapes = site.x[0].shape[1:], site.y.shape[1:]
        whole, inner = reversed(shapes) if self.adds else shapes
        (top, left), _ = self.sides(shapes[0])
        height, line = image_shape(inner)[0], image_shape(inner)[1] * inner[-1]
        _, width, channels = image_shape(whole)
        sizes = volume(whole), volume(inner)
        starts = [
            (((top + row) * width + left) * channels, row * line) for row in range(height)
        ]  # where each row begins in the whole image, and in the inner one

        def take_away(n: int, source: Array, target: Array) -> None:
            for there, here in starts:
                elementwise.copy_channels(
                    n, sizes[0], there, sizes[1], here, line, source, target, site.threads
                )

        def put_around(n: int, source: Array, target: Array) -> None:
            target[: n * sizes[0]] = 0
            for there, here in starts:
                elementwise.copy_channels(
                    n, sizes[1], here, sizes[0], there, line, source, target, site.threads
                )

        move, move_back = (put_around, take_away) if self.adds else (take_away, put_around)

        def forward(n: int) -> None:
            move(n, x, y)

        if site.gradients is None:
            return Passes(forward)
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])

        def backward(n: int) -> None:
            move_back(n, dy, dx)

        return Passes(forward, backward)
