"""Images and signals in another size, without weights: rows first, then columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ArchitectureError
from cnncli.kernels import elementwise
from cnncli.layers.arrays import Array, flat
from cnncli.layers.base import (
    Axes,
    Example,
    Layer,
    Memory,
    Passes,
    Reach,
    Setup,
    Shape,
    Site,
    image_shape,
)
from cnncli.layers.geometry import LARGEST, add_channels, check_image, spread_over_axes
from cnncli.layers.interpolation import ALIGN, METHOD, Align, Interpolation, Method, Sums
from cnncli.settings import SIZE, Size, setting
from cnncli.value import Value


class Resampling(Layer):
    """What layers share that make an image larger or smaller: a method, how it is aligned, a size.

    A new one declares these settings and defines `output_size`.
    """

    if TYPE_CHECKING:  # settings of every subclass, behind its own

        @property
        def method(self) -> Method: ...
        @property
        def align(self) -> Align: ...

    family = "enlarge"
    scales = True
    backward_reads = frozenset()

    @property
    def anchored(self) -> bool:
        """Whether an output position lies elsewhere in an input of another size."""
        return True

    def output_size(self, x: Shape) -> Axes:
        """Return the rows and columns of the output; raise ArchitectureError."""
        raise NotImplementedError

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        check_image(x)
        size = self.output_size(x)
        if max(size) > LARGEST:
            raise ArchitectureError(f"sizes end at {LARGEST:,}; use smaller ones")
        return add_channels(x, size, x[-1])

    def interpolate(self, x: Shape) -> tuple[Interpolation, Interpolation]:
        """Return what rows and what columns are made of."""
        height, width, _ = image_shape(x)
        rows, columns = self.output_size(x)
        return (
            Interpolation(height, rows, self.method, self.align),
            Interpolation(width, columns, self.method, self.align),
        )

    def reach(self, *inputs: Shape) -> Reach:
        rows, columns = self.interpolate(inputs[0])
        window, before, after = zip(rows.measure_reach(), columns.measure_reach(), strict=True)
        return Reach(
            window=window,
            stride=(rows.jump.numerator, columns.jump.numerator),
            finer=(rows.jump.denominator, columns.jump.denominator),
            before=before,
            after=after,
            anchored=self.anchored,
        )

    def find_sources(
        self, positions: NDArray[np.int64], axis: int, *inputs: Shape
    ) -> NDArray[np.int64]:
        sources, weights = self.interpolate(inputs[0])[axis].tabulate()
        return np.where(weights != 0, sources, -1)[positions]

    def memory(self, setup: Setup, *inputs: Shape) -> Memory:
        rows, columns = self.interpolate(inputs[0])
        between = rows.count * columns.length * inputs[0][-1]
        return Memory(scratch=setup.batch * between if rows.changes and columns.changes else 0)

    def build(self, site: Site) -> Passes:
        steps = self._part(site.x[0].shape[1:])
        between = [site.scratch] if len(steps) == 2 else []
        values = [flat(site.x[0]), *between, flat(site.y)]

        def forward(n: int) -> None:
            for step, x, y in zip(steps, values, values[1:], strict=False):
                step.run(n, step.forward, x, y, site.threads)

        if site.gradients is None:
            return Passes(forward)
        gradients = [flat(site.gradients.dy), *between, flat(site.gradients.dx[0])]

        def backward(n: int) -> None:
            for step, dy, dx in zip(reversed(steps), gradients, gradients[1:], strict=False):
                step.run(n, step.backward, dy, dx, site.threads)

        return Passes(forward, backward)

    def _part(self, x: Shape) -> list[_Step]:
        """Return the steps: one for rows and one for columns, where their number changes."""
        rows, columns = self.interpolate(x)
        channels = x[-1]
        steps = [_Step(rows.sum_up(), rows.sum_up(back=True), 1, columns.length * channels)]
        if columns.changes:
            step = _Step(columns.sum_up(), columns.sum_up(back=True), rows.count, channels)
            steps = [*steps, step] if rows.changes else [step]
        return steps


class _Step(Value):
    """Sums along one axis."""

    forward: Sums
    backward: Sums
    outer: int  # of an image: the positions before the axis
    inner: int  # and the values behind it

    def run(self, n: int, sums: Sums, x: Array, y: Array, threads: int) -> None:
        """Write the sums of x of n images, (n * outer, sources, inner), to y."""
        elementwise.interpolate(
            n * self.outer, sums.length, sums.count, self.inner,
            sums.starts, sums.sources, sums.weights, x, y, threads,
        )  # fmt: skip


class Resize(Resampling, kind="resize"):
    """Makes an image of HxW pixels of any other: x (H, W, C) -> y (P, Q, C).

    `method`: each pixel is the nearest one, or lies between two (linear) or four (cubic) along each
    axis. `align`: how pixels lie over those of x. With centers both images cover the same area, and
    pixels lie in the middle of their share of it (align_corners=False of PyTorch); with corners the
    first and the last pixels lie over each other (align_corners=True), with starts the first ones.
    """

    size: Size = setting(SIZE)
    method: Method = setting(METHOD, "linear")
    align: Align = setting(ALIGN, "centers")

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("resize(7x3)", (3, 5, 3)),
            ("resize(9x6, cubic, corners)", (5, 4, 2)),
            ("resize(5x7, nearest)", (3, 7, 17)),
            ("resize(4, cubic)", (9, 3, 5)),
            ("resize(8, linear, corners)", (5, 2)),
            ("resize(7, cubic, starts)", (5, 3)),
            ("resize(3x1, nearest, corners)", (5, 2, 4)),
        )

    def output_size(self, x: Shape) -> Axes:
        return spread_over_axes(self.size, x, 1)
