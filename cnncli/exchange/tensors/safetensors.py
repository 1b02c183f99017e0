"""The .safetensors format: a header in JSON that says where each array stands, then the arrays.

Read strictly: nothing twice, no gaps, no overlaps, nothing behind the last array. The format:
huggingface.co/docs/safetensors, with limits on what a network needs.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from cnncli.errors import ModelFileError
from cnncli.exchange.export import Export, Written, prove_export
from cnncli.exchange.proof import PYTORCH
from cnncli.exchange.tensors.named_arrays import NUMBERS, NamedArrays, read_numbers
from cnncli.model_file import describe_model
from cnncli.model_file.archive import MAX_ARRAYS, Buffer
from cnncli.model_file.manifest import parse_json
from cnncli.model_file.reader import open_model_file

if TYPE_CHECKING:
    from cnncli.layers.base import Array
    from cnncli.model_file import Model

SETTINGS = ("check", "data", "tolerance")  # of an export
MAX_HEADER = 2**23  # bytes
OURS = "cnncli"  # what describes a model of ours in the metadata
TYPES = {  # and what they are called in NUMBERS
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16",
    "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip


def read_arrays(path: str) -> NamedArrays:
    """Return the arrays of a file by name; raise ModelFileError for one that is not sound."""
    with open_model_file(path) as stream:
        header, size = _read_header(stream)
        metadata = header.pop("__metadata__", {})
        if not isinstance(metadata, dict) or not all(
            isinstance(text, str) for text in metadata.values()
        ):
            raise ModelFileError("its metadata are not texts")
        entries = sorted(
            (_read_entry(name, entry) for name, entry in header.items()), key=lambda entry: entry[3]
        )
        _check_places([places for *_, places in entries], size)
        arrays, types = {}, {}
        for name, kind, shape, _ in entries:
            arrays[name] = read_numbers(stream, kind, shape, name)
            types[name] = kind
    return NamedArrays(arrays, types, description=metadata.get(OURS))


def _read_header(stream: BinaryIO) -> tuple[dict[str, Any], int]:
    """Return the header, and how many bytes follow it."""
    total = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(8)
    length = int.from_bytes(head, "little") if len(head) == 8 else -1
    if not 2 <= length <= total - 8:
        raise ModelFileError(
            "is no .safetensors file, or truncated: its header does not fit into it"
        )
    if length > MAX_HEADER:
        raise ModelFileError(f"its header has {length} bytes; {MAX_HEADER} are allowed")
    text = stream.read(length)
    if text[:1] != b"{":
        raise ModelFileError("is no .safetensors file: its header does not begin with {")
    header = parse_json(text.rstrip(b" "), "its header")
    if len(header) > MAX_ARRAYS + 1:
        raise ModelFileError(f"has more than {MAX_ARRAYS} arrays, the limit")
    return header, total - 8 - length


def _read_entry(name: str, entry: Any) -> tuple[str, str, tuple[int, ...], tuple[int, int]]:
    """Return the name, type, shape and place of an array, each checked by itself."""
    shown = ascii(name[:60])
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ModelFileError(f"its header does not describe the array {shown}")
    kind, shape, places = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or kind not in TYPES:
        raise ModelFileError(
            f"{shown} is of {str(kind)[:20]!a}; convert it to one of {', '.join(TYPES)}"
        )
    for values in (shape, places):
        if not isinstance(values, list) or not all(
            type(value) is int and 0 <= value < 2**48 for value in values
        ):
            raise ModelFileError(f"its header has a size of {shown} that is none")
    if len(shape) > 8 or len(places) != 2:
        raise ModelFileError(f"its header has a size of {shown} that is none")
    if math.prod(shape) * NUMBERS[TYPES[kind]].itemsize != places[1] - places[0]:
        raise ModelFileError(f"the shape of {shown} is not that of its bytes")
    return name, TYPES[kind], tuple(shape), (places[0], places[1])


def _check_places(places: list[tuple[int, int]], size: int) -> None:
    """Refuse arrays that overlap, leave gaps or do not end where the file ends."""
    end = 0
    for start, stop in places:
        if start != end:
            raise ModelFileError("its arrays overlap or leave gaps")
        end = stop
    if end != size:
        raise ModelFileError(
            f"its arrays have {end} bytes, and {size} follow the header; take the original"
        )


def write_model(path: str, model: Model, export: Export, *, force: bool = False) -> Written:
    """Write the weights under PyTorch's names (conv1.weight), if it answers the same with them.

    The metadata describe the rest of the model, so that reading gives all of it back.
    """
    from cnncli.exchange.torch_module.rival import open_network
    from cnncli.model_file.atomic import write_atomically

    rival = None if export.check == 0 else open_network(model)
    proof, notes = prove_export(model, rival, export, path, PYTORCH)
    header: dict[str, Any] = {"__metadata__": {"format": "pt", OURS: describe_model(model)}}
    named = name_arrays(model)
    end = 0
    for name, array in named.items():
        places = [end, end := end + array.nbytes]
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": places}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    arrays = [np.ascontiguousarray(array, "<f4") for array in named.values()]
    digest = hashlib.sha256()

    def write(stream: BinaryIO) -> None:
        pieces: list[Buffer] = [struct.pack("<Q", len(text)), text]
        for piece in (*pieces, *(array.data for array in arrays)):
            digest.update(piece)
            stream.write(piece)

    write_atomically(path, write, force=force)
    return Written(digest.hexdigest(), proof, notes)


def name_arrays(model: Model) -> dict[str, Array]:
    """Return the weights of a model by PyTorch's names, in its shapes: conv1.weight.

    Filters of a signal are (K, C, S) there; a model file has them as those of a single row.
    """
    signals = {node.name for node in model.graph.nodes if len(node.input_shapes[0]) == 2}
    return {
        name.replace("/", "."): array[:, :, 0]
        if array.ndim == 4 and name.partition("/")[0] in signals
        else array
        for name, array in model.weights.items()
    }
