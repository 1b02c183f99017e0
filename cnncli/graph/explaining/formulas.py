"""Output size, parameters and cost of a layer as formulas with their numbers in them.

Legend: P rows and Q columns of the output.
"""

from __future__ import annotations

from functools import singledispatch

from cnncli.graph.nodes import Node
from cnncli.layers.base import Layer, Shape, image_shape, volume
from cnncli.layers.conv import Conv
from cnncli.layers.deconv import Deconv
from cnncli.layers.dense import Dense
from cnncli.layers.depthwise import Depthwise
from cnncli.layers.geometry import Windows
from cnncli.layers.junction import Stack
from cnncli.layers.norm import BatchNorm
from cnncli.layers.pool import Pool
from cnncli.layers.upsample import Upsample
from cnncli.settings import Padding


@singledispatch
def explain_figures(layer: Layer, node: Node) -> list[str]:
    """Return nothing for a layer whose output is like its input and that learns nothing."""
    return []


@explain_figures.register
def _(layer: Conv, node: Node) -> list[str]:
    (x,) = node.input_shapes
    windows = layer.windows(x)
    seen = f"{_times(*windows.size)}*{_share(x[-1], layer.groups)}"
    return [
        *_positions(windows, x, layer.pad),
        _learned(layer.filters, seen, layer.bias, node.params),
        f"MACs = {_times(*node.output_shape)} * {seen} = {node.macs}",
    ]


@explain_figures.register
def _(layer: Depthwise, node: Node) -> list[str]:
    (x,) = node.input_shapes
    windows = layer.as_conv(x).windows(x)
    seen = _times(*windows.size)
    return [
        *_positions(windows, x, layer.pad),
        _learned(x[-1], seen, layer.bias, node.params),
        f"MACs = {_times(*node.output_shape)} * {seen} = {node.macs}",
    ]


@explain_figures.register
def _(layer: Deconv, node: Node) -> list[str]:
    (x,) = node.input_shapes
    windows = layer.windows(x)
    lines = []
    for letter, axis in _axes(x):
        length, stride = windows.output[axis], windows.stride[axis]
        size = f"{length}*{stride}"
        if layer.pad != "same":
            span = _span(windows, axis)
            size = f"({length} - 1)*{stride} + {span} - 2*{windows.before[axis]}"
        lines.append(f"{letter} = {size} = {windows.input[axis]}")
    seen = f"{_times(*windows.size)}*{_share(x[-1], layer.groups)}"
    stamped = f"{_times(*windows.size)}*{_share(layer.filters, layer.groups)}"
    return [
        *lines,
        _learned(layer.filters, seen, layer.bias, node.params),
        f"MACs = {_times(*x)} * {stamped} = {node.macs}",
    ]


@explain_figures.register
def _(layer: Pool, node: Node) -> list[str]:
    (x,) = node.input_shapes
    return _positions(layer.windows(x), x, layer.pad)


@explain_figures.register
def _(layer: Upsample, node: Node) -> list[str]:
    (x,) = node.input_shapes
    before, after = image_shape(x), image_shape(node.output_shape)
    return [
        f"{letter} = {before[axis]}*{layer.factors(x)[axis]} = {after[axis]}"
        for letter, axis in _axes(x)
    ]


@explain_figures.register
def _(layer: Dense, node: Node) -> list[str]:
    (x,) = node.input_shapes
    return [
        f"inputs = {_times(*x)} = {volume(x)}",
        _learned(layer.units, str(volume(x)), True, node.params),
        f"MACs = {layer.units} * {volume(x)} = {node.macs}",
    ]


@explain_figures.register
def _(layer: BatchNorm, node: Node) -> list[str]:
    return [f"params = 2*{node.output_shape[-1]} = {node.params}"]


@explain_figures.register
def _(layer: Stack, node: Node) -> list[str]:
    widths = " + ".join(str(x[-1]) for x in node.input_shapes)
    return [f"channels = {widths} = {node.output_shape[-1]}"]


def _positions(windows: Windows, x: Shape, pad: Padding) -> list[str]:
    """Return how often a window fits: floor((length + padding - span)/stride) + 1."""
    lines = []
    for letter, axis in _axes(x):
        length, stride, before = windows.input[axis], windows.stride[axis], windows.before[axis]
        if pad == "same":
            count = f"ceil({length}/{stride})"
        else:
            sides = 1 if pad == "causal" else 2
            padding = f"{before}" if sides == 1 else f"2*{before}"
            quotient = f"({length} - {_span(windows, axis)} + {padding})/{stride}"
            whole = (length - windows.span[axis] + sides * before) % stride == 0
            fits = (length - windows.span[axis] + sides * before) // stride + 1
            rounded = "ceil" if windows.output[axis] > fits else "floor"
            count = f"{quotient} + 1" if whole else f"{rounded}({quotient}) + 1"
        lines.append(f"{letter} = {count} = {windows.output[axis]}")
    return lines


def _axes(x: Shape) -> list[tuple[str, int]]:
    """Return the letters of the output's axes, and where they stand among rows and columns."""
    return [("P", 1)] if len(x) == 2 else [("P", 0), ("Q", 1)]


def _span(windows: Windows, axis: int) -> str:
    size, dilation = windows.size[axis], windows.dilation[axis]
    return str(size) if dilation == 1 else f"({dilation}*({size} - 1) + 1)"


def _learned(filters: int, seen: str, bias: bool, params: int) -> str:
    each = f"({seen} + 1)" if bias else seen
    return f"params = {filters}*{each} = {params}"


def _share(channels: int, groups: int) -> str:
    return str(channels) if groups == 1 else f"({channels}/{groups})"


def _times(*numbers: int) -> str:
    return "*".join(map(str, numbers))
