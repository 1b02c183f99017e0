"""The nearest architecture that fits its input, and leaves nothing of any layer's input unused."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from cnncli.errors import ArchitectureError
from cnncli.graph.joining import joinable
from cnncli.graph.layout import MisfitError, build_graph
from cnncli.graph.leftover import left_over, remedies
from cnncli.graph.nodes import Graph
from cnncli.graph.variants import Sliding, variants
from cnncli.layers.base import Shape
from cnncli.notation.expression import Expression, Identity, Joined, Leaf
from cnncli.notation.places import Place, part_at, places, with_part
from cnncli.value import Value

MOST = 200  # changes; by then it is another architecture


class Fitted(Value):
    """An architecture that fits, and what was done to it, in words."""

    graph: Graph
    changes: tuple[str, ...]


def fitted(expression: Expression, input_shape: Shape) -> Fitted:
    """Change single layers, each as little as will do, until all of them fit.

    Raises MisfitError for the first that nothing near it would make fit.
    """
    changes: list[str] = []
    while len(changes) < MOST:
        try:
            graph = build_graph(expression, input_shape)
        except MisfitError as misfit:
            expression, change = _mended(expression, input_shape, misfit)
            changes.append(change)
        else:
            return _used_up(expression, graph, changes)
    raise ArchitectureError(f"more than {MOST} changes do not make it fit; start from another")


def _mended(
    expression: Expression, input_shape: Shape, misfit: MisfitError
) -> tuple[Expression, str]:
    """Return the expression with the nearest change that gets further, and the change in words."""
    place = list(places(expression))[misfit.index]
    part = part_at(expression, place)
    remaining = _remaining(expression, misfit.index)
    for other in _others(part, misfit):
        candidate = with_part(expression, place, other)
        try:
            build_graph(candidate, input_shape)
        except MisfitError as next_misfit:
            if _remaining(candidate, next_misfit.index) >= remaining:
                continue
        reason = misfit.reason.partition(";")[0]
        return candidate, f"layer {misfit.index + 1} {misfit.layer}: {reason}; {_told(part, other)}"
    reason = f"{misfit.reason.partition(';')[0]}; nothing near it fits"
    if size := _fitting_input(expression, input_shape):
        reason += f", but an input of {'x'.join(map(str, size))} does"
    raise MisfitError(misfit.index, misfit.layer, misfit.inputs, reason)


def _fitting_input(expression: Expression, input_shape: Shape) -> Shape | None:
    """Return the next size that is a multiple of a power of two and fits."""
    for power in range(1, 9):
        image = (-(-length >> power << power) for length in input_shape[:-1])
        shape = (*image, input_shape[-1])
        with contextlib.suppress(MisfitError):
            build_graph(expression, shape)
            return shape
    return None


def _others(part: Expression, misfit: MisfitError) -> Iterator[Expression]:
    if isinstance(part, Leaf):
        yield from variants(part.layer, misfit.inputs[0])
    else:
        assert isinstance(part, Joined)
        yield from joinable(part, misfit.inputs)


def _remaining(expression: Expression, index: int) -> int:
    """Return how many layers there are from this one on."""
    return sum(1 for _ in places(expression)) - index


def _used_up(expression: Expression, graph: Graph, changes: list[str]) -> Fitted:
    """Change layers with strides that do not fit, from front to back, where what follows allows."""
    index = 0
    while index < len(graph.nodes):
        node = graph.nodes[index]
        if any(left_over(node.layer, node.input_shapes[0])) and len(changes) < MOST:
            assert isinstance(node.layer, Sliding)
            place: Place = list(places(expression))[index]
            for one in remedies(node.layer, node.input_shapes[0]):
                candidate = with_part(expression, place, Leaf(one))
                try:
                    graph = build_graph(candidate, graph.input_shape)
                except ArchitectureError:
                    continue
                expression = candidate
                change = _told(Leaf(node.layer), Leaf(one))
                changes.append(f"layer {index + 1} {node.layer}: its stride does not fit; {change}")
                break
        index += 1
    return Fitted(graph, tuple(changes))


def _told(part: Expression, other: Expression) -> str:
    """Return a change in words: of a layer, or of those within a junction that differ."""
    if isinstance(other, Identity):
        return f"{part} is left out"
    if isinstance(part, Joined) and type(part) is type(other):
        assert isinstance(other, Joined)
        pairs = zip(_parts(part, type(part)), _parts(other, type(part)), strict=False)
        return ", ".join(_told(one, two) for one, two in pairs if one != two)
    return f"{part} becomes {other}"


def _parts(expression: Expression, kind: type[Joined]) -> tuple[Expression, ...]:
    return expression.parts if isinstance(expression, kind) else (expression,)
