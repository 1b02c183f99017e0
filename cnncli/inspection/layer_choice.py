"""Which layer of a network to look at."""

from __future__ import annotations

from collections.abc import Sequence

from cnncli.errors import UsageError, did_you_mean
from cnncli.graph import Graph, Node
from cnncli.layers.base import image_shape


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

    Its output is what later layers see.
    """
    return [node, *list_activation(graph, node)][-1]


def list_activation(graph: Graph, node: Node) -> list[Node]:
    """Return a layer's bn, dropout and activation, in order, up to the first activation.

    Each of these must be the only reader of its input. A softmax does not count: none of its values
    is zero, but by rounding.
    """
    nodes: list[Node] = []
    while node.layer.prefers is None:
        readers = list_readers(graph, node)
        if len(readers) != 1 or len(readers[0].inputs) > 1:
            break
        if readers[0].layer.family not in ("norm", "dropout", "activation"):
            break
        node = readers[0]
        nodes.append(node)
    return nodes


def list_readers(graph: Graph, node: Node) -> list[Node]:
    """Return the nodes that read what a node makes."""
    index = graph.nodes.index(node)
    return [other for other in graph.nodes if index in other.inputs]


def has_places(node: Node) -> bool:
    """Say whether a layer's output has more than one position."""
    height, width, _ = image_shape(node.output_shape)
    return height * width > 1
