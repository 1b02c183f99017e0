"""A slice of the channels."""

from __future__ import annotations

from cnncli.errors import ArchitectureError
from cnncli.kernels import elementwise
from cnncli.layers.arrays import flat
from cnncli.layers.base import Example, Layer, Passes, Shape, Site
from cnncli.settings import COUNT, INDEX, setting


class Take(Layer, kind="take"):
    """The `channels` channels from number `first` on, counted from 0; x | y taken apart again."""

    channels: int = setting(COUNT)
    first: int = setting(INDEX, 0)

    scales = True
    backward_reads = frozenset()

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (("take(3)", (4, 3, 6)), ("take(2, 4)", (9, 6)), ("take(6)", (6,)))

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if self.first + self.channels > x[-1]:
            raise ArchitectureError(
                f"takes channels {self.first} to {self.first + self.channels - 1} of {x[-1]}, "
                f"which end with {x[-1] - 1}; take fewer"
            )
        return (*x[:-1], self.channels)

    def build(self, site: Site) -> Passes:
        all_channels, channels, first = site.x[0].shape[-1], self.channels, self.first
        rows, x, y = site.y[0].size // channels, flat(site.x[0]), flat(site.y)

        def forward(n: int) -> None:
            elementwise.copy_channels(
                n * rows, all_channels, first, channels, 0, channels, x, y, site.threads
            )

        if site.gradients is None:
            return Passes(forward)
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])

        def backward(n: int) -> None:
            dx[: n * rows * all_channels] = 0
            elementwise.copy_channels(
                n * rows, channels, 0, all_channels, first, channels, dy, dx, site.threads
            )

        return Passes(forward, backward)
