"""Transposed convolution: the backward pass of a convolution, used forward to enlarge."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ArchitectureError
from cnncli.kernels import conv as kernels
from cnncli.layers.arrays import Array
from cnncli.layers.base import (
    Axes,
    Example,
    Memory,
    Parameter,
    Passes,
    Reach,
    Setup,
    Shape,
    Site,
    declare_vector,
)
from cnncli.layers.conv import build_passes, check_groups, choose_scratch, describe
from cnncli.layers.fusing import Fusing
from cnncli.layers.geometry import Windowed, Windows, add_channels, check_image, spread_over_axes
from cnncli.layers.panels import declare_conv_weight
from cnncli.settings import COUNT, PADDING, SIZE, SWITCH, Padding, Size, setting


class Deconv(Windowed, kind="deconv"):
    """Transposed convolution: each input pixel stamps its filters onto a larger image.

    x (H, W, C) -> y (P, Q, K) with P = (H - 1)*stride - 2*pad + dilation*(size - 1) + 1; with
    pad=same P = H*stride. The adjoint of the convolution that leads from y back to x
    (Dumoulin & Visin 2016, arXiv:1603.07285, section 4).
    """

    filters: int = setting(COUNT)
    size: Size = setting(SIZE)
    stride: Size = setting(SIZE, (1,))
    pad: Padding = setting(PADDING, (0,))
    dilation: Size = setting(SIZE, (1,))
    groups: int = setting(COUNT, 1)
    bias: bool = setting(SWITCH, True)

    family = "enlarge"
    slides_over = "output"
    backward_reads = frozenset({"x"})

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("deconv(4, 2, 2)", (3, 4, 6)),
            ("deconv(4, 3, 2, same)", (3, 5, 2)),
            ("deconv(6, 3, groups=2)", (4, 4, 4)),
            ("deconv(3, 4, 2, bias=no)", (6, 2)),
        )

    def windows(self, x: Shape) -> Windows:
        check_image(x)
        if self.pad == "causal":
            raise ArchitectureError("deconv has no causal padding; use a number or same")
        image = (1, x[0]) if len(x) == 2 else (x[0], x[1])
        size, stride = spread_over_axes(self.size, x, 1), spread_over_axes(self.stride, x, 1)
        dilation = spread_over_axes(self.dilation, x, 1)
        output, before = [], []
        for axis, length in enumerate(image):
            span = dilation[axis] * (size[axis] - 1) + 1
            if self.pad == "same":
                output.append(length * stride[axis])
                before.append(max(0, span - stride[axis]) // 2)
            else:
                pad = spread_over_axes(self.pad, x, 0)[axis]
                output.append((length - 1) * stride[axis] + span - 2 * pad)
                before.append(pad)
        if min(output) < 1:
            raise ArchitectureError(
                f"its padding of {max(before)} leaves nothing of its output; use a smaller pad"
            )
        return Windows(
            input=(output[0], output[1]),
            size=size,
            stride=stride,
            before=(before[0], before[1]),
            output=image,
            dilation=dilation,
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        output = self.windows(x).input
        check_groups(x[-1], self.filters, self.groups)
        return add_channels(x, output, self.filters)

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        (x,) = inputs
        rows, columns = self.windows(x).size
        filters, area = self.filters // self.groups, rows * columns
        shape, fan_in = (x[-1], filters, rows, columns), x[-1] // self.groups * area
        weight = declare_conv_weight(shape, self.groups, fan_in, filters * area)
        if not self.bias:
            return {"weight": weight}
        return {"weight": weight, "bias": declare_vector(self.filters, "zeros")}

    def macs(self, *inputs: Shape) -> int:
        (x,) = inputs
        windows = self.windows(x)
        return windows.count * windows.area * x[-1] * (self.filters // self.groups)

    def reach(self, *inputs: Shape) -> Reach:
        windows = self.windows(inputs[0])
        axes = tuple(zip(windows.span, windows.stride, windows.before, strict=True))
        rows, columns = (-(-span // step) for span, step, _ in axes)
        above, left = (max(0, -((pad + 1 - span) // step)) for span, step, pad in axes)
        below, right = (-(-pad // step) for _, step, pad in axes)
        return Reach(
            window=(rows, columns),
            finer=windows.stride,
            before=(above, left),
            after=(below, right),
        )

    def find_sources(
        self, positions: NDArray[np.int64], axis: int, *inputs: Shape
    ) -> NDArray[np.int64]:
        windows = self.windows(inputs[0])
        shift = windows.dilation[axis] * np.arange(windows.size[axis])
        stamped = positions[:, None] + windows.before[axis] - shift
        places, between = np.divmod(stamped, windows.stride[axis])
        return self.fill_padding(np.where(between, -1, places), windows.output[axis])

    def lost(self, *inputs: Shape) -> Axes:
        return (0, 0)

    def view_filters(self, weight: Array) -> Array:
        channels, filters, *size = weight.shape
        grouped = weight.reshape(self.groups, channels // self.groups, filters, *size)
        swapped: Array = grouped.swapaxes(1, 2)
        return np.reshape(swapped, (self.groups * filters, channels // self.groups, *size))

    def memory(self, setup: Setup, *inputs: Shape) -> Memory:
        adjoint = self._describe_adjoint(setup, inputs[0])
        return Memory(scratch=choose_scratch(setup, adjoint, adjoint.data_scratch, self.filters))

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(epilogue=frozenset({"residual", "relu"}), adds_to_dx=True, writes_slices=True)

    def build(self, site: Site) -> Passes:
        adjoint = self._describe_adjoint(site.setup, site.x[0].shape[1:])
        return build_passes(site, adjoint, kernels.BackwardData, kernels.Forward)

    def _describe_adjoint(self, setup: Setup, x: Shape) -> Any:
        return describe(setup, self.windows(x), self.filters, x[-1], self.groups, "zero")
