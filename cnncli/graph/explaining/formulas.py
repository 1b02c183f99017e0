"""Output size, parameters and cost of a layer as formulas with their numbers in them.

What windows and the shapes of parameters say is enough for any layer; those registered here have
formulas that show where the numbers come from. Legend: P rows and Q columns of the output.
"""

from __future__ import annotations

from functools import singledispatch

from cnncli.graph.nodes import Node
from cnncli.layers.base import Layer, Shape, image_shape, volume
from cnncli.layers.border import Border
from cnncli.layers.conv import Conv
from cnncli.layers.deconv import Deconv
from cnncli.layers.dense import Dense
from cnncli.layers.depthwise import Depthwise
from cnncli.layers.geometry import Windowed, Windows
from cnncli.layers.junction import Stack
from cnncli.layers.norm import BatchNorm
from cnncli.layers.upsample import Upsample


@singledispatch
def explain_figures(layer: Layer, node: Node) -> list[str]:
    """Return the formulas of what a layer declares: its windows, its parameters, its cost."""
    lines = []
    if isinstance(layer, Windowed):
        lines += _explain_size(layer, node.input_shapes[0])
    if node.params:
        parameters = layer.parameters(*node.input_shapes).values()
        shapes = [parameter.shape for parameter in parameters if parameter.learned]
        lines.append(f"params = {' + '.join(_times(*shape) for shape in shapes)} = {node.params}")
    if node.macs:
        lines.append(f"MACs = {node.macs}")
    return lines


@explain_figures.register
def _(layer: Conv, node: Node) -> list[str]:
    (x,) = node.input_shapes
    window = f"{_times(*layer.windows(x).size)}*{_divide(x[-1], layer.groups)}"
    return [
        *_explain_size(layer, x),
        _explain_params(layer.filters, window, layer.bias, node.params),
        f"MACs = {_times(*node.output_shape)} * {window} = {node.macs}",
    ]


@explain_figures.register
def _(layer: Depthwise, node: Node) -> list[str]:
    (x,) = node.input_shapes
    window = _times(*layer.windows(x).size)
    return [
        *_explain_size(layer, x),
        _explain_params(x[-1], window, layer.bias, node.params),
        f"MACs = {_times(*node.output_shape)} * {window} = {node.macs}",
    ]


@explain_figures.register
def _(layer: Deconv, node: Node) -> list[str]:
    (x,) = node.input_shapes
    size = _times(*layer.windows(x).size)
    window = f"{size}*{_divide(x[-1], layer.groups)}"
    stamp = f"{size}*{_divide(layer.filters, layer.groups)}"
    return [
        *_explain_size(layer, x),
        _explain_params(layer.filters, window, layer.bias, node.params),
        f"MACs = {_times(*x)} * {stamp} = {node.macs}",
    ]


@explain_figures.register
def _(layer: Upsample, node: Node) -> list[str]:
    (x,) = node.input_shapes
    before, after = image_shape(x), image_shape(node.output_shape)
    return [
        f"{letter} = {before[axis]}*{layer.factors(x)[axis]} = {after[axis]}"
        for letter, axis in _list_axes(x)
    ]


@explain_figures.register
def _(layer: Border, node: Node) -> list[str]:
    (x,) = node.input_shapes
    sizes, border = image_shape(node.output_shape), layer.sides(x)
    sign = "+" if layer.adds else "-"
    return [
        f"{letter} = {image_shape(x)[axis]} {sign} {border[0][axis]} {sign} {border[1][axis]} "
        f"= {sizes[axis]}"
        for letter, axis in _list_axes(x)
    ]


@explain_figures.register
def _(layer: Dense, node: Node) -> list[str]:
    (x,) = node.input_shapes
    return [
        f"inputs = {_times(*x)} = {volume(x)}",
        _explain_params(layer.units, str(volume(x)), True, node.params),
        f"MACs = {layer.units} * {volume(x)} = {node.macs}",
    ]


@explain_figures.register
def _(layer: BatchNorm, node: Node) -> list[str]:
    return [f"params = 2*{node.output_shape[-1]} = {node.params}"]


@explain_figures.register
def _(layer: Stack, node: Node) -> list[str]:
    widths = " + ".join(str(x[-1]) for x in node.input_shapes)
    return [f"channels = {widths} = {node.output_shape[-1]}"]


def _explain_size(layer: Windowed, x: Shape) -> list[str]:
    """Return how many windows there are; where they slide over the output, how large that is."""
    windows = layer.windows(x)
    if layer.slides_over == "output":
        return [
            f"{letter} = {_write_extent(layer, windows, axis)} = {windows.input[axis]}"
            for letter, axis in _list_axes(x)
        ]
    return [
        f"{letter} = {_write_count(layer, windows, axis)} = {windows.output[axis]}"
        for letter, axis in _list_axes(x)
    ]


def _write_count(layer: Windowed, windows: Windows, axis: int) -> str:
    """Return how often a window fits: floor((length + padding - span)/stride) + 1."""
    length, stride, before = windows.input[axis], windows.stride[axis], windows.before[axis]
    if layer.pad == "same":
        return f"ceil({length}/{stride})"
    sides = 1 if layer.pad == "causal" else 2
    padding = f"{before}" if sides == 1 else f"2*{before}"
    quotient = f"({length} - {_write_span(windows, axis)} + {padding})/{stride}"
    fits, rest = divmod(length - windows.span[axis] + sides * before, stride)
    if not rest:
        return f"{quotient} + 1"
    rounded = "ceil" if windows.output[axis] > fits + 1 else "floor"
    return f"{rounded}({quotient}) + 1"


def _write_extent(layer: Windowed, windows: Windows, axis: int) -> str:
    """Return what windows cover side by side: (count - 1)*stride + span - padding."""
    count, stride = windows.output[axis], windows.stride[axis]
    if layer.pad == "same":
        return f"{count}*{stride}"
    return f"({count} - 1)*{stride} + {_write_span(windows, axis)} - 2*{windows.before[axis]}"


def _list_axes(x: Shape) -> list[tuple[str, int]]:
    """Return the letters of the output's axes, and where they stand among rows and columns."""
    return [("P", 1)] if len(x) == 2 else [("P", 0), ("Q", 1)]


def _write_span(windows: Windows, axis: int) -> str:
    size, dilation = windows.size[axis], windows.dilation[axis]
    return str(size) if dilation == 1 else f"({dilation}*({size} - 1) + 1)"


def _explain_params(filters: int, window: str, bias: bool, params: int) -> str:
    per_filter = f"({window} + 1)" if bias else window
    return f"params = {filters}*{per_filter} = {params}"


def _divide(channels: int, groups: int) -> str:
    return str(channels) if groups == 1 else f"({channels}/{groups})"


def _times(*numbers: int) -> str:
    return "*".join(map(str, numbers))
