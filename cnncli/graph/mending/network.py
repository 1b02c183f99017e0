"""The nearest network that fits its input, and leaves nothing of any layer's input unused."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from cnncli.errors import ArchitectureError
from cnncli.graph.building import MisfitError, build_graph
from cnncli.graph.mending.branches import vary_branches
from cnncli.graph.mending.unused_input import (
    count_unused,
    describe_fault,
    list_remedies,
)
from cnncli.graph.mending.variants import vary
from cnncli.graph.nodes import Graph
from cnncli.layers.base import Shape
from cnncli.layers.geometry import slides
from cnncli.notation.expression import Expression, Identity, Joined, Leaf
from cnncli.notation.places import find_places, get_part, replace_part
from cnncli.value import Value

MOST = 200  # changes; by then it is another architecture


class Mended(Value):
    """A network that fits, and what was done to it, in words."""

    graph: Graph
    changes: tuple[str, ...]
    unused: tuple[str, ...]  # what no change could help: input that layers still do not use


def mend(expression: Expression, input_shape: Shape) -> Mended:
    """Change single layers, each as little as will do, until all of them fit.

    Raises MisfitError for the first that nothing near it would make fit.
    """
    changes: list[str] = []
    while len(changes) < MOST:
        try:
            graph = build_graph(expression, input_shape)
        except MisfitError as misfit:
            expression, change = _mend_layer(expression, input_shape, misfit)
            changes.append(change)
        else:
            return _use_all_input(expression, graph, changes)
    raise ArchitectureError(f"more than {MOST} changes do not make it fit; start from another")


def _mend_layer(
    expression: Expression, input_shape: Shape, misfit: MisfitError
) -> tuple[Expression, str]:
    """Return the expression with the nearest change that gets further, and the change in words."""
    place = list(find_places(expression))[misfit.index]
    part = get_part(expression, place)
    remaining = _count_from(expression, misfit.index)
    reason = misfit.reason.partition(";")[0]
    for variant in _vary_part(part, misfit):
        candidate = replace_part(expression, place, variant)
        try:
            build_graph(candidate, input_shape)
        except MisfitError as next_misfit:
            if _count_from(candidate, next_misfit.index) >= remaining:
                continue
        change = _describe_change(part, variant)
        return candidate, f"layer {misfit.index + 1} {misfit.layer}: {reason}; {change}"
    reason += "; nothing near it fits"
    if size := _find_fitting_input(expression, input_shape):
        reason += f", but an input of {'x'.join(map(str, size))} does"
    raise MisfitError(misfit.index, misfit.layer, misfit.inputs, reason)


def _find_fitting_input(expression: Expression, input_shape: Shape) -> Shape | None:
    """Return the next size that is a multiple of a power of two and fits."""
    for power in range(1, 9):
        image = (-(-length >> power << power) for length in input_shape[:-1])
        shape = (*image, input_shape[-1])
        with contextlib.suppress(MisfitError):
            build_graph(expression, shape)
            return shape
    return None


def _vary_part(part: Expression, misfit: MisfitError) -> Iterator[Expression]:
    """Yield what could stand in the place of a layer, or of a junction with its branches."""
    if isinstance(part, Leaf):
        yield from vary(part.layer, misfit.inputs[0])
    else:
        assert isinstance(part, Joined)
        yield from vary_branches(part, misfit.inputs)


def _count_from(expression: Expression, index: int) -> int:
    """Return how many layers there are from this index on."""
    return sum(1 for _ in find_places(expression)) - index


def _use_all_input(expression: Expression, graph: Graph, changes: list[str]) -> Mended:
    """Change layers with strides that do not fit, from front to back, where what follows allows."""
    index = 0
    while index < len(graph.nodes):
        node = graph.nodes[index]
        if any(count_unused(node.layer, node.input_shapes[0])) and len(changes) < MOST:
            assert slides(node.layer)
            place = list(find_places(expression))[index]
            for remedy in list_remedies(node.layer, node.input_shapes[0]):
                candidate = replace_part(expression, place, Leaf(remedy))
                try:
                    graph = build_graph(candidate, graph.input_shape)
                except ArchitectureError:
                    continue
                expression = candidate
                change = _describe_change(Leaf(node.layer), Leaf(remedy))
                fault = describe_fault(node.layer, node.input_shapes[0])
                changes.append(f"layer {index + 1} {node.layer}: {fault}; {change}")
                break
        index += 1
    return Mended(graph, tuple(changes), tuple(_describe_unused(graph)))


def _describe_unused(graph: Graph) -> Iterator[str]:
    """Yield in words what is still lost of the inputs of layers."""
    for index, node in enumerate(graph.nodes):
        if any(node.lost):
            reason = "nothing near it fits the layers behind it"
            if not any(count_unused(node.layer, node.input_shapes[0])):
                reason = "its window is a single pixel, which skips them on purpose"
            rows, columns = node.lost
            lost = f"{rows} rows and {columns} columns"
            if len(node.input_shapes[0]) == 2:
                lost = f"{columns} samples"
            yield f"layer {index + 1} {node.layer}: {lost} of its input stay unused; {reason}"


def _describe_change(before: Expression, after: Expression) -> str:
    """Return a change in words: of a layer, or of those within a junction that differ."""
    if isinstance(after, Identity):
        return f"{before} is left out"
    if isinstance(before, Joined) and type(before) is type(after):
        assert isinstance(after, Joined)
        kind = type(before)
        pairs = zip(_split(before, kind), _split(after, kind), strict=False)
        return ", ".join(_describe_change(old, new) for old, new in pairs if old != new)
    return f"{before} becomes {after}"


def _split(expression: Expression, kind: type[Joined]) -> tuple[Expression, ...]:
    return expression.parts if isinstance(expression, kind) else (expression,)
