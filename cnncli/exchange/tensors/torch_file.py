"""PyTorch's files of weights (.pth, .pt, .th, .bin), without PyTorch.

Since version 1.6 a file is a zip of stored members: `data.pkl`, a pickle of what was saved, and
`data/KEY`, the numbers of each storage. Before, it was five pickles in a row (a magic number, a
version, facts about the machine, what was saved, the keys of the storages), then for each storage
the count of its numbers and these. See torch/serialization.py.
"""

from __future__ import annotations

import math
import zipfile
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ModelFileError
from cnncli.exchange.tensors.named_arrays import NUMBERS, NamedArrays, read_numbers, view_numbers
from cnncli.exchange.tensors.pickle_program import Tensor, interpret
from cnncli.model_file.archive import MAX_ARRAYS
from cnncli.model_file.reader import open_model_file
from cnncli.wording import shorten

MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_VERSION = 1001
MAX_PICKLE = 2**24  # bytes
MAX_MEMBERS = 4 * MAX_ARRAYS  # of a zip, with those of an optimizer
MAX_DEPTH = 4  # of what weights are wrapped in
MOST_VIEWS = 4  # of each number, on average: tensors may share storages
WRAPPERS = (  # what training scripts keep the weights under, beside other things
    "state_dict", "model_state_dict", "model", "net", "network", "weights", "params",
)  # fmt: skip

Numbers = dict[str, NDArray[Any]]  # of each storage, by its key


def read_arrays(path: str) -> NamedArrays:
    """Return the tensors of a file by name; raise ModelFileError for one that is not sound."""
    with open_model_file(path) as stream:
        size = stream.seek(0, 2)
        stream.seek(0)
        start = stream.read(4)
        stream.seek(0)
        tensors, note, numbers = (_read_zip if start == b"PK\3\4" else _read_legacy)(stream, size)
        _refuse_repetition(tensors, numbers)
        arrays = {name: _view(name, tensor, numbers) for name, tensor in tensors.items()}
        types = {name: tensor.storage.kind for name, tensor in tensors.items()}
    return NamedArrays(arrays, types, ordered=True, notes=(note,) if note else ())


def _read_zip(stream: BinaryIO, size: int) -> tuple[dict[str, Tensor], str, Numbers]:
    """Return the tensors of a zip, what was left aside, and the numbers they are made of."""
    try:
        with zipfile.ZipFile(stream) as archive:
            members = _list_members(archive, size)
            folder = _find_folder(members)
            order = f"{folder}byteorder"
            if order in members and archive.read(order) != b"little":
                raise ModelFileError("has its numbers in the order of another machine")
            with archive.open(f"{folder}data.pkl") as pickle:
                saved, storages = interpret(pickle)
            tensors, note = _find_weights(saved)
            keys = dict.fromkeys(tensor.storage.key for tensor in tensors.values())
            numbers = {
                key: view_numbers(archive.read(f"{folder}data/{key}"), storages[key].kind)
                for key in keys
            }
    except ModelFileError:
        raise
    except Exception as error:  # the parser of zip files raises a dozen kinds
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise ModelFileError(f"is no sound file of PyTorch ({ascii(reason)[1:-1]})") from error
    for key, row in numbers.items():
        if len(row) != storages[key].count:
            raise ModelFileError(f"its storage {key[:60]!a} has {len(row)} numbers")
    return tensors, note, numbers


