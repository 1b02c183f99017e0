"""Fully connected layers, and the change between images and vectors that they need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncli.errors import ArchitectureError
from cnncli.kernels import conv as kernels
from cnncli.kernels import elementwise
from cnncli.layers.base import (
    Array,
    Layer,
    Parameter,
    Pass,
    Reach,
    Setup,
    Shape,
    Site,
    Wide,
    image_shape,
    plain,
    volume,
)
from cnncli.layers.conv import passes, scaled, scratch_of
from cnncli.layers.panels import panelled_dense
from cnncli.settings import COUNT, SHAPE, setting


class Dense(Layer, kind="dense"):
    """Fully connected layer: every unit sees the whole input, which is flattened for it.

    y[k] = b[k] + sum over c of x[c] * w[k, c]. For the kernels it is the 1x1 convolution of an
    image that is one pixel with as many channels as there are inputs.
    """

    units: int = setting(COUNT)

    accepts = frozenset({"relu"})
    backward_reads = frozenset({"x"})
    adds_residual = True
    adds_to_dx = True

    def output_shape(self, *inputs: Shape) -> Shape:
        return (self.units,)

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        return {"weight": panelled_dense(self.units, inputs[0]), "bias": plain(self.units, "zeros")}

    def macs(self, *inputs: Shape) -> int:
        return self.units * volume(inputs[0])

    def reach(self, *inputs: Shape) -> Reach:
        return Reach(everything=True)

    def scratch_size(self, setup: Setup, *inputs: Shape) -> int:
        operator = self._convolution(setup, volume(inputs[0]))
        return scratch_of(setup, operator, operator.forward_scratch, self.units)

    def _convolution(self, setup: Setup, inputs: int) -> Any:
        one = (1, 1)
        return kernels.Convolution(
            *one, inputs, self.units, *one, *one, 0, 0, *one, *one, 1, 0,
            setup.batch, setup.threads,
        )  # fmt: skip

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        return passes(site, self._convolution(site.setup, site.x[0][0].size))

    def absorbing(self) -> Layer:
        return self

    def absorb(self, weights: Mapping[str, Array], scale: Wide, shift: Wide) -> dict[str, Array]:
        return scaled(weights, scale, shift, axis=0)


class Flatten(Layer, kind="flatten"):
    """All values of an image as one vector, in channel-row-column order as other tools have it.

    x (H, W, C) -> y (C*H*W,)
    """

    backward_reads = frozenset()

    def output_shape(self, *inputs: Shape) -> Shape:
        return (volume(inputs[0]),)

    def reach(self, *inputs: Shape) -> Reach:
        return Reach(everything=True)

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        return _transposing(
            site, site.x[0].shape[1:], elementwise.channels_first, elementwise.channels_last
        )


class Reshape(Layer, kind="reshape"):
    """The values of its input, channel by channel, as an image of another shape.

    x (C*H*W,) -> y (H, W, C)
    """

    shape: Shape = setting(SHAPE)

    backward_reads = frozenset()

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) > 1:
            raise ArchitectureError("its input is an image; put flatten before it")
        if volume(x) != volume(self.shape):
            raise ArchitectureError(
                f"its input has {volume(x)} values, but {'x'.join(map(str, self.shape))} holds "
                f"{volume(self.shape)}; use a shape of {volume(x)}"
            )
        return self.shape

    def reach(self, *inputs: Shape) -> Reach:
        return Reach(everything=True)

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        return _transposing(site, self.shape, elementwise.channels_last, elementwise.channels_first)


def _transposing(site: Site, image: Shape, there: Any, back: Any) -> tuple[Pass, Pass | None]:
    """Return passes that change between row-column-channel and channel-row-column order."""
    height, width, channels = image_shape(image)
    pixels = height * width
    x, y = site.x[0].reshape(-1), site.y.reshape(-1)

    def forward(n: int) -> None:
        there(n, pixels, channels, x, y, site.threads)

    if site.dy is None or site.dx[0] is None:
        return forward, None
    dy, dx = site.dy.reshape(-1), site.dx[0].reshape(-1)

    def backward(n: int) -> None:
        back(n, pixels, channels, dy, dx, site.threads)

    return forward, backward
