"""The layers of a network as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnncli.engine.fusion import INPUT, Operation, fold_weights, list_predicting
from cnncli.errors import ArchitectureError
from cnncli.exchange.onnx_out.graph import FORMS, OnnxGraph, Place
from cnncli.graph import Graph, Node
from cnncli.layers.base import Array


def add_network(
    nodes: OnnxGraph, graph: Graph, weights: Mapping[str, Array], start: str, *, fold: bool
) -> tuple[str, str]:
    """Add a network that reads the value `start`; return the values of its answer and its logits.

    They differ where it ends in a softmax. Raises ArchitectureError, which names them all, for
    layers that ONNX has no form of.
    """
    operations, last = list_predicting(graph, fold=fold)
    _refuse_unwritable(operations)
    values = {INPUT: start}
    for operation in operations:
        nodes.scope = operation.names[0]
        place = Place(
            layer=operation.working_layer,
            inputs=tuple(values[name] for name in operation.inputs),
            shapes=operation.input_shapes,
            weights=_find_weights(operation, graph, weights),
        )
        values[operation.output] = FORMS[operation.layer.kind](nodes, place)
    ends_in_softmax = last != INPUT and operations[-1].layer.family == "softmax"
    return values[last], values[operations[-1].inputs[0] if ends_in_softmax else last]


def _refuse_unwritable(operations: Sequence[Operation]) -> None:
    kinds = sorted({operation.layer.kind for operation in operations} - FORMS.keys())
    if kinds:
        raise ArchitectureError(f"ONNX has no form of {', '.join(kinds)}; use other layers")


def _find_weights(
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
