"""Enlarging without weights."""

from __future__ import annotations

from cnncli.kernels import elementwise
from cnncli.layers.base import Axes, Layer, Pass, Reach, Shape, Site, image_shape
from cnncli.layers.geometry import need_image, per_axis, with_channels
from cnncli.settings import SIZE, Size, setting


class Upsample(Layer, kind="upsample"):
    """Repeats each pixel `factor` times along rows and columns: x (H, W, C) -> y (f*H, f*W, C)."""

    factor: Size = setting(SIZE, (2,))

    backward_reads = frozenset()

    def factors(self, x: Shape) -> Axes:
        """Return how often rows and columns are repeated."""
        need_image(x)
        return per_axis(self.factor, x, 1)

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rows, columns = self.factors(x)
        height, width, channels = image_shape(x)
        return with_channels(x, (height * rows, width * columns), channels)

    def reach(self, *inputs: Shape) -> Reach:
        rows, columns = self.factors(inputs[0])
        return Reach(finer=(rows, columns), before=(int(rows > 1), int(columns > 1)))

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        shape = site.x[0].shape[1:]
        sizes = (*image_shape(shape), *self.factors(shape))
        x, y = site.x[0].reshape(-1), site.y.reshape(-1)

        def forward(n: int) -> None:
            elementwise.upsample_forward(n, *sizes, x, y, site.threads)

        if site.dy is None or site.dx[0] is None:
            return forward, None
        dy, dx = site.dy.reshape(-1), site.dx[0].reshape(-1)

        def backward(n: int) -> None:
            elementwise.upsample_backward(n, *sizes, dy, dx, site.threads)

        return forward, backward
