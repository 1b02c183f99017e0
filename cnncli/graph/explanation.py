"""How the figures of a layer come about: its formulas with their numbers in them.

Legend: P rows and Q columns of the output.
"""

from __future__ import annotations

from functools import singledispatch

from cnncli.graph.leftover import explain_leftover
from cnncli.graph.nodes import INPUT, Graph, Node
from cnncli.graph.sharing import explain_sharing
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


def explain(graph: Graph, node: Node) -> list[str]:
    """Return the formulas of one layer: its output size, parameters, cost and receptive field.

    Then what its stride leaves over, and what a dense layer in its place would cost.
    """
    return [
        *_formulas(node.layer, node),
        *_sight(graph, node),
        *explain_leftover(node.layer, node.input_shapes[0]),
        *explain_sharing(node),
    ]


@singledispatch
def _formulas(layer: Layer, node: Node) -> list[str]:
    """Return nothing for a layer whose output is like its input and that learns nothing."""
    return []


@_formulas.register
def _(layer: Conv, node: Node) -> list[str]:
    (x,) = node.input_shapes
    found = layer.windows(x)
    seen = f"{_times(*found.size)}*{_share(x[-1], layer.groups)}"
    return [
        *_positions(found, x, layer.pad),
        _learned(layer.filters, seen, layer.bias, node.params),
        f"MACs = {_times(*node.output_shape)} * {seen} = {node.macs}",
    ]


@_formulas.register
def _(layer: Depthwise, node: Node) -> list[str]:
    (x,) = node.input_shapes
    found = layer.as_conv(x).windows(x)
    seen = _times(*found.size)
    return [
        *_positions(found, x, layer.pad),
        _learned(x[-1], seen, layer.bias, node.params),
        f"MACs = {_times(*node.output_shape)} * {seen} = {node.macs}",
    ]


@_formulas.register
def _(layer: Deconv, node: Node) -> list[str]:
    (x,) = node.input_shapes
    found = layer.windows(x)
    lines = []
    for letter, axis in _axes(x):
        length, stride = found.output[axis], found.stride[axis]
        size = f"{length}*{stride}"
        if layer.pad != "same":
            span = _span(found, axis)
            size = f"({length} - 1)*{stride} + {span} - 2*{found.before[axis]}"
        lines.append(f"{letter} = {size} = {found.input[axis]}")
    seen = f"{_times(*found.size)}*{_share(x[-1], layer.groups)}"
    stamped = f"{_times(*found.size)}*{_share(layer.filters, layer.groups)}"
    return [
        *lines,
        _learned(layer.filters, seen, layer.bias, node.params),
        f"MACs = {_times(*x)} * {stamped} = {node.macs}",
    ]


@_formulas.register
def _(layer: Pool, node: Node) -> list[str]:
    (x,) = node.input_shapes
    return _positions(layer.windows(x), x, layer.pad)


@_formulas.register
def _(layer: Upsample, node: Node) -> list[str]:
    (x,) = node.input_shapes
    before, after = image_shape(x), image_shape(node.output_shape)
    return [
        f"{letter} = {before[axis]}*{layer.factors(x)[axis]} = {after[axis]}"
        for letter, axis in _axes(x)
    ]


@_formulas.register
def _(layer: Dense, node: Node) -> list[str]:
    (x,) = node.input_shapes
    return [
        f"inputs = {_times(*x)} = {volume(x)}",
        _learned(layer.units, str(volume(x)), True, node.params),
        f"MACs = {layer.units} * {volume(x)} = {node.macs}",
    ]


@_formulas.register
def _(layer: BatchNorm, node: Node) -> list[str]:
    return [f"params = 2*{node.output_shape[-1]} = {node.params}"]


@_formulas.register
def _(layer: Stack, node: Node) -> list[str]:
    widths = " + ".join(str(x[-1]) for x in node.input_shapes)
    return [f"channels = {widths} = {node.output_shape[-1]}"]


def _positions(found: Windows, x: Shape, pad: Padding) -> list[str]:
    """Return how often a window fits: floor((length + padding - span)/stride) + 1."""
    lines = []
    for letter, axis in _axes(x):
        length, stride, before = found.input[axis], found.stride[axis], found.before[axis]
        if pad == "same":
            count = f"ceil({length}/{stride})"
        else:
            sides = 1 if pad == "causal" else 2
            padding = f"{before}" if sides == 1 else f"2*{before}"
            quotient = f"({length} - {_span(found, axis)} + {padding})/{stride}"
            whole = (length - found.span[axis] + sides * before) % stride == 0
            fits = (length - found.span[axis] + sides * before) // stride + 1
            rounded = "ceil" if found.output[axis] > fits else "floor"
            count = f"{quotient} + 1" if whole else f"{rounded}({quotient}) + 1"
        lines.append(f"{letter} = {count} = {found.output[axis]}")
    return lines


def _axes(x: Shape) -> list[tuple[str, int]]:
    """Return the letters of the output's axes, and where they stand among rows and columns."""
    return [("P", 1)] if len(x) == 2 else [("P", 0), ("Q", 1)]


def _span(found: Windows, axis: int) -> str:
    size, dilation = found.size[axis], found.dilation[axis]
    return str(size) if dilation == 1 else f"({dilation}*({size} - 1) + 1)"


def _learned(filters: int, seen: str, bias: bool, params: int) -> str:
    each = f"({seen} + 1)" if bias else seen
    return f"params = {filters}*{each} = {params}"


def _share(channels: int, groups: int) -> str:
    return str(channels) if groups == 1 else f"({channels}/{groups})"


def _times(*numbers: int) -> str:
    return "*".join(map(str, numbers))


def _sight(graph: Graph, node: Node) -> list[str]:
    """Return how far it sees: once for a signal, and where rows and columns are alike."""
    if node.layer.reach(*node.input_shapes).everything:
        return ["field = all of the input"]
    rows, columns = (_sight_along(axis, graph, node) for axis in (0, 1))
    if rows == columns or len(graph.input_shape) == 2:
        return [f"{what} = {formula}" for what, formula in columns]
    return [
        f"{what} {along} = {formula}"
        for along, lines in (("rows", rows), ("columns", columns))
        for what, formula in lines
    ]


def _sight_along(axis: int, graph: Graph, node: Node) -> list[tuple[str, str]]:
    reach = node.layer.reach(*node.input_shapes)
    before = [graph.nodes[one] for one in node.inputs if one != INPUT]
    field = max((one.receptive_field[axis] for one in before), default=1)
    jump = max((one.jump[axis] for one in before), default=1)
    seen, window = node.receptive_field[axis], reach.window[axis]
    lines = []
    if seen > field:  # else it saw all of the input already
        formula = f"{field} + ({window} - 1)*{jump} = " if jump == int(jump) else "about "
        lines.append(("field", f"{formula}{seen}"))
    if reach.stride[axis] > 1:
        lines.append(("jump", f"{jump:.6g}*{reach.stride[axis]} = {node.jump[axis]:.6g}"))
    if reach.finer[axis] > 1:
        lines.append(("jump", f"{jump:.6g}/{reach.finer[axis]} = {node.jump[axis]:.6g}"))
    return lines
