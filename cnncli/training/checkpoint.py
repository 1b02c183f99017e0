"""Checkpoints: a training that stands between two steps, in a file from which it goes on.

The file is an .npz like a model file, read as strictly. What it holds follows from the fields of
`Checkpoint` and of what these are made of, above all of `State`: see packing.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cnncli.data.checksums import Checksums
from cnncli.errors import ModelFileError, setting
from cnncli.model_file.archive import (
    DTYPES,
    MAX_ARRAYS,
    MAX_FILE_BYTES,
    ArrayType,
    measure_file,
    pack_archive,
    type_of,
)
from cnncli.model_file.atomic import STDOUT, remove_leftovers, write_atomically
from cnncli.model_file.manifest import DAMAGED, MAX_BYTES, Manifest, parse_json
from cnncli.model_file.reader import read_archive
from cnncli.tasks import Task
from cnncli.training.packing import pack, unpack
from cnncli.training.settings import Settings
from cnncli.training.state import State
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.source import TrainingData
    from cnncli.graph import Graph

KIND = "cnncli checkpoint"
TEXT = "text"  # the array with the bytes of all that is no array, as JSON
LONGEST_NAME = 1000  # of an array
MOST_SIDES = 8
LONGEST_FILE_NAME = 255  # bytes


class Checkpoint(Value):
    """What is trained, on which samples, and how far it is."""

    arch: str
    input_shape: tuple[int, ...]
    preprocessing: dict[str, Any]  # in JSON's terms
    task: Task
    settings: Settings
    train: Checksums
    val: Checksums
    options: dict[str, Any]  # by which all of this was chosen, in JSON's terms
    state: State

    @classmethod
    def take(
        cls,
        data: TrainingData,
        graph: Graph,
        settings: Settings,
        options: dict[str, Any],
        state: State,
    ) -> Checkpoint:
        """Return the checkpoint of a training, which shares the arrays of its state."""
        return cls(
            arch=graph.text,
            input_shape=graph.input_shape,
            preprocessing=data.preprocessing.to_manifest(),
            task=data.task,
            settings=settings,
            train=data.train.checksums,
            val=data.val.checksums,
            options=options,
            state=state,
        )


def locate_checkpoint(model: str) -> Path | None:
    """Return where the checkpoint of a training lies; None where its model goes to no file."""
    return locate_beside(model, behind=".ckpt")


def locate_beside(model: str, *, before: str = "", behind: str) -> Path | None:
    """Return the path of a file beside a model file, named after it, where that is a file."""
    path = Path(model)
    if model in STDOUT or (path.exists() and not path.is_file()):
        return None
    path = path.resolve()
    stem = os.fsencode(path.name)[: LONGEST_FILE_NAME - len(before) - len(behind)]
    return path.with_name(before + os.fsdecode(stem) + behind)


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> bool:
    """Write a checkpoint atomically; return False where none can be, with the old one as it was.

    So where weights are not finite, as the training is about to end then, and where the file would
    be too large for its format (2 GiB). An OSError goes on up.
    """
    arrays: dict[str, NDArray[Any]] = {}
    text = json.dumps(pack(checkpoint, Checkpoint, arrays), allow_nan=False).encode()
    arrays[TEXT] = np.frombuffer(text, np.uint8)
    if not (_fits(arrays) and all(np.isfinite(array).all() for array in arrays.values())):
        return False

    def write(stream: BinaryIO) -> None:
        for piece in pack_archive(KIND, {}, arrays):
            stream.write(piece)

    write_atomically(path, write, force=True)
    return True


def _fits(arrays: Mapping[str, NDArray[Any]]) -> bool:
    """Say whether a file can hold these arrays beside the largest manifest."""
    needed = measure_file(MAX_BYTES, {name: type_of(array) for name, array in arrays.items()})
    return needed <= MAX_FILE_BYTES and len(arrays) <= MAX_ARRAYS


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; raise ModelFileError for a file that is none, or of another release."""
    try:
        _, arrays = read_archive(path, KIND, _list_types)
        text = arrays.get(TEXT, np.empty(0, np.uint8)).tobytes()
        checkpoint: Checkpoint = unpack(parse_json(text), Checkpoint, arrays)
    except ModelFileError as error:
        fault = error.message.removesuffix(f"; {DAMAGED}").removeprefix(f"{path}: ")
        raise ModelFileError(
            f"{path}: {fault}; {setting('force')} without {setting('resume')} begins again",
            path=str(path),
        ) from error
    return checkpoint


def remove_checkpoint(path: Path) -> None:
    """Remove a checkpoint, and what writers that were killed left beside it."""
    path.unlink(missing_ok=True)
    remove_leftovers(path)


def _list_types(manifest: Manifest) -> dict[str, ArrayType]:
    """Return the types of the arrays that a manifest lists; refuse a list that no file can have."""
    entries = manifest.get("arrays")
    if not isinstance(entries, list) or len(entries) > MAX_ARRAYS:
        raise ModelFileError("does not list its arrays")
    types: dict[str, ArrayType] = {}
    for entry in entries:
        name, shape, dtype = (
            entry.get(key) if isinstance(entry, dict) else None
            for key in ("name", "shape", "dtype")
        )
        if not isinstance(name, str) or len(name) > LONGEST_NAME or dtype not in DTYPES:
            raise ModelFileError("does not list its arrays")
        if not isinstance(shape, list) or len(shape) > MOST_SIDES:
            raise ModelFileError("does not list its arrays")
        if not all(type(side) is int and 0 <= side < 2**31 for side in shape):
            raise ModelFileError("does not list its arrays")
        types[name] = ArrayType(tuple(shape), dtype)
    return types
