"""From a model to an ONNX file, by the operators of https://onnx.ai/onnx/operators/.

graph.py holds the graph in the making. filters.py, pools.py, activations.py and arrangements.py
have a function per kind of layer; embedding.py has the nodes for preprocessing and answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncli.data.preprocessing import read_preprocessing
from cnncli.engine.fusion import INPUT, Operation, fold_weights, list_predicting
from cnncli.errors import ArchitectureError, UsageError, setting
from cnncli.exchange.onnx_library import onnx
from cnncli.exchange.onnx_out.embedding import add_answer, add_preprocessing
from cnncli.exchange.onnx_out.graph import FORMS, OnnxGraph, Place
from cnncli.exchange.onnx_out.metadata import PREFIX, describe, write_json
from cnncli.registry import import_modules
from cnncli.tasks import read_task
from cnncli.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncli.graph import Graph, Node
    from cnncli.layers.base import Array, Shape
    from cnncli.model_file import Model

OPSETS = range(13, 23)
USUAL_OPSET = 17
MAX_BYTES = 2**31 - 1  # of a message of protobuf
ROOM = 2**26  # of that, for everything but weights
NAME = "input"
FLOAT = onnx.TensorProto.FLOAT

import_modules(__name__, __path__[0])


class OnnxFile(Value):
    """A network in ONNX's terms, whose input is called `input`."""

    content: Any  # onnx.ModelProto
    logits: str  # the value that holds them, (N, K), or (N, K, H, W) for every pixel
    embedded: bool  # whether it takes pixels and answers with probabilities

    def encode(self, checked: dict[str, Any] | None = None) -> bytes:
        """Return the bytes of the file, equal for equal content; `checked` is kept in it."""
        if checked is None:
            return self._encode_with()
        entry = onnx.StringStringEntryProto(key=f"{PREFIX}checked", value=write_json(checked))
        return self._encode_with(metadata_props=[entry])

    def encode_with_logits(self) -> bytes:
        """Return the bytes of a file that has the logits as an output, to be compared."""
        if self.logits == self.content.graph.output[0].name:
            return self._encode_with()
        logits = _describe_value(self.logits, FLOAT, None)
        return self._encode_with(graph=onnx.GraphProto(output=[logits]))

    def _encode_with(self, **more: Any) -> bytes:
        """Return the content and more: of a message behind another, lists are appended."""
        messages = (self.content, onnx.ModelProto(**more))
        return b"".join(message.SerializeToString(deterministic=True) for message in messages)


def build_onnx(
    model: Model, *, opset: int = USUAL_OPSET, fold: bool = True, embed: bool = False
) -> OnnxFile:
    """Return the ONNX form of a model, for batches of any size.

    It takes float32 (N, C, H, W), already normalized, and answers with logits. With `embed` it
    takes pixels, uint8 (N, H, W, C), of the size of the input, and answers with probabilities, or
    numbers. With `fold`, batch normalization goes into the weights of the layers before it.
    Raises UsageError for another opset, and ArchitectureError for layers that ONNX has no form of,
    or more than fits into a file.
    """
    if opset not in OPSETS:
        raise UsageError(f"{setting('opset')} {opset}: use one from {OPSETS[0]} to {OPSETS[-1]}")
    graph = model.graph
    operations, last = list_predicting(graph, fold=fold)
    _refuse_unwritable(operations)
    _refuse_large(graph)
    nodes = OnnxGraph(opset)
    values = {INPUT: NAME}
    if embed:
        values[INPUT] = add_preprocessing(nodes, NAME, read_preprocessing(model.preprocessing))
    for operation in operations:
        values[operation.output] = _add_layer(nodes, operation, values, graph, model.weights)
    ends_in_softmax = bool(operations) and operations[-1].layer.family == "softmax"
    logits = values[operations[-1].inputs[0] if ends_in_softmax else last]
    answer, name = values[last], "probabilities" if ends_in_softmax else "logits"
    if embed:
        answer, name = add_answer(nodes, logits, read_task(model.classes, model.task))
    elif last == INPUT:
        answer = nodes.add("Identity", answer)
    nodes.rename(answer, name)
    content = _wrap(nodes, _describe_input(graph, embed), _describe_output(graph, embed, name))
    for key, text in describe(model, graph, embedded=embed).items():
        content.metadata_props.add(key=key, value=text)
    return OnnxFile(content, name if logits == answer else logits, embed)


def _refuse_unwritable(operations: Sequence[Operation]) -> None:
    kinds = sorted({operation.layer.kind for operation in operations} - FORMS.keys())
    if kinds:
        raise ArchitectureError(f"ONNX has no form of {', '.join(kinds)}; use other layers")


def _refuse_large(graph: Graph) -> None:
    if 4 * graph.stored > MAX_BYTES - ROOM:
        raise ArchitectureError("an ONNX file holds 2 GiB of weights; make the network smaller")


def _add_layer(
    nodes: OnnxGraph,
    operation: Operation,
    values: Mapping[str, str],
    graph: Graph,
    weights: Mapping[str, Array],
) -> str:
    """Add the nodes of a layer; return the name of the value they make."""
    nodes.scope = operation.names[0]
    place = Place(
        layer=operation.working_layer,
        inputs=tuple(values[name] for name in operation.inputs),
        shapes=operation.input_shapes,
        weights=_find_weights(operation, graph, weights),
    )
    return FORMS[operation.layer.kind](nodes, place)


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


def _wrap(nodes: OnnxGraph, takes: Any, answers: Any) -> Any:
    """Return the onnx.ModelProto of a graph, for as old readers as its opset allows."""
    graph = onnx.helper.make_graph(nodes.nodes, "cnncli", [takes], [answers], nodes.constants)
    opset = onnx.helper.make_opsetid("", nodes.opset)
    return onnx.helper.make_model(
        graph,
        opset_imports=[opset],
        ir_version=onnx.helper.find_min_ir_version_for([opset]),
        producer_name="cnncli",
    )


def _describe_input(graph: Graph, embed: bool) -> Any:
    if not embed:
        return _describe_value(NAME, FLOAT, _put_channels_first(graph.input_shape))
    kind = onnx.TensorProto.UINT8 if len(graph.input_shape) == 3 else FLOAT
    return _describe_value(NAME, kind, graph.input_shape)


def _describe_output(graph: Graph, embed: bool, name: str) -> Any:
    shape = graph.output_shape
    return _describe_value(name, FLOAT, shape if embed else _put_channels_first(shape))


def _describe_value(name: str, kind: int, shape: Shape | None) -> Any:
    """Return the type of a batch of any size, of samples of a shape; None: it is not said."""
    sizes = None if shape is None else ["N", *shape]
    return onnx.helper.make_tensor_value_info(name, kind, sizes)


def _put_channels_first(shape: Shape) -> Shape:
    return (shape[-1], *shape[:-1])