def _list_members(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """Return what a zip says of its members; refuse one that PyTorch has not written."""
    infos = archive.infolist()
    members = {info.filename: info for info in infos}
    if len(members) < len(infos) or len(infos) > MAX_MEMBERS:
        raise ModelFileError("has two members of the same name, or too many")
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > size:
            raise ModelFileError(f"its member {info.filename[:60]!a} is compressed or damaged")
    return members


def _find_folder(members: dict[str, zipfile.ZipInfo]) -> str:
    """Return what stands in front of the names of all members, with a slash."""
    ending = "data.pkl"
    folders = [name.removesuffix(ending) for name in members if name.endswith(f"/{ending}")]
    if len(folders) != 1:
        raise ModelFileError("is a zip, but no file of PyTorch: it has no data.pkl")
    (folder,) = folders
    if members[folder + ending].file_size > MAX_PICKLE:
        raise ModelFileError(f"its pickle has more than {MAX_PICKLE} bytes")
    if any(name.startswith(f"{folder}code/") for name in members):
        raise ModelFileError(
            "is TorchScript, which is a program; save the state_dict of the module"
        )
    return folder


def _read_legacy(stream: BinaryIO, size: int) -> tuple[dict[str, Tensor], str, Numbers]:
    """Return the tensors of a file of before 1.6, what was left aside, and their numbers."""
    if stream.read(1) != b"\x80":
        raise ModelFileError("is no file of PyTorch: it begins neither like a zip nor a pickle")
    stream.seek(0)
    if interpret(stream)[0] != MAGIC:
        raise ModelFileError("is a pickle, but not of PyTorch; save with torch.save")
    if interpret(stream)[0] != LEGACY_VERSION:
        raise ModelFileError("is of a version of PyTorch's format that is not known")
    machine, _ = interpret(stream)
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise ModelFileError("has its numbers in the order of another machine")
    saved, storages = interpret(stream)
    tensors, note = _find_weights(saved)
    keys, _ = interpret(stream)
    if not isinstance(keys, list) or set(map(str, keys)) != storages.keys():
        raise ModelFileError("does not list the storages of its tensors; copy it again")
    needed = {tensor.storage.key for tensor in tensors.values()}
    numbers: Numbers = {}
    for key in map(str, keys):
        storage = storages[key]
        length = storage.count * NUMBERS[storage.kind].itemsize
        (count,) = read_numbers(stream, "int64", (1,), key)
        if count != storage.count or stream.tell() + length > size or key in numbers:
            raise ModelFileError(f"is truncated in its storage {key[:60]!a}, or damaged")
        if key in needed:
            numbers[key] = read_numbers(stream, storage.kind, (storage.count,), key)
        else:
            stream.seek(length, 1)
    if stream.tell() != size:
        raise ModelFileError("has bytes behind its last storage; take the original")
    return tensors, note, numbers


def _find_weights(saved: Any) -> tuple[dict[str, Tensor], str]:
    """Return the tensors by name, from within what they are wrapped in, and what is left aside."""
    note = ""
    for _ in range(MAX_DEPTH):
        if not isinstance(saved, dict):
            break
        tensors = {key: value for key, value in saved.items() if isinstance(value, Tensor)}
        if tensors and all(isinstance(key, str) for key in tensors):
            if len(tensors) > MAX_ARRAYS:
                raise ModelFileError(f"has more than {MAX_ARRAYS} tensors, the limit")
            return tensors, note
        inner = [key for key in WRAPPERS if isinstance(saved.get(key), dict)]
        if not inner:
            break
        others = [str(key)[:60] for key in saved if key != inner[0]]
        if others:
            note = f"takes {inner[0]!r}, leaves aside {shorten(others)!a}"
        saved = saved[inner[0]]
    held = list(map(str, saved)) if isinstance(saved, dict) else [type(saved).__name__]
    raise ModelFileError(
        f"holds no tensors by name, but {shorten(held)[:200]!a}; save the state_dict alone"
    )


def _refuse_repetition(tensors: dict[str, Tensor], numbers: Numbers) -> None:
    """Raise ModelFileError where tensors would take far more memory than what they are made of."""
    viewed = sum(math.prod(tensor.shape) for tensor in tensors.values())
    if viewed > MOST_VIEWS * sum(map(len, numbers.values())) + MAX_ARRAYS:
        raise ModelFileError(f"its tensors repeat their numbers more than {MOST_VIEWS} times")


def _view(name: str, tensor: Tensor, numbers: Numbers) -> NDArray[Any]:
    """Return a tensor as a view of the numbers of its storage."""
    row = numbers[tensor.storage.key]
    steps = zip(tensor.shape, tensor.strides, strict=True)
    last = tensor.start + sum((size - 1) * step for size, step in steps)
    if 0 in tensor.shape:
        return np.empty(tensor.shape, row.dtype)
    if last >= len(row):
        raise ModelFileError(f"its tensor {name[:60]!a} reaches beyond its storage")
    strides = [step * row.itemsize for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(
        row[tensor.start :], tensor.shape, strides, writeable=False
    )
