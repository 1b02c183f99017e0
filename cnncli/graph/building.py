"""From an expression and the shape of an input to the nodes of a graph."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

from cnncli.errors import ArchitectureError
from cnncli.graph.nodes import INPUT, Graph, Node
from cnncli.graph.receptive_field import ReceptiveField, merge
from cnncli.layers import LAYERS
from cnncli.layers.base import Axes, Layer, Shape, image_shape, volume
from cnncli.notation import expression as notation

LARGEST = 1 << 40  # values in a feature map, pixels from a position in it to the next


class MisfitError(ArchitectureError):
    """A layer does not fit what comes before it."""

    def __init__(self, index: int, layer: Layer, inputs: tuple[Shape, ...], reason: str) -> None:
        super().__init__(f"layer {index + 1} {layer}: {reason}")
        self.index = index  # the node it would have been
        self.layer = layer
        self.inputs = inputs
        self.reason = reason


def build_graph(expression: notation.Expression, input_shape: Shape) -> Graph:
    """Build the graph of a network on an input of this shape.

    Raises MisfitError, which names the layer that does not fit by its place and its text.
    """
    builder = _Builder(input_shape)
    output = builder.add(expression, INPUT)
    return Graph(str(expression), input_shape, tuple(builder.nodes), output)


class _Builder:
    """Appends the nodes of an expression, each behind those it reads."""

    def __init__(self, input_shape: Shape) -> None:
        self.nodes: list[Node] = []
        self.shapes = {INPUT: input_shape}
        self.fields = {INPUT: ReceptiveField()}
        self.kinds: Counter[str] = Counter()

    def add(self, expression: notation.Expression, source: int) -> int:
        """Add an expression behind the node `source`; return the index of the node it ends in."""
        match expression:
            case notation.Identity():
                return source
            case notation.Leaf(layer):
                return self._append(layer, (source,))
            case notation.Sequence(parts):
                for part in parts:
                    source = self.add(part, source)
                return source
            case notation.Repeat(count, body):
                for _ in range(count):
                    source = self.add(body, source)
                return source
            case notation.Joined(parts):
                branches = tuple(self.add(part, source) for part in parts)
                return self._append(LAYERS[expression.junction](), branches)
        raise AssertionError(expression)

    def _append(self, layer: Layer, inputs: tuple[int, ...]) -> int:
        index = len(self.nodes)
        shapes = tuple(self.shapes[source] for source in inputs)
        try:
            output_shape = layer.output_shape(*shapes)
            field = merge([self.fields[source] for source in inputs]).extend(layer.reach(*shapes))
            _check_size(output_shape, field)
            self.kinds[layer.kind] += 1
            node = Node(
                name=f"{layer.kind}{self.kinds[layer.kind]}",
                layer=layer,
                inputs=inputs,
                input_shapes=shapes,
                output_shape=output_shape,
                params=_count_learned(layer, shapes),
                macs=layer.macs(*shapes),
                receptive_field=self._round_up(field),
                jump=(_simplify(field.jump[0]), _simplify(field.jump[1])),
                lost=layer.lost(*shapes),
            )
        except ArchitectureError as error:
            raise MisfitError(index, layer, shapes, error.message) from None
        self.nodes.append(node)
        self.shapes[index] = output_shape
        self.fields[index] = field
        return index

    def _round_up(self, field: ReceptiveField) -> Axes:
        """Return whole rows and columns of the input."""
        if field.everything:
            return image_shape(self.shapes[INPUT])[:2]
        return math.ceil(field.size[0]), math.ceil(field.size[1])


def _check_size(output_shape: Shape, field: ReceptiveField) -> None:
    """Refuse what no memory holds, before anything tries to."""
    if volume(output_shape) > LARGEST or max(field.jump) > LARGEST:
        shape = "x".join(map(str, output_shape))
        raise ArchitectureError(f"its output of {shape} is beyond any memory; make it smaller")


def _count_learned(layer: Layer, shapes: tuple[Shape, ...]) -> int:
    parameters = layer.parameters(*shapes).values()
    return sum(volume(parameter.shape) for parameter in parameters if parameter.learned)


def _simplify(number: Fraction) -> float:
    return number.numerator if number.denominator == 1 else float(number)
