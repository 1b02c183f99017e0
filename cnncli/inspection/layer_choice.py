"""Which layer of a network to look at."""

from __future__ import annotations

from collections.abc import Sequence

from cnncli.errors import UsageError, did_you_mean
from cnncli.graph import Graph, Node


def list_filter_layers(graph: Graph) -> list[Node]:
    """Return the layers whose weights are filters, each seen by itself: not bn's."""
    return [
        node
        for node in graph.nodes
        if any(
            name == "weight" and len(parameter.shape) > 1
            for name, parameter in node.layer.parameters(*node.input_shapes).items()
        )
    ]


def choose_layer(name: str | None, among: Sequence[Node], what: str) -> Node:
    """Return the layer of this name, or the first for None; raise UsageError if there is none."""
    if not among:
        raise UsageError(f"the network has no layer with {what}")
    names = [node.name for node in among]
    if name is None:
        return among[0]
    if name not in names:
        meant = did_you_mean(name, names) or ";"
        raise UsageError(f"no layer {name!r} with {what}{meant} there is {', '.join(names)}")
    return among[names.index(name)]


def find_activation(graph: Graph, node: Node) -> Node:
    """Return the last node of a layer's bn, dropout and activation; without any, the layer itself.

    Its output is what later layers see. Each of these must be the only reader of its input. A
    softmax does not count: none of its values is zero, but by rounding.
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
