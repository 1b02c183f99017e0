"""Channels in another order, so that groups of them mix."""

from __future__ import annotations

from cnncli.errors import ArchitectureError
from cnncli.kernels import elementwise
from cnncli.layers.arrays import flat
from cnncli.layers.base import Example, Layer, Passes, Shape, Site, volume
from cnncli.layers.geometry import check_image
from cnncli.settings import COUNT, setting


class Shuffle(Layer, kind="shuffle"):
    """The first channel of each of `groups` groups, then the second of each, and so on.

    It mixes groups that convolutions keep apart (ShuffleNet: Zhang et al. 2018, arXiv:1707.01083,
    section 3.2): y[groups * j + i] = x[C / groups * i + j].
    """

    groups: int = setting(COUNT)

    scales = True
    backward_reads = frozenset()

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (("shuffle(2)", (3, 4, 6)), ("shuffle(3)", (9, 12)), ("shuffle(1)", (2, 2, 5)))

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        check_image(x)
        if x[-1] % self.groups:
            raise ArchitectureError(
                f"its {x[-1]} channels do not divide into {self.groups} groups; "
                f"use a divisor of {x[-1]}"
            )
        return x

    def build(self, site: Site) -> Passes:
        shape = site.x[0].shape[1:]
        pixels, width = volume(shape[:-1]), shape[-1] // self.groups
        x, y = flat(site.x[0]), flat(site.y)

        def forward(n: int) -> None:
            elementwise.channels_first(n * pixels, self.groups, width, x, y, site.threads)

        if site.gradients is None:
            return Passes(forward)
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])

        def backward(n: int) -> None:
            elementwise.channels_last(n * pixels, self.groups, width, dy, dx, site.threads)

        return Passes(forward, backward)
