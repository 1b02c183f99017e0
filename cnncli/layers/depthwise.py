"""Depthwise convolution: one filter per channel, and no channel sees another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from cnncli.kernels import depthwise as kernels
from cnncli.layers.base import (
    Array,
    Axes,
    Layer,
    Parameter,
    Pass,
    Reach,
    Setup,
    Shape,
    Site,
    Wide,
    flat,
    plain,
)
from cnncli.layers.conv import Conv, scaled
from cnncli.layers.epilogue import epilogue_backward, epilogue_scratch
from cnncli.settings import FILL, PADDING, SIZE, SWITCH, Padding, Size, setting


class Depthwise(Layer, kind="depthwise"):
    """Convolution of each channel with a filter of its own (MobileNet, arXiv:1704.04861).

    y[p, q, c] = b[c] + sum over r, s of x[p*stride + r*dilation - pad, …, c] * w[c, r, s]
    """

    size: Size = setting(SIZE)
    stride: Size = setting(SIZE, (1,))
    pad: Padding = setting(PADDING, (0,))
    fill: str = setting(FILL, "zero")
    dilation: Size = setting(SIZE, (1,))
    bias: bool = setting(SWITCH, True)

    accepts = frozenset({"relu"})
    backward_reads = frozenset({"x"})

    def as_conv(self, x: Shape) -> Conv:
        """Return the grouped convolution that is the same function."""
        return Conv(
            x[-1], self.size, self.stride, self.pad, self.fill, self.dilation, x[-1], self.bias
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        return self.as_conv(inputs[0]).output_shape(*inputs)

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        (x,) = inputs
        if self.fill != "zero":
            return self.as_conv(x).parameters(x)
        rows, columns = self.as_conv(x).windows(x).size
        shape, area = (x[-1], 1, rows, columns), rows * columns

        def pack(weight: Array) -> Array:
            return np.ascontiguousarray(weight.reshape(x[-1], area).T).reshape(-1)

        def unpack(flat: Array, shape: Shape) -> Array:
            return np.ascontiguousarray(flat.reshape(area, x[-1]).T).reshape(shape)

        found = {
            "weight": Parameter(
                shape, x[-1] * area, area, area, decays=True, pack=pack, unpack=unpack
            )
        }
        if self.bias:
            found["bias"] = plain(x[-1], "zeros")
        return found

    def macs(self, *inputs: Shape) -> int:
        return self.as_conv(inputs[0]).macs(*inputs)

    def reach(self, *inputs: Shape) -> Reach:
        return self.as_conv(inputs[0]).reach(*inputs)

    def lost(self, *inputs: Shape) -> Axes:
        return self.as_conv(inputs[0]).lost(*inputs)

    def scratch_size(self, setup: Setup, *inputs: Shape) -> int:
        (x,) = inputs
        conv = self.as_conv(x)
        if self.fill != "zero":
            return conv.scratch_size(setup, x)
        if not setup.training:
            return 0
        return max(int(self._operator(setup, x).scratch_size), epilogue_scratch(x[-1]))

    def normalizes(self, setup: Setup, *inputs: Shape) -> bool:
        return True

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        shape = site.x[0].shape[1:]
        if self.fill != "zero":
            return self.as_conv(shape).build(site)
        operator = self._operator(site.setup, shape)
        x, y, scratch = site.x[0].reshape(-1), site.y.reshape(-1), site.scratch
        weight, bias = site.weights["weight"], flat(site.weights.get("bias"))
        normal, relu = site.normal if site.normal.size else None, site.activation == "relu"
        forward = kernels.Forward(operator, x, weight, bias, y, scratch, relu, normal)
        if site.dy is None:
            return forward, None
        dy, dx, epilogue = site.dy.reshape(-1), flat(site.dx[0]), epilogue_backward(site)
        dweight = site.gradients["weight"]
        backward_data = kernels.BackwardData(operator, dy, weight, dx)

        def backward(n: int) -> None:
            epilogue(n)
            kernels.depthwise_backward_weights(operator, n, x, dy, dweight, scratch, normal)
            if dx.size:
                backward_data(n)

        return forward, backward

    def _operator(self, setup: Setup, x: Shape) -> Any:
        """Return the kernels' description of it."""
        found = self.as_conv(x).windows(x)
        return kernels.Depthwise(
            *found.input,
            x[-1],
            *found.size,
            *found.stride,
            *found.before,
            *found.output,
            *found.dilation,
            setup.threads,
        )

    def absorbing(self) -> Layer:
        return replace(self, bias=True)

    def absorb(self, weights: Mapping[str, Array], scale: Wide, shift: Wide) -> dict[str, Array]:
        return scaled(weights, scale, shift, axis=0)
