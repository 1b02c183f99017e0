"""Dropout."""

from __future__ import annotations

from cnncli.kernels import elementwise
from cnncli.layers.base import Layer, Pass, Shape, Site
from cnncli.settings import RATE, setting


class Dropout(Layer, kind="dropout"):
    """Zeroes each value with probability `rate` in training and scales up the rest.

    y = x / (1 - rate) where kept; a prediction passes everything (Srivastava et al. 2014). What is
    kept is a hash of the seed, the epoch, the sample, the layer and the position, so it is the same
    in any batch.
    """

    rate: float = setting(RATE, 0.5)

    backward_reads = frozenset()
    training_only = True
    dx_over_dy = True

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        x, y, size = site.x[0].reshape(-1), site.y.reshape(-1), site.y[0].size
        clock, threads, purpose = site.clock, site.threads, f"dropout {site.index}"
        rate = self.rate if site.setup.training else 0.0

        def forward(n: int) -> None:
            elementwise.dropout(n, size, rate, clock.draw(n, purpose), x, y, threads)

        if site.dy is None or site.dx[0] is None:
            return forward, None
        dy, dx = site.dy.reshape(-1), site.dx[0].reshape(-1)

        def backward(n: int) -> None:
            elementwise.dropout(n, size, rate, clock.draw(n, purpose), dy, dx, threads)

        return forward, backward
