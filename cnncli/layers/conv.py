"""Convolution: every filter slides over the image and answers at each position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from cnncli.errors import ArchitectureError
from cnncli.kernels import conv as kernels
from cnncli.layers import winograd
from cnncli.layers.base import (
    NOTHING,
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
    step_of,
)
from cnncli.layers.epilogue import epilogue_backward, epilogue_scratch
from cnncli.layers.geometry import Windows, windows, with_channels
from cnncli.layers.panels import panelled
from cnncli.settings import COUNT, FILL, PADDING, SIZE, SWITCH, Padding, Size, setting

FILLS = ("zero", "reflect", "edge")  # as the kernels count them


class Conv(Layer, kind="conv"):
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

    accepts = frozenset({"relu"})
    backward_reads = frozenset({"x"})
    adds_residual = True
    adds_to_dx = True

    def windows(self, x: Shape) -> Windows:
        """Return where the filters stand on an input of this shape."""
        found = windows(x, self.kind, self.size, self.stride, self.pad, self.dilation)
        if self.fill == "reflect":
            check_reflection(found)
        return found

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        output = self.windows(x).output
        check_groups(x[-1], self.filters, self.groups)
        return with_channels(x, output, self.filters)

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        (x,) = inputs
        rows, columns = self.windows(x).size
        each, channels = self.filters // self.groups, x[-1] // self.groups
        shape = (self.filters, channels, rows, columns)
        area = rows * columns
        found = {"weight": panelled(shape, self.groups, channels * area, each * area)}
        if self.bias:
            found["bias"] = plain(self.filters, "zeros")
        return found

    def macs(self, *inputs: Shape) -> int:
        (x,) = inputs
        found = self.windows(x)
        positions = found.output[0] * found.output[1]
        area = found.size[0] * found.size[1]
        return positions * self.filters * (x[-1] // self.groups) * area

    def reach(self, *inputs: Shape) -> Reach:
        return self.windows(inputs[0]).reach

    def lost(self, *inputs: Shape) -> Axes:
        return self.windows(inputs[0]).lost

    def prepared_size(self, setup: Setup, *inputs: Shape) -> int:
        (x,) = inputs
        if not self._by_winograd(setup, x):
            return 0
        return winograd.prepared_size(setup, self._winograd(setup, x))

    def scratch_size(self, setup: Setup, *inputs: Shape) -> int:
        (x,) = inputs
        if self._by_winograd(setup, x):
            needed = winograd.scratch_size(setup, self._winograd(setup, x))
            return max(needed, epilogue_scratch(self.filters)) if setup.training else needed
        operator = self._convolution(setup, x, self.pools(setup, x))
        return scratch_of(setup, operator, operator.forward_scratch, self.filters)

    def normalizes(self, setup: Setup, *inputs: Shape) -> bool:
        return not self._by_winograd(setup, inputs[0])

    def pools(self, setup: Setup, *inputs: Shape) -> bool:
        return not setup.training and self.windows(inputs[0]).size != (1, 1)

    def writes_within(self, setup: Setup, *inputs: Shape) -> bool:
        (x,) = inputs
        return self._by_winograd(setup, x) or not self._convolution(setup, x).planar

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        x = site.x[0].shape[1:]
        if self._by_winograd(site.setup, x):
            return winograd.passes(site, self._winograd(site.setup, x, site.pools))
        return passes(site, self._convolution(site.setup, x, site.pools))

    def _by_winograd(self, setup: Setup, x: Shape) -> bool:
        plain = self.groups == 1 and self.fill == "zero"
        return plain and winograd.pays(setup, self.windows(x), x[-1], self.filters)

    def _winograd(self, setup: Setup, x: Shape, pools: bool = False) -> Any:
        return winograd.convolution(setup, self.windows(x), x[-1], self.filters, pools)

    def _convolution(self, setup: Setup, x: Shape, pools: bool = False) -> Any:
        found, channels = self.windows(x), x[-1]
        return convolution(
            setup, found, channels, self.filters, self.groups, self.fill, pools=pools
        )

    def absorbing(self) -> Layer:
        return replace(self, bias=True)

    def absorb(self, weights: Mapping[str, Array], scale: Wide, shift: Wide) -> dict[str, Array]:
        return scaled(weights, scale, shift, axis=0)


def check_groups(channels: int, filters: int, groups: int) -> None:
    """Raise ArchitectureError unless channels and filters divide into groups."""
    for what, number in (("input channels", channels), ("filters", filters)):
        if number % groups:
            raise ArchitectureError(
                f"its {number} {what} do not divide into {groups} groups; "
                f"use a divisor of both {channels} and {filters}"
            )


def convolution(
    setup: Setup,
    found: Windows,
    channels: int,
    filters: int,
    groups: int,
    fill: str,
    *,
    pools: bool = False,
) -> Any:
    """Return the kernels' description of a convolution."""
    return kernels.Convolution(
        *found.input,
        channels,
        filters,
        *found.size,
        *found.stride,
        *found.before,
        *found.output,
        *found.dilation,
        groups,
        FILLS.index(fill),
        setup.batch,
        setup.threads,
        pools,
    )


