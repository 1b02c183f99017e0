"""Convolution: every filter slides over the image and answers at each position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ArchitectureError
from cnncli.kernels import conv as kernels
from cnncli.layers import winograd
from cnncli.layers.arrays import NOTHING, Array, Wide, flat, step_of
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
from cnncli.layers.epilogue import (
    build_epilogue_backward,
    count_epilogue_scratch,
    list_activations,
)
from cnncli.layers.fusing import Folding, Fusing, Part
from cnncli.layers.geometry import Windowed, Windows, add_channels, lay_windows
from cnncli.layers.panels import declare_conv_weight
from cnncli.settings import COUNT, FILL, PADDING, SIZE, SWITCH, Padding, Size, setting

FILLS = ("zero", "reflect", "edge")  # as the kernels count them


class Filtering(Windowed):
    """What conv and depthwise share: where their windows stand, and what the padding holds."""

    if TYPE_CHECKING:  # settings of both

        @property
        def stride(self) -> Size: ...
        @property
        def fill(self) -> str: ...
        @property
        def dilation(self) -> Size: ...

    family = "conv"
    backward_reads = frozenset({"x"})

    def windows(self, x: Shape) -> Windows:
        windows = lay_windows(x, self.size, self.stride, self.pad, self.dilation)
        if self.fill == "reflect":
            _check_reflection(windows)
        return windows

    def fill_padding(self, places: NDArray[np.int64], length: int) -> NDArray[np.int64]:
        last = length - 1
        if self.fill == "edge":
            return places.clip(0, last)
        if self.fill == "reflect":  # by less than the length, as `windows` has checked
            reflected: NDArray[np.int64] = last - np.abs(last - np.abs(places))
            return reflected
        return super().fill_padding(places, length)


class Conv(Filtering, kind="conv"):
    """Convolution of the whole depth of its input with each of its filters.

    y[p, q, k] = b[k] + sum over r, s, c of x[p*stride + r*dilation - pad, …, c] * w[k, c, r, s]
    (a cross-correlation, as in every deep learning library). x (H, W, C) -> y (P, Q, K).
    """

    filters: int = setting(COUNT)
    size: Size = setting(SIZE)
    stride: Size = setting(SIZE, (1,))
    pad: Padding = setting(PADDING, (0,))
    fill: str = setting(FILL, "zero")
    dilation: Size = setting(SIZE, (1,))
    groups: int = setting(COUNT, 1)
    bias: bool = setting(SWITCH, True)

    grain = winograd.GRAIN

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("conv(4, 3)", (6, 7, 3)),
            ("conv(33, 3x5, 2x1, same)", (7, 9, 5)),
            ("conv(8, 3, 2, 1, reflect)", (8, 7, 4)),
            ("conv(12, 3, pad=1, groups=3)", (6, 6, 6)),
            ("conv(18, 1, bias=no)", (5, 5, 34)),
            ("conv(40, 3, pad=1)", (9, 10, 36)),  # by Winograd's algorithm, as the next two
            ("conv(40, 5, pad=2)", (9, 10, 36)),
            ("conv(64, 3, 2, 1)", (11, 12, 48)),
            ("conv(16, 2, pad=causal, dilation=4)", (30, 8)),
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        output = self.windows(x).output
        check_groups(x[-1], self.filters, self.groups)
        return add_channels(x, output, self.filters)

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        (x,) = inputs
        rows, columns = self.windows(x).size
        filters, channels = self.filters // self.groups, x[-1] // self.groups
        shape, area = (self.filters, channels, rows, columns), rows * columns
        weight = declare_conv_weight(shape, self.groups, channels * area, filters * area)
        if not self.bias:
            return {"weight": weight}
        return {"weight": weight, "bias": declare_vector(self.filters, "zeros")}

    def macs(self, *inputs: Shape) -> int:
        (x,) = inputs
        windows = self.windows(x)
        return windows.count * windows.area * self.filters * (x[-1] // self.groups)

    def memory(self, setup: Setup, *inputs: Shape) -> Memory:
        (x,) = inputs
        if self._by_winograd(setup, x):
            operators = self._winograd(setup, x), self._gradient(setup, x)
            return winograd.plan_memory(setup, *operators, self.filters)
        operator = self._convolution(setup, x, pools=self._can_pool(setup, x))
        return Memory(
            scratch=choose_scratch(setup, operator, operator.forward_scratch, self.filters)
        )

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        (x,) = inputs
        parts: frozenset[Part] = list_activations(setup) | {"residual"}
        by_winograd = self._by_winograd(setup, x)
        return Fusing(
            epilogue=parts | {"pool"} if self._can_pool(setup, x) else parts,
            folding=Folding(replace(self, bias=True), fold_into_filters),
            normalizes_x=not by_winograd,
            adds_to_dx=True,
            writes_slices=by_winograd or not self._convolution(setup, x).planar,
        )

    def build(self, site: Site) -> Passes:
        x = site.x[0].shape[1:]
        if self._by_winograd(site.setup, x):
            return winograd.build_passes(
                site,
                self._winograd(site.setup, x, pools=site.epilogue.pool),
                self._gradient(site.setup, x),
            )
        return build_passes(site, self._convolution(site.setup, x, pools=site.epilogue.pool))

    def _can_pool(self, setup: Setup, x: Shape) -> bool:
        return not setup.backward and self.windows(x).size != (1, 1)

    def _by_winograd(self, setup: Setup, x: Shape) -> bool:
        plain = self.groups == 1 and self.fill == "zero"
        return plain and winograd.pays(setup, self.windows(x), x[-1], self.filters)

    def _winograd(self, setup: Setup, x: Shape, *, pools: bool = False) -> Any:
        return winograd.describe(setup, self.windows(x), x[-1], self.filters, pools)

    def _gradient(self, setup: Setup, x: Shape) -> Any:
        """Return the direct kernels' description, if their weight gradients are the faster ones."""
        strides = self.windows(x).stride != (1, 1)
        return self._convolution(setup, x) if strides and setup.training else None

    def _convolution(self, setup: Setup, x: Shape, *, pools: bool = False) -> Any:
        return describe(
            setup, self.windows(x), x[-1], self.filters, self.groups, self.fill, pools=pools
        )


