"""Depthwise convolution: a filter per channel, and no channel sees another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from cnncli.kernels import depthwise as kernels
from cnncli.layers.arrays import Array, flat
from cnncli.layers.base import (
    Example,
    Memory,
    Parameter,
    Passes,
    Setup,
    Shape,
    Site,
    declare_vector,
)
from cnncli.layers.conv import Conv, Filtering, fold_into_filters
from cnncli.layers.epilogue import (
    build_epilogue_backward,
    count_epilogue_scratch,
    list_activations,
)
from cnncli.layers.fusing import Folding, Fusing
from cnncli.layers.geometry import add_channels
from cnncli.settings import FILL, PADDING, SIZE, SWITCH, Padding, Size, setting


class Depthwise(Filtering, kind="depthwise"):
    """Convolution of each channel with a filter of its own (MobileNet, arXiv:1704.04861).

    y[p, q, c] = b[c] + sum over r, s of x[p*stride + r*dilation - pad, …, c] * w[c, r, s]
    """

    size: Size = setting(SIZE)
    stride: Size = setting(SIZE, (1,))
    pad: Padding = setting(PADDING, (0,))
    fill: str = setting(FILL, "zero")
    dilation: Size = setting(SIZE, (1,))
    bias: bool = setting(SWITCH, True)

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("depthwise(3, pad=1)", (6, 7, 18)),
            ("depthwise(3, 2, 1, bias=no)", (7, 7, 5)),
            ("depthwise(3x1, pad=1x0, fill=reflect)", (5, 6, 3)),
            ("depthwise(3, pad=causal, dilation=4)", (29, 5)),
        )

    def as_conv(self, x: Shape) -> Conv:
        """Return the grouped convolution that is the same function; it runs where fill is given."""
        return Conv(
            x[-1], self.size, self.stride, self.pad, self.fill, self.dilation, x[-1], self.bias
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return add_channels(x, self.windows(x).output, x[-1])

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        (x,) = inputs
        if self.fill != "zero":
            return self.as_conv(x).parameters(x)
        weight = _declare_weight((x[-1], 1, *self.windows(x).size))
        if not self.bias:
            return {"weight": weight}
        return {"weight": weight, "bias": declare_vector(x[-1], "zeros")}

    def macs(self, *inputs: Shape) -> int:
        (x,) = inputs
        windows = self.windows(x)
        return windows.count * windows.area * x[-1]

    def memory(self, setup: Setup, *inputs: Shape) -> Memory:
        (x,) = inputs
        if self.fill != "zero":
            return self.as_conv(x).memory(setup, x)
        if not setup.backward:
            return Memory()
        scratch = self._describe(setup, x).scratch_size
        return Memory(scratch=max(scratch, count_epilogue_scratch(x[-1])))

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(
            epilogue=list_activations(setup),
            folding=Folding(replace(self, bias=True), fold_into_filters),
            normalizes_x=True,
        )

    def build(self, site: Site) -> Passes:
        shape = site.x[0].shape[1:]
        if self.fill != "zero":
            return self.as_conv(shape).build(site)
        operator = self._describe(site.setup, shape)
        x, y, scratch = flat(site.x[0]), flat(site.y), site.scratch
        weight, bias = site.weights["weight"], flat(site.weights.get("bias"))
        normal, activation = site.normal, site.epilogue.activation
        forward = kernels.Forward(operator, x, weight, bias, y, scratch, activation, normal)
        gradients = site.gradients
        if gradients is None:
            return Passes(forward)
        dy, dx = flat(gradients.dy), flat(gradients.dx[0])
        dweight = flat(gradients.weights.get("weight"))
        epilogue_backward = build_epilogue_backward(site, gradients)
        backward_data = kernels.BackwardData(operator, dy, weight, dx)

        def backward(n: int) -> None:
            epilogue_backward(n)
            if dweight.size:
                kernels.depthwise_backward_weights(operator, n, x, dy, dweight, scratch, normal)
            if dx.size:
                backward_data(n)

        return Passes(forward, backward)

    def _describe(self, setup: Setup, x: Shape) -> Any:
        """Return the kernels' description of it."""
        windows = self.windows(x)
        return kernels.Depthwise(
            *windows.input,
            x[-1],
            *windows.size,
            *windows.stride,
            *windows.before,
            *windows.output,
            *windows.dilation,
            setup.threads,
        )


def _declare_weight(shape: Shape) -> Parameter:
    """Return the parameter of filters (C, 1, R, S), which the kernels read as [R][S][C]."""
    channels, _, rows, columns = shape
    area = rows * columns

    def pack(weight: Array) -> Array:
        return np.ascontiguousarray(weight.reshape(channels, area).T).reshape(-1)

    def unpack(packed: Array, shape: Shape) -> Array:
        return np.ascontiguousarray(packed.reshape(area, channels).T).reshape(shape)

    return Parameter(
        shape, channels * area, area, area, decays=True, pack=pack, unpack=unpack, lanes=channels
    )
