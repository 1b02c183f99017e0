"""What an architecture makes of its input and what it costs, as the JSON of `shape-calc` has it."""

from __future__ import annotations

from typing import Any

from cnncli.engine import count_memory_bytes
from cnncli.graph import INPUT, Graph, Node
from cnncli.graph.explaining import compare_with_dense, explain
from cnncli.layers.base import Setup

Report = dict[str, Any]


def report_shapes(graph: Graph, batch_size: int, threads: int, *, explained: bool) -> Report:
    """Return the figures of all layers and their totals, with formulas where they are explained.

    Memory is what a batch takes besides the weights, with so many threads.
    """
    report = {
        "schema": 1,
        "command": "shape-calc",
        "arch": graph.text,
        "input": graph.input_shape,
        "batch_size": batch_size,
        "threads": threads,
        "layers": [_report_layer(graph, node, explained=explained) for node in graph.nodes],
        "total": {
            "params": graph.params,
            "macs": graph.macs,
            "flops": 2 * graph.macs,
            "weights_bytes": 4 * graph.stored,
            "train_bytes": count_memory_bytes(graph, Setup(batch_size, threads, "train")),
            "predict_bytes": count_memory_bytes(graph, Setup(batch_size, threads)),
        },
        "count": "MACs of conv and dense layers; 1 MAC = 2 FLOPs",
    }
    if explained:
        params, dense = compare_with_dense(graph)
        report["shared"] = {"params": params, "params_if_dense": dense}
    return report


def _report_layer(graph: Graph, node: Node, *, explained: bool) -> Report:
    layer = {
        "name": node.name,
        "kind": node.layer.kind,
        "layer": str(node.layer),
        "inputs": ["input" if index == INPUT else graph.nodes[index].name for index in node.inputs],
        "input": node.input_shapes[0],
        "output": node.output_shape,
        "params": node.params,
        "macs": node.macs,
        "receptive_field": node.receptive_field,
        "jump": node.jump,
        "lost": node.lost,
    }
    return {**layer, "explanation": explain(graph, node)} if explained else layer