def check_groups(channels: int, filters: int, groups: int) -> None:
    """Raise ArchitectureError unless channels and filters divide into groups."""
    for what, number in (("input channels", channels), ("filters", filters)):
        if number % groups:
            raise ArchitectureError(
                f"its {number} {what} do not divide into {groups} groups; "
                f"use a divisor of both {channels} and {filters}"
            )


def describe(
    setup: Setup,
    windows: Windows,
    channels: int,
    filters: int,
    groups: int,
    fill: str,
    *,
    pools: bool = False,
) -> Any:
    """Return the kernels' description of a convolution."""
    return kernels.Convolution(
        *windows.input,
        channels,
        filters,
        *windows.size,
        *windows.stride,
        *windows.before,
        *windows.output,
        *windows.dilation,
        groups,
        FILLS.index(fill),
        setup.batch,
        setup.threads,
        pools,
    )


def build_passes(
    site: Site,
    operator: Any,
    kernel: Any = kernels.Forward,
    adjoint: Any = kernels.BackwardData,
) -> Passes:
    """Return the passes of a layer that is a convolution to the kernels.

    A transposed convolution is the same with `kernel` and `adjoint` changed over.
    """
    x, y, step = flat(site.x[0]), flat(site.y), step_of(site.y)
    weight, bias = site.weights["weight"], flat(site.weights.get("bias"))
    residual, scratch = flat(site.epilogue.residual), site.scratch
    normal = {} if site.normal is None else {"normal": site.normal}
    forward = kernel(
        operator, x, weight, bias, residual, y, scratch, site.epilogue.activation,
        target_step=step, **normal,
    )  # fmt: skip
    gradients = site.gradients
    if gradients is None:
        return Passes(forward)
    dy, dx = flat(gradients.dy), flat(gradients.dx[0])
    begun = dx if gradients.adds else NOTHING
    dweight = flat(gradients.weights.get("weight"))
    source, target = (x, dy) if kernel is kernels.Forward else (dy, x)
    epilogue_backward = build_epilogue_backward(site, gradients)
    backward_data = adjoint(operator, dy, weight, NOTHING, begun, dx, scratch, 0)

    def backward(n: int) -> None:
        epilogue_backward(n)
        if dweight.size:
            kernels.conv_backward_weights(operator, n, source, target, dweight, scratch, **normal)
        if dx.size:
            backward_data(n)

    return Passes(forward, backward)


def choose_scratch(setup: Setup, operator: Any, forward_scratch: int, filters: int) -> int:
    """Return the floats of the forward pass; with a backward pass, of any pass and its epilogue."""
    if not setup.backward:
        return forward_scratch
    return max(int(operator.scratch_size), count_epilogue_scratch(filters))


def fold_into_filters(weights: Mapping[str, Array], scale: Wide, shift: Wide) -> dict[str, Array]:
    """Return weights whose layer answers scale*y + shift; the first axis is that of the filters."""
    weight = weights["weight"].astype(np.float64)
    bias = weights["bias"] * scale + shift if "bias" in weights else shift
    return {
        "weight": (weight * scale.reshape(-1, *[1] * (weight.ndim - 1))).astype(np.float32),
        "bias": np.asarray(bias, np.float32),
    }


def _check_reflection(windows: Windows) -> None:
    """Raise ArchitectureError where a reflected border would be wider than the image allows."""
    for axis, length in enumerate(windows.input):
        last = (windows.output[axis] - 1) * windows.stride[axis]
        behind = last + windows.span[axis] - windows.before[axis] - length
        reflected = max(windows.before[axis], behind)
        if reflected >= length:
            raise ArchitectureError(
                f"its padding reflects {reflected} pixels of an input of "
                f"{length}; use a pad of {length - 1} or less, or fill=edge"
            )
