"""How the figures of a layer come about: its formulas with their numbers in them."""

from __future__ import annotations

from cnncli.graph.explaining.fields import explain_field
from cnncli.graph.explaining.formulas import explain_figures
from cnncli.graph.explaining.sharing import compare_with_dense as compare_with_dense
from cnncli.graph.explaining.sharing import explain_sharing
from cnncli.graph.explaining.strides import explain_unused_input
from cnncli.graph.nodes import Graph, Node


def explain(graph: Graph, node: Node) -> list[str]:
    """Return the formulas of a layer: its output size, parameters, cost and receptive field.

    Then what its stride leaves unused, and what a dense layer in its place would cost.
    """
    return [
        *explain_figures(node.layer, node),
        *explain_field(graph, node),
        *explain_unused_input(node.layer, node.input_shapes[0]),
        *explain_sharing(node),
    ]
