"""The layers of a network as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping

from cnncli.engine.fusion import INPUT, list_predicting
from cnncli.exchange.onnx_out.graph import FORMS, OnnxGraph, Place
from cnncli.exchange.predicting import find_weights, refuse_others
from cnncli.graph import Graph
from cnncli.layers.base import Array


def add_network(
    nodes: OnnxGraph, graph: Graph, weights: Mapping[str, Array], start: str, *, fold: bool
) -> tuple[str, str]:
    """Add a network that reads the value `start`; return the values of its answer and its logits.

    They differ where it ends in a softmax. Raises ArchitectureError, which names them all, for
    layers that ONNX has no form of.
    """
    operations, last = list_predicting(graph, fold=fold)
    refuse_others(operations, FORMS, "ONNX")
    values = {INPUT: start}
    for operation in operations:
        nodes.scope = operation.names[0]
        place = Place(
            layer=operation.working_layer,
            inputs=tuple(values[name] for name in operation.inputs),
            shapes=operation.input_shapes,
            weights=find_weights(operation, graph, weights),
        )
        values[operation.output] = FORMS[operation.layer.kind](nodes, place)
    ends_in_softmax = last != INPUT and operations[-1].layer.family == "softmax"
    return values[last], values[operations[-1].inputs[0] if ends_in_softmax else last]
