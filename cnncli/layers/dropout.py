"""Dropout."""

from __future__ import annotations

from cnncli.kernels import elementwise
from cnncli.layers.arrays import flat
from cnncli.layers.base import Example, Layer, Passes, Setup, Shape, Site
from cnncli.layers.fusing import Fusing
from cnncli.settings import RATE, setting


class Dropout(Layer, kind="dropout"):
    """Zeroes each value with probability `rate` in training and scales up the rest.

    y = x / (1 - rate) where kept; a prediction passes everything (Srivastava et al. 2014). What is
    kept is a hash of the seed, the epoch, the sample, the layer and the position, so it is the same
    in any batch.
    """

    rate: float = setting(RATE, 0.5)

    family = "dropout"
    scales = True
    draws = True
    backward_reads = frozenset()

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (("dropout(0.3)", (6, 5, 7)), ("dropout(0.4)", (33, 5)))

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(is_copy=not setup.training, dx_over_dy=True)

    def build(self, site: Site) -> Passes:
        x, y = flat(site.x[0]), flat(site.y)
        clock, size, threads = site.clock, site.y[0].size, site.threads
        purpose = f"dropout {site.index}"
        rate = self.rate if site.setup.training else 0.0

        def forward(n: int) -> None:
            elementwise.dropout(n, size, rate, clock.draw(n, purpose), x, y, threads)

        if site.gradients is None:
            return Passes(forward)
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])

        def backward(n: int) -> None:
            elementwise.dropout(n, size, rate, clock.draw(n, purpose), dy, dx, threads)

        return Passes(forward, backward)
