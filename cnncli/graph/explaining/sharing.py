"""What a dense layer in place of a convolution would cost: what sharing weights saves."""

from __future__ import annotations

from cnncli.graph.nodes import Graph, Node
from cnncli.layers.base import volume
from cnncli.layers.geometry import Windowed


def explain_sharing(node: Node) -> list[str]:
    """Return the formulas of a dense layer from the same input to the same output."""
    if not _shares_weights(node):
        return []
    (x,), y = node.input_shapes, node.output_shape
    inputs, outputs = "*".join(map(str, x)), "*".join(map(str, y))
    per_output = f"({inputs} + 1)" if _has_bias(node) else inputs
    dense = _count_dense(node)
    return [
        f"params if dense = {outputs}*{per_output} = {dense}",
        f"MACs if dense = {outputs} * {inputs} = {volume(x) * volume(y)}",
        f"weight sharing = {dense}/{node.params} = {dense / node.params:.6g}",
    ]


def compare_with_dense(graph: Graph) -> tuple[int, int]:
    """Return what all layers with shared weights learn, and dense layers in their place would."""
    shared = [node for node in graph.nodes if _shares_weights(node)]
    return sum(node.params for node in shared), sum(map(_count_dense, shared))


def _shares_weights(node: Node) -> bool:
    """Say whether a layer uses what it learns in all of its windows."""
    return isinstance(node.layer, Windowed) and node.params > 0


def _has_bias(node: Node) -> bool:
    return "bias" in node.layer.parameters(*node.input_shapes)


def _count_dense(node: Node) -> int:
    """Return a weight for each pair of input and output, and a bias where the layer has them."""
    return volume(node.output_shape) * (volume(node.input_shapes[0]) + _has_bias(node))
