"""Fully connected layers, and the change between images and vectors that they need."""

from __future__ import annotations

from typing import Any

from cnncli.errors import ArchitectureError
from cnncli.kernels import elementwise
from cnncli.layers.arrays import flat
from cnncli.layers.base import (
    Example,
    Layer,
    Memory,
    Parameter,
    Passes,
    Reach,
    Setup,
    Shape,
    Site,
    declare_vector,
    image_shape,
    volume,
)
from cnncli.layers.conv import build_passes, choose_scratch, describe, fold_into_filters
from cnncli.layers.fusing import Folding, Fusing
from cnncli.layers.geometry import Windows
from cnncli.layers.panels import declare_dense_weight
from cnncli.settings import COUNT, SHAPE, setting

ONE_PIXEL = Windows(input=(1, 1), size=(1, 1), stride=(1, 1), before=(0, 0), output=(1, 1))


class Dense(Layer, kind="dense"):
    """Fully connected layer: every unit sees the whole input, which is flattened for it.

    y[k] = b[k] + sum over c of x[c] * w[k, c]. For the kernels it is the 1x1 convolution of an
    image that is a pixel with as many channels as there are inputs.
    """

    units: int = setting(COUNT)

    family = "dense"
    backward_reads = frozenset({"x"})

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("dense(10)", (20,)),
            ("dense(17)", (3, 4, 5)),
            ("dense(1)", (1, 1, 40)),
            ("dense(5)", (7, 2)),
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        return (self.units,)

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        return {
            "weight": declare_dense_weight(self.units, inputs[0]),
            "bias": declare_vector(self.units, "zeros"),
        }

    def macs(self, *inputs: Shape) -> int:
        return self.units * volume(inputs[0])

    def reach(self, *inputs: Shape) -> Reach:
        return Reach(everything=True)

    def memory(self, setup: Setup, *inputs: Shape) -> Memory:
        operator = self._describe(setup, inputs[0])
        return Memory(scratch=choose_scratch(setup, operator, operator.forward_scratch, self.units))

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(
            epilogue=frozenset({"residual", "relu"}),
            folding=Folding(self, fold_into_filters),
            adds_to_dx=True,
        )

    def build(self, site: Site) -> Passes:
        return build_passes(site, self._describe(site.setup, site.x[0].shape[1:]))

    def _describe(self, setup: Setup, x: Shape) -> Any:
        return describe(setup, ONE_PIXEL, volume(x), self.units, 1, "zero")


class Flatten(Layer, kind="flatten"):
    """All values of an image as one vector, in channel-row-column order as other tools have it.

    x (H, W, C) -> y (C*H*W,)
    """

    scales = True
    backward_reads = frozenset()

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (("flatten", (3, 4, 5)), ("flatten", (6,)), ("flatten", (9, 2)))

    def output_shape(self, *inputs: Shape) -> Shape:
        return (volume(inputs[0]),)

    def reach(self, *inputs: Shape) -> Reach:
        return Reach(everything=True)

    def build(self, site: Site) -> Passes:
        image = site.x[0].shape[1:]
        return _build_passes(site, image, elementwise.channels_first, elementwise.channels_last)


class Reshape(Layer, kind="reshape"):
    """The values of its input, channel by channel, as an image of another shape.

    x (C*H*W,) -> y (H, W, C)
    """

    shape: Shape = setting(SHAPE)

    scales = True
    backward_reads = frozenset()

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (("reshape(3x4x5)", (60,)), ("reshape(12x5)", (60,)))

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if volume(x) != volume(self.shape):
            flatten = "flatten before it and " if len(x) > 1 else ""
            raise ArchitectureError(
                f"its input has {volume(x)} values, but {'x'.join(map(str, self.shape))} holds "
                f"{volume(self.shape)}; use {flatten}a shape of {volume(x)}"
            )
        if len(x) > 1:
            raise ArchitectureError("its input is an image; put flatten before it")
        return self.shape

    def reach(self, *inputs: Shape) -> Reach:
        return Reach(everything=True)

    def build(self, site: Site) -> Passes:
        return _build_passes(
            site, self.shape, elementwise.channels_last, elementwise.channels_first
        )


def _build_passes(site: Site, image: Shape, transpose: Any, transpose_back: Any) -> Passes:
    """Return passes that change between row-column-channel and channel-row-column order."""
    height, width, channels = image_shape(image)
    pixels = height * width
    x, y = flat(site.x[0]), flat(site.y)

    def forward(n: int) -> None:
        transpose(n, pixels, channels, x, y, site.threads)

    if site.gradients is None:
        return Passes(forward)
    dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])

    def backward(n: int) -> None:
        transpose_back(n, pixels, channels, dy, dx, site.threads)

    return Passes(forward, backward)
