"""Enlarging by a whole number, without weights."""

from __future__ import annotations

from cnncli.kernels import elementwise
from cnncli.layers.arrays import flat
from cnncli.layers.base import Axes, Example, Passes, Shape, Site, image_shape
from cnncli.layers.geometry import check_image, spread_over_axes
from cnncli.layers.interpolation import ALIGN, METHOD, Align, Method
from cnncli.layers.resampling import Resampling
from cnncli.settings import SIZE, Size, setting


class Upsample(Resampling, kind="upsample"):
    """Makes `factor` times as many rows and columns: x (H, W, C) -> y (f*H, f*W, C).

    `method` and `align` are those of resize; the nearest pixel means that each is repeated.
    """

    factor: Size = setting(SIZE, (2,))
    method: Method = setting(METHOD, "nearest")
    align: Align = setting(ALIGN, "centers")

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("upsample", (3, 4, 5)),
            ("upsample(3x2)", (2, 2, 17)),
            ("upsample(4)", (5, 2)),
            ("upsample(2, linear)", (3, 4, 5)),
            ("upsample(3x1, cubic)", (4, 3, 2)),
            ("upsample(2, linear, corners)", (6, 3)),
        )

    @property
    def repeats(self) -> bool:
        """Whether each pixel becomes several equal ones."""
        return self.method == "nearest" and self.align != "corners"

    @property
    def anchored(self) -> bool:
        return self.align == "corners"

    def factors(self, x: Shape) -> Axes:
        """Return how often rows and columns are repeated."""
        check_image(x)
        return spread_over_axes(self.factor, x, 1)

    def output_size(self, x: Shape) -> Axes:
        (rows, columns), (height, width, _) = self.factors(x), image_shape(x)
        return height * rows, width * columns

    def build(self, site: Site) -> Passes:
        if not self.repeats:
            return super().build(site)
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
