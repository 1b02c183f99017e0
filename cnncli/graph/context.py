"""The context of a pixel: the pixels around it that the network's answer for it depends on."""

from __future__ import annotations

import math
from fractions import Fraction

from cnncli.errors import ArchitectureError
from cnncli.graph.building import build_graph
from cnncli.graph.nodes import INPUT, Graph, Node
from cnncli.layers.base import Axes
from cnncli.notation import parse
from cnncli.value import Value

Bounds = tuple[Fraction, Fraction]  # pixels above and below, or to the left and to the right


class Context(Value):
    """Pixels around a pixel that its answer depends on, and the steps in which this repeats.

    The answer at (y + stride, x) is that at (y, x) of the image moved by the stride; for steps
    that are no multiple of it, pools and strided convolutions look at other windows.
    """

    before: Axes  # rows above, columns to the left
    after: Axes
    stride: Axes
    everything: bool = False  # it depends on all pixels, and there are none beside them


def measure_context(graph: Graph) -> Context:
    """Return the context of a network that answers for every pixel of its input.

    Raises ArchitectureError where it answers otherwise, or for images of a single size alone.
    """
    height, width = graph.input_shape[:2]
    if len(graph.output_shape) != 3 or graph.output_shape[:2] != (height, width):
        shape = "x".join(map(str, graph.output_shape))
        raise ArchitectureError(
            f"the output of the network is {shape}, not {height}x{width}xclasses; "
            "end it with conv(classes, 1) at the size of its input"
        )
    rows, columns = (_measure_along(graph, axis) for axis in (0, 1))
    stride = (rows[2], columns[2])
    for node in graph.nodes:
        reach = node.layer.reach(*node.input_shapes)
        if reach.everything or reach.anchored:
            _check_other_size(graph, stride, node)
            return Context((0, 0), (0, 0), stride, everything=True)
    return Context((rows[0], columns[0]), (rows[1], columns[1]), stride)


def _check_other_size(graph: Graph, stride: Axes, node: Node) -> None:
    """Refuse a network in which a layer needs the whole image, if it is for a single size."""
    height, width, channels = graph.input_shape
    shape = (height + stride[0], width + stride[1], channels)
    try:
        other = build_graph(parse(graph.text), shape)
        fits = other.output_shape[:2] == shape[:2] and other.params == graph.params
    except ArchitectureError:
        fits = False
    if not fits:
        reason, advice = "sees the whole image at once", "leave it out"
        if node.layer.reach(*node.input_shapes).anchored:
            reason, advice = "is for an input of this size", "use upsample"
        raise ArchitectureError(
            f"{node.name} {node.layer}: {reason}, so that no other size could be predicted; "
            f"{advice}"
        )


def _measure_along(graph: Graph, axis: int) -> tuple[int, int, int]:
    """Return pixels before, pixels after and stride along an axis."""
    bounds: dict[int, Bounds] = {INPUT: (Fraction(0), Fraction(0))}
    jumps = {INPUT: Fraction(1)}
    for index, node in enumerate(graph.nodes):
        reach = node.layer.reach(*node.input_shapes)
        before, after = reach.before[axis], reach.after[axis]
        bounds[index] = (
            max(bounds[source][0] + before * jumps[source] for source in node.inputs),
            max(bounds[source][1] + after * jumps[source] for source in node.inputs),
        )
        step = Fraction(reach.stride[axis], reach.finer[axis])
        if reach.anchored:  # in an image of any size, as many positions as in this one
            step = Fraction(node.input_shapes[0][axis], node.output_shape[axis])
        jumps[index] = max(jumps[source] for source in node.inputs) * step
    stride = math.lcm(*(jump.numerator for jump in jumps.values()))
    before, after = (max(0, math.ceil(bound)) for bound in bounds[graph.output])
    return before, after, stride
