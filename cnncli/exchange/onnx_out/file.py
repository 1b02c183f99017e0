"""An ONNX file in the making: graph, ends and metadata together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnncli.data.preprocessing import read_preprocessing
from cnncli.errors import ArchitectureError, UsageError, setting
from cnncli.exchange.onnx_library import onnx
from cnncli.exchange.onnx_out.embedding import add_answer, add_preprocessing
from cnncli.exchange.onnx_out.graph import OnnxGraph
from cnncli.exchange.onnx_out.metadata import CHECKED, describe, make_entry
from cnncli.exchange.onnx_out.network import add_network
from cnncli.tasks import read_task
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.graph import Graph
    from cnncli.layers.base import Shape
    from cnncli.model_file import Model

OPSETS = range(13, 23)
USUAL_OPSET = 17
MAX_BYTES = 2**31 - 1  # of a message of protobuf
ROOM = 2**26  # of that, for everything but weights
NAME = "input"
FLOAT, UINT8 = onnx.TensorProto.FLOAT, onnx.TensorProto.UINT8


class OnnxFile(Value):
    """A network in ONNX's terms, whose input is called `input`."""

    content: Any  # onnx.ModelProto
    logits: str  # the value that holds them, (N, K), or (N, K, H, W) for every pixel
    embedded: bool  # whether it takes pixels and answers with probabilities

    def encode(self, checked: dict[str, Any] | None = None) -> bytes:
        """Return the bytes of the file, equal for equal content; `checked` is kept in it."""
        if checked is None:
            return self._encode_with()
        entry = make_entry(CHECKED, json.dumps(checked, sort_keys=True))
        return self._encode_with(metadata_props=[entry])

    def encode_with_logits(self) -> bytes:
        """Return the bytes of a file that has the logits as an output, to be compared."""
        if self.logits == self.content.graph.output[0].name:
            return self._encode_with()
        logits = onnx.helper.make_tensor_value_info(self.logits, FLOAT, None)
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
    takes pixels, uint8 (N, H, W, C), and answers with probabilities, or numbers. With `fold`, batch
    normalization goes into the weights of the layers before it. H and W are those of the input;
    where each pixel gets an answer, they may be larger or smaller by a multiple of the network's
    stride (`measure_context`).
    Raises UsageError for another opset, and ArchitectureError for layers that ONNX has no form of,
    or more than fits into a file.
    """
    if opset not in OPSETS:
        raise UsageError(f"{setting('opset')} {opset}: use one from {OPSETS[0]} to {OPSETS[-1]}")
    graph = model.graph
    _refuse_large(graph)
    nodes = OnnxGraph(opset)
    start, name = NAME, "logits"
    if embed:
        start = add_preprocessing(nodes, NAME, read_preprocessing(model.preprocessing))
    answer, logits = add_network(nodes, graph, model.weights, start, fold=fold)
    if embed:
        answer, name = add_answer(nodes, logits, read_task(model.classes, model.task))
    elif answer != logits:
        name = "probabilities"
    elif answer == NAME:  # of a network without layers
        answer = logits = nodes.add("Identity", NAME)
    nodes.rename(answer, name)
    free = len(graph.output_shape) == 3  # it answers for each pixel of images of any size
    kind = UINT8 if embed and len(graph.input_shape) == 3 else FLOAT
    content = _wrap(
        nodes,
        _describe(NAME, kind, graph.input_shape, free=free, last=embed),
        _describe(name, FLOAT, graph.output_shape, free=free, last=embed),
    )
    content.metadata_props.extend(describe(model, embedded=embed))
    return OnnxFile(content, name if logits == answer else logits, embed)


def _refuse_large(graph: Graph) -> None:
    if 4 * graph.stored > MAX_BYTES - ROOM:
        raise ArchitectureError("an ONNX file holds 2 GiB of weights; make the network smaller")


def _describe(name: str, kind: int, shape: Shape, *, free: bool, last: bool) -> Any:
    """Return the type of a value, N samples of a shape, with their channels first or `last`.

    H and W stand for rows and columns where they are `free`.
    """
    *sides, channels = ("H", "W", shape[-1]) if free else shape
    sizes = [*sides, channels] if last else [channels, *sides]
    return onnx.helper.make_tensor_value_info(name, kind, ["N", *sizes])


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
