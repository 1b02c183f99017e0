"""What a dense layer in place of a convolution would cost: what sharing weights saves."""

from __future__ import annotations

from cnncli.graph.nodes import Graph, Node
from cnncli.layers.base import volume
from cnncli.layers.conv import Conv
from cnncli.layers.deconv import Deconv
from cnncli.layers.depthwise import Depthwise

Shared = Conv | Depthwise | Deconv  # they use their weights at all positions


def explain_sharing(node: Node) -> list[str]:
    """Return the formulas of a dense layer from the same input to the same output."""
    if not isinstance(node.layer, Shared):
        return []
    (x,), y = node.input_shapes, node.output_shape
    inputs, outputs = "*".join(map(str, x)), "*".join(map(str, y))
    each = f"({inputs} + 1)" if node.layer.bias else inputs
    dense = _dense_params(node)
    return [
        f"params if dense = {outputs}*{each} = {dense}",
        f"MACs if dense = {outputs} * {inputs} = {volume(x) * volume(y)}",
        f"weight sharing = {dense}/{node.params} = {dense / node.params:.6g}",
    ]


def compare_with_dense(graph: Graph) -> tuple[int, int]:
    """Return what all convolutions learn, and what dense layers would in their place."""
    shared = [node for node in graph.nodes if isinstance(node.layer, Shared)]
    return sum(node.params for node in shared), sum(map(_dense_params, shared))


def _dense_params(node: Node) -> int:
    """Return a weight for each pair of input and output, and a bias where there was one."""
    assert isinstance(node.layer, Shared)
    return volume(node.output_shape) * (volume(node.input_shapes[0]) + node.layer.bias)
