"""An expression laid out on an input."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

from cnncli.errors import ArchitectureError
from cnncli.graph.nodes import INPUT, Graph, Node
from cnncli.graph.sight import Sight, meet
from cnncli.layers import LAYERS
from cnncli.layers.base import Axes, Layer, Shape, image_shape, volume
from cnncli.notation import expression as notation

LARGEST = 1 << 40  # values in one feature map, pixels from one of its positions to the next


class MisfitError(ArchitectureError):
    """A layer does not fit what comes before it."""

    def __init__(self, index: int, layer: Layer, inputs: tuple[Shape, ...], reason: str) -> None:
        super().__init__(f"layer {index + 1} {layer}: {reason}")
        self.index = index  # the node it would have been
        self.layer = layer
        self.inputs = inputs
        self.reason = reason


def build_graph(expression: notation.Expression, input_shape: Shape) -> Graph:
    """Lay a network out on an input of this shape.

    Raises MisfitError, which names the layer that does not fit by its place and its text.
    """
    layout = _Layout(input_shape)
    output = layout.add(expression, INPUT)
    return Graph(str(expression), input_shape, tuple(layout.nodes), output)


class _Layout:
    """The nodes so far."""

    def __init__(self, input_shape: Shape) -> None:
        self.nodes: list[Node] = []
        self.shapes = {INPUT: input_shape}
        self.sights = {INPUT: Sight()}
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
        shapes = tuple(self.shapes[one] for one in inputs)
        try:
            output_shape = layer.output_shape(*shapes)
            sight = meet([self.sights[one] for one in inputs]).through(layer.reach(*shapes))
            _check_size(output_shape, sight)
            self.kinds[layer.kind] += 1
            node = Node(
                name=f"{layer.kind}{self.kinds[layer.kind]}",
                layer=layer,
                inputs=inputs,
                input_shapes=shapes,
                output_shape=output_shape,
                params=_learned(layer, shapes),
                macs=layer.macs(*shapes),
                receptive_field=self._field(sight),
                jump=(_plain(sight.jump[0]), _plain(sight.jump[1])),
                lost=layer.lost(*shapes),
            )
        except ArchitectureError as error:
            raise MisfitError(index, layer, shapes, str(error)) from None
        self.nodes.append(node)
        self.shapes[index] = output_shape
        self.sights[index] = sight
        return index

    def _field(self, sight: Sight) -> Axes:
        if sight.everything:
            return image_shape(self.shapes[INPUT])[:2]
        return math.ceil(sight.field[0]), math.ceil(sight.field[1])


def _check_size(output_shape: Shape, sight: Sight) -> None:
    """Refuse what no memory holds, before anything tries to."""
    if volume(output_shape) > LARGEST or max(sight.jump) > LARGEST:
        shape = "x".join(map(str, output_shape))
        raise ArchitectureError(f"its output of {shape} is beyond any memory; make it smaller")


def _learned(layer: Layer, shapes: tuple[Shape, ...]) -> int:
    parameters = layer.parameters(*shapes).values()
    return sum(volume(parameter.shape) for parameter in parameters if parameter.learned)


def _plain(number: Fraction) -> float:
    return number.numerator if number.denominator == 1 else float(number)
