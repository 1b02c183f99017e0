"""Some of the channels."""

from __future__ import annotations

from cnncli.errors import ArchitectureError
from cnncli.kernels import elementwise
from cnncli.layers.base import Layer, Pass, Shape, Site
from cnncli.settings import COUNT, INDEX, setting


class Take(Layer, kind="take"):
    """The `channels` channels from number `first` on, counted from 0; x | y taken apart again."""

    channels: int = setting(COUNT)
    first: int = setting(INDEX, 0)

    backward_reads = frozenset()

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if self.first + self.channels > x[-1]:
            raise ArchitectureError(
                f"takes channels {self.first} to {self.first + self.channels - 1} of {x[-1]}, "
                f"which end with {x[-1] - 1}; take fewer"
            )
        return (*x[:-1], self.channels)

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        width, own, first = site.x[0].shape[-1], self.channels, self.first
        rows, x, y = site.y[0].size // own, site.x[0].reshape(-1), site.y.reshape(-1)

        def forward(n: int) -> None:
            elementwise.copy_channels(n * rows, width, first, own, 0, own, x, y, site.threads)

        if site.dy is None or site.dx[0] is None:
            return forward, None
        whole, dy, dx = site.dx[0], site.dy.reshape(-1), site.dx[0].reshape(-1)

        def backward(n: int) -> None:
            whole[:n] = 0
            elementwise.copy_channels(n * rows, own, 0, width, first, own, dy, dx, site.threads)

        return forward, backward
