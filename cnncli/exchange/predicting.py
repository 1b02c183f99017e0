"""What a network runs in a prediction, for those who write it in another form."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cnncli.engine.fusion import Operation, fold_weights
from cnncli.errors import ArchitectureError
from cnncli.graph import Graph, Node
from cnncli.layers.base import Array


def refuse_others(operations: Sequence[Operation], kinds: Collection[str], form: str) -> None:
    """Raise ArchitectureError, which names them all, for layers that are not of these kinds."""
    others = sorted({operation.layer.kind for operation in operations}.difference(kinds))
    if others:
        raise ArchitectureError(f"{form} has no form of {', '.join(others)}; use other layers")


def find_weights(
    operation: Operation, graph: Graph, arrays: Mapping[str, Array]
) -> Mapping[str, Array]:
    """Return the arrays that the layer of an operation works with, by their own names."""
    nodes = {node.name: node for node in graph.nodes}

    def find(node: Node) -> dict[str, Array]:
        names = node.layer.parameters(*node.input_shapes)
        return {name: arrays[f"{node.name}/{name}"] for name in names}

    weights = find(nodes[operation.names[0]])
    if operation.folded is None:
        return weights
    second = nodes[operation.folded]
    return fold_weights(operation, second, weights, find(second))
