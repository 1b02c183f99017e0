"""What our own ONNX files say of themselves beside the graph (`onnx_out/metadata.py`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cnncli.errors import ModelFileError
from cnncli.exchange.onnx_in.reading import Operation, Source
from cnncli.graph import build_graph
from cnncli.layers.base import volume
from cnncli.layers.geometry import Windowed
from cnncli.model_file import KIND, Model, restore_model
from cnncli.model_file.manifest import unseal
from cnncli.notation import parse

if TYPE_CHECKING:
    from cnncli.graph import Graph

DESCRIPTION, EMBEDDED = "cnncli", "cnncli.embedded"
AROUND = ("preprocessing/", "answer/")  # how nodes beside the network itself are called


def read_description(source: Source) -> dict[str, Any] | None:
    """Return what a file says of its model, None for one of another tool; raise ModelFileError."""
    text = source.metadata.get(DESCRIPTION)
    return None if text is None else unseal(text.encode(errors="replace"), KIND)


def restore(source: Source, described: dict[str, Any], graph: Graph) -> Model | None:
    """Return the very model that was written, if the graph is that of its layers and all its
    arrays are there; None where batch normalization was folded into other weights.
    """
    whole = build_graph(parse(described["arch"], len(described["classes"])), graph.input_shape)
    if _list_layers(whole) != _list_layers(graph):
        return None
    weights = {}
    for node in whole.nodes:
        for key, parameter in node.layer.parameters(*node.input_shapes).items():
            name = f"{node.name}/{key}"
            array = source.constants.get(name)
            if array is None or array.size != volume(parameter.shape):
                return None
            weights[name] = array.reshape(parameter.shape)
    return restore_model(source.metadata[DESCRIPTION], weights)


def describe(model: Model, described: dict[str, Any]) -> Model:
    """Return a model with the class names, preprocessing and task that its file tells of."""
    if len(described["classes"]) != len(model.classes):
        raise ModelFileError("it describes another number of classes than its network has")
    return replace(
        model,
        classes=described["classes"],
        preprocessing=described["preprocessing"],
        task=described.get("task", {}),
        training=described["training"],
    )


def _list_layers(graph: Graph) -> list[tuple[Any, ...]]:
    """Return what the layers of a prediction do, in order; pad=same may be the same as pad=1."""
    return [
        (
            node.layer.kind,
            node.output_shape,
            node.layer.windows(node.input_shapes[0]).reach
            if isinstance(node.layer, Windowed)
            else str(node.layer),
        )
        for node in graph.nodes
        if node.layer.kind not in ("dropout", "flatten", "softmax")
    ]


def cut_network(source: Source, described: dict[str, Any]) -> Source:
    """Return a file without the nodes for preprocessing and answers, if it has some."""
    if source.metadata.get(EMBEDDED) != "true":
        return source
    kept = tuple(node for node in source.operations if not node.name.startswith(AROUND))
    made = {name for node in kept for name in node.outputs}
    known = {"", *made, *source.constants}
    takes = [name for node in kept for name in node.inputs if name not in known]
    outputs = [name for node in _list_answering(source) for name in node.inputs if name in made]
    if not takes or not outputs:
        raise ModelFileError("its preprocessing and its network cannot be told apart")
    *sides, channels = described["input"]
    shape = (None, channels, *sides)
    return replace(source, operations=kept, inputs={takes[0]: shape}, outputs=(outputs[0],))


def _list_answering(source: Source) -> list[Operation]:
    return [node for node in source.operations if node.name.startswith(AROUND[1])]
