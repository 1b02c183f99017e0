"""Which layer of a network to look at."""

from __future__ import annotations

from collections.abc import Sequence

from cnncli.errors import UsageError, did_you_mean
from cnncli.graph import Graph, Node


def with_filters(graph: Graph) -> list[Node]:
    """Return the layers whose weights are filters, each seen by itself: not bn's."""
    return [
        node
        for node in graph.nodes
        if any(
            name == "weight" and len(parameter.shape) > 1
            for name, parameter in node.layer.parameters(*node.input_shapes).items()
        )
    ]


def chosen(name: str | None, among: Sequence[Node], what: str) -> Node:
    """Return the layer of this name, the first without one; raise UsageError if there is none."""
    if not among:
        raise UsageError(f"the network has no layer with {what}")
    names = [node.name for node in among]
    if name is None:
        return among[0]
    if name not in names:
        meant = did_you_mean(name, names) or ";"
        raise UsageError(f"no layer {name!r} with {what}{meant} there is {', '.join(names)}")
    return among[names.index(name)]


def passed_on(graph: Graph, node: Node) -> Node:
    """Return the node whose output later layers see: behind bn, dropout and the activation.

    Each must be the only one that reads the one before it. A softmax, which has no zeros but by
    rounding, is not meant.
    """
    while node.layer.prefers is None:
        index = graph.nodes.index(node)
        readers = [other for other in graph.nodes if index in other.inputs]
        if len(readers) != 1 or len(readers[0].inputs) > 1:
            return node
        if readers[0].layer.family not in ("norm", "dropout", "activation"):
            return node
        node = readers[0]
    return node