def passes(
    site: Site,
    operator: Any,
    kernel: Any = kernels.Forward,
    adjoint: Any = kernels.BackwardData,
) -> tuple[Pass, Pass | None]:
    """Return forward and backward of a layer that is a convolution to the kernels.

    A transposed convolution is the same with `kernel` and `adjoint` changed over.
    """
    x, y, step = site.x[0].reshape(-1), flat(site.y), step_of(site.y)
    weight, bias = site.weights["weight"], flat(site.weights.get("bias"))
    residual, relu, scratch = flat(site.residual), site.activation == "relu", site.scratch
    normal = {"normal": site.normal} if site.normal.size else {}
    forward = kernel(
        operator, x, weight, bias, residual, y, scratch, relu, target_step=step, **normal
    )
    if site.dy is None:
        return forward, None
    dy, dx, epilogue = site.dy.reshape(-1), flat(site.dx[0]), epilogue_backward(site)
    added = dx if site.adds else NOTHING
    dweight = site.gradients["weight"]
    source, answer = (x, dy) if kernel is kernels.Forward else (dy, x)
    backward_data = adjoint(operator, dy, weight, NOTHING, added, dx, scratch, False)

    def backward(n: int) -> None:
        epilogue(n)
        kernels.conv_backward_weights(operator, n, source, answer, dweight, scratch, **normal)
        if dx.size:
            backward_data(n)

    return forward, backward


def scratch_of(setup: Setup, operator: Any, forward_scratch: int, filters: int) -> int:
    """Return the floats of the forward pass; in training, of any pass or the bias gradient."""
    if not setup.training:
        return forward_scratch
    return max(int(operator.scratch_size), epilogue_scratch(filters))


def scaled(weights: Mapping[str, Array], scale: Wide, shift: Wide, axis: int) -> dict[str, Array]:
    """Return weights whose layer answers scale*y + shift; filters lie along `axis`."""
    weight = weights["weight"].astype(np.float64)
    along = [1] * weight.ndim
    along[axis] = -1
    bias = weights["bias"] * scale + shift if "bias" in weights else shift
    return {
        "weight": (weight * scale.reshape(along)).astype(np.float32),
        "bias": np.asarray(bias, np.float32),
    }


def check_reflection(found: Windows) -> None:
    """Raise ArchitectureError where a reflected border would be wider than the image allows."""
    for axis, length in enumerate(found.input):
        behind = (
            (found.output[axis] - 1) * found.stride[axis]
            + found.span[axis]
            - found.before[axis]
            - length
        )
        if max(found.before[axis], behind) >= length:
            raise ArchitectureError(
                f"its padding reflects {max(found.before[axis], behind)} pixels of an input of "
                f"{length}; use a pad of {length - 1} or less, or fill=edge"
            )
