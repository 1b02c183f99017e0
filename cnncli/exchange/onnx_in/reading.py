"""What an ONNX file holds, after everything in it that could do harm was refused."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ModelFileError, UsageError, did_you_mean, setting
from cnncli.exchange.onnx_in.external_data import bring_in, is_outside
from cnncli.exchange.onnx_library import onnx
from cnncli.model_file.archive import MAX_FILE_BYTES
from cnncli.model_file.reader import open_model_file
from cnncli.value import Value

OPSETS = range(6, 27)
MOST_NODES, MOST_AXES, MOST_VALUES = 20_000, 8, 1 << 28
DOMAINS = ("", "ai.onnx")
Tensor = NDArray[Any]


class Operation(Value):
    """A node of an ONNX graph."""

    operator: str  # with its domain, where that is not ONNX's own
    name: str  # of the node, or of its first output
    inputs: tuple[str, ...]  # values; "" is left out
    outputs: tuple[str, ...]
    attributes: dict[str, Any]  # numbers, texts, arrays, and lists of these


class Source(Value):
    """An ONNX file that was read."""

    opset: int
    operations: tuple[Operation, ...]  # each behind those whose values it reads
    constants: dict[str, Tensor]
    inputs: dict[str, tuple[int | None, ...]]  # sizes by name, None where a size is left open
    outputs: tuple[str, ...]
    metadata: dict[str, str]


def read_file(path: str, *, external_data: bool = False) -> Source:
    """Read a file; raise ModelFileError for one that is damaged, unsafe or of another version.

    `external_data`: weights may be in files beside it.
    """
    with open_model_file(path) as stream:
        return _read_content(_load(stream, path, external_data))


def load_content(path: str, *, external_data: bool = False) -> Any:
    """Return the onnx.ModelProto in a file; raise ModelFileError."""
    with open_model_file(path) as stream:
        return _load(stream, path, external_data)


def _load(stream: BinaryIO, path: str, external_data: bool) -> Any:
    if stream.seek(0, os.SEEK_END) > MAX_FILE_BYTES:
        raise ModelFileError(f"has more than {MAX_FILE_BYTES} bytes, the limit")
    stream.seek(0)
    content = onnx.ModelProto()
    try:
        content.ParseFromString(stream.read())
    except Exception as error:  # of protobuf's implementations, each with its own
        raise ModelFileError("is no ONNX file, or a damaged one; take the original") from error
    if external_data:
        bring_in(content, path)
    return content


def _read_content(content: Any) -> Source:
    if not content.graph.node:
        raise ModelFileError("is no ONNX file with a network; take the original")
    graph = content.graph
    if len(graph.node) > MOST_NODES:
        raise ModelFileError(f"has {len(graph.node)} nodes; the limit is {MOST_NODES}")
    _check_texts(content)
    constants = {tensor.name: read_tensor(tensor) for tensor in graph.initializer}
    if len(constants) != len(graph.initializer):
        raise ModelFileError("has two constants of the same name; take the original")
    if graph.sparse_initializer:
        raise ModelFileError("has sparse constants; export it with dense ones")
    inputs = {
        value.name: _read_sizes(value) for value in graph.input if value.name not in constants
    }
    operations = tuple(map(_read_operation, graph.node))
    _check_order(operations, {*constants, *inputs})
    outputs = tuple(value.name for value in graph.output)
    if not inputs or not outputs:
        raise ModelFileError("its network has no input or no output; take the original")
    metadata = {entry.key: entry.value for entry in content.metadata_props}
    return Source(_read_opset(content), operations, constants, inputs, outputs, metadata)


def _check_texts(content: Any) -> None:
    """Refuse names that are no text, which protobuf gives as bytes."""
    graph = content.graph
    texts = [named.name for named in (*graph.initializer, *graph.input, *graph.output)]
    texts += [text for entry in content.metadata_props for text in (entry.key, entry.value)]
    for node in graph.node:
        texts += [node.op_type, node.domain, node.name, *node.input, *node.output]
        texts += [attribute.name for attribute in node.attribute]
    if not all(isinstance(text, str) for text in texts):
        raise ModelFileError("has names that are no text, so it is damaged; take the original")


def _read_opset(content: Any) -> int:
    versions = [entry.version for entry in content.opset_import if entry.domain in DOMAINS]
    if not versions:
        raise ModelFileError("does not say its opset; convert it with onnx.version_converter")
    version = int(versions[0])
    if len(set(versions)) > 1 or version not in OPSETS:
        raise ModelFileError(
            f"is of opset {version}; opsets {OPSETS[0]} to {OPSETS[-1]} are read: export it again, "
            "or use onnx.version_converter"
        )
    return version


def read_tensor(tensor: Any) -> Tensor:
    """Return the array of an onnx.TensorProto, float32 for other floats; raise ModelFileError."""
    name = shorten_name(tensor.name or "a constant")
    if is_outside(tensor):
        raise ModelFileError(
            f"{name} is in another file; convert with {setting('external_data')} reads such files "
            "beside it"
        )
    dims = tuple(tensor.dims)
    count = math.prod(dims)
    if len(dims) > MOST_AXES or min(dims, default=0) < 0 or count > MOST_VALUES:
        raise ModelFileError(f"{name} has an impossible shape; take the original")
    try:
        kind = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
    except (KeyError, TypeError, ValueError):
        kind = np.dtype(object)
    known = "bfiu" if kind.name != "bfloat16" else kind.kind
    if kind.kind not in known or tensor.HasField("segment"):
        raise ModelFileError(f"{name} is of a type that is not read; export it as float32")
    if tensor.HasField("raw_data") and len(tensor.raw_data) != count * kind.itemsize:
        raise ModelFileError(
            f"{name} has {len(tensor.raw_data)} bytes instead of {count * kind.itemsize}; "
            "take the original"
        )
    try:
        array: Tensor = onnx.numpy_helper.to_array(tensor)
        array = array.reshape(dims)
    except Exception as error:  # a list of values that has another length, or others than fit
        raise ModelFileError(f"{name} is damaged; take the original") from error
    if kind.kind == "f" or kind.name == "bfloat16":
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
        if np.isnan(array).any():
            raise ModelFileError(f"{name} has values that are no numbers; take the original")
    return array


def _read_sizes(value: Any) -> tuple[int | None, ...]:
    """Return the sizes of an input; those that are left open are None."""
    kind = value.type.tensor_type
    sizes = tuple(size.dim_value if size.HasField("dim_value") else None for size in kind.shape.dim)
    if not kind.HasField("shape") or len(sizes) > MOST_AXES:
        raise ModelFileError(
            f"its input {shorten_name(value.name)} has no shape; export it with one"
        )
    return tuple(size if size is not None and size > 0 else None for size in sizes)


def _read_operation(node: Any) -> Operation:
    operator = node.op_type if node.domain in DOMAINS else f"{node.domain}.{node.op_type}"
    attributes = {}
    for attribute in node.attribute:
        try:
            held = onnx.helper.get_attribute_value(attribute)
        except (ValueError, TypeError, AttributeError) as error:
            raise ModelFileError(f"a node {shorten_name(operator)} is damaged") from error
        if isinstance(held, onnx.TensorProto):
            held = read_tensor(held)
        elif isinstance(held, bytes):
            held = held.decode(errors="replace")
        elif attribute.type == onnx.AttributeProto.INTS:
            held = [int(number) for number in held]
        attributes[attribute.name] = held
    outputs = tuple(node.output)
    if not any(outputs):
        raise ModelFileError(f"a node {shorten_name(operator)} has no output; take the original")
    name = node.name or next(filter(None, outputs))
    return Operation(
        shorten_name(operator), shorten_name(name), tuple(node.input), outputs, attributes
    )


def _check_order(operations: tuple[Operation, ...], known: set[str]) -> None:
    """Refuse values that are made twice, or read before they are made, as in a circle."""
    known = {"", *known}
    for operation in operations:
        for name in operation.inputs:
            if name not in known:
                raise ModelFileError(
                    f"node {operation.name} reads {shorten_name(name)}, which no node before it "
                    "makes; take the original"
                )
        for name in filter(None, operation.outputs):
            if name in known:
                raise ModelFileError(f"two nodes make {shorten_name(name)}; take the original")
            known.add(name)


def choose_output(source: Source, name: str | None) -> Source:
    """Return a file that answers with this value alone, an output or whatever a node makes.

    Raises UsageError where nothing is called so.
    """
    if name is None:
        return source
    if not any(name in operation.outputs for operation in source.operations):
        outputs = shorten_name(", ".join(source.outputs))
        hint = did_you_mean(name, source.outputs) or f"; the outputs are {outputs}"
        raise UsageError(f"{setting('output')} {shorten_name(name)}: no node makes it{hint}")
    return replace(source, outputs=(name,))


def shorten_name(name: str) -> str:
    """Return a name as a message can show it."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:80])
