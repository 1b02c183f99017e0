"""Trained networks as files: an .npz that `numpy.load(path, allow_pickle=False)` can read.

`manifest` is JSON as bytes: `json.loads(bytes(numpy.load(path)["manifest"]))`. It holds the format
and its version, the architecture, the size of its input, preprocessing, class names, training
settings and figures, and name, dtype, shape and SHA-256 of every array. The arrays are named
`layer/parameter` (`conv1/weight`) and shaped as other tools expect. Equal content, equal bytes.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from cnncli.errors import ArchitectureError, DataError, DivergedError, ModelFileError, UsageError
from cnncli.graph import Graph, build_graph
from cnncli.layers.base import volume
from cnncli.model_file.archive import (
    MAX_ARRAYS,
    MAX_FILE_BYTES,
    ArrayType,
    Buffer,
    pack_archive,
)
from cnncli.model_file.manifest import MAX_BYTES, Manifest, is_printable, seal, unseal
from cnncli.model_file.reader import read_archive
from cnncli.notation import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncli.layers.base import Array, Shape

__all__ = [
    "Model",
    "check_savable",
    "describe_model",
    "digest_model",
    "load_model",
    "restore_model",
    "save_model",
]

KIND = "cnncli model"


@dataclass(eq=False)
class Model:
    """A network with its weights, and what it takes to use them."""

    arch: str  # the architecture; save_model stores its canonical text
    input_shape: Shape  # of a sample: (H, W, C), (L, C) or (units,)
    preprocessing: dict[str, Any]  # from an image file to the input, in JSON's terms
    classes: list[str]  # their names, in the order of the outputs
    weights: dict[str, Array]  # "conv1/weight" and so on, float32
    training: dict[str, Any] = field(default_factory=dict)  # settings and figures, in JSON's terms
    task: dict[str, Any] = field(default_factory=dict)  # in JSON's terms; none is classification

    @property
    def graph(self) -> Graph:
        """The network, laid out on its input; raises ArchitectureError."""
        return _build_graph(self.arch, len(self.classes), self.input_shape)


def save_model(path: str | os.PathLike[str], model: Model, *, force: bool = False) -> str:
    """Write a model atomically, `-` being stdout; return the SHA-256 of the file in hex.

    Raises what `check_savable` and `check_writable` raise, and DivergedError for weights that are
    not finite. An OSError goes on up, with the old file as it was.
    """
    from cnncli.model_file.atomic import STDOUT, write_atomically  # which takes its time

    if os.fspath(path) in STDOUT and sys.stdout.isatty():
        raise UsageError("stdout is a terminal, which cannot show a model; send it to a file")
    pieces = _pack(model)
    digest = hashlib.sha256()

    def write(stream: BinaryIO) -> None:
        for piece in pieces:
            digest.update(piece)
            stream.write(piece)

    write_atomically(path, write, force=force)
    return digest.hexdigest()


def digest_model(model: Model) -> str:
    """Return the SHA-256, in hex, of the file that `save_model` makes of a model."""
    digest = hashlib.sha256()
    for piece in _pack(model):
        digest.update(piece)
    return digest.hexdigest()


def _pack(model: Model) -> Iterator[Buffer]:
    """Return the bytes of a model file, piece by piece."""
    graph = _check_graph(model.arch, model.input_shape, model.classes)
    shapes = _array_shapes(graph)
    assert {name: array.shape for name, array in model.weights.items()} == shapes
    for name, array in model.weights.items():
        assert array.dtype == np.float32
        if not np.isfinite(array).all():
            raise DivergedError(f"{name} has NaN or infinite values, so the model is not saved")
    return pack_archive(
        KIND, _make_content(model, graph), {name: model.weights[name] for name in shapes}
    )


def _make_content(model: Model, graph: Graph) -> Manifest:
    """Return what a manifest says of a model, but for the list of its arrays."""
    return {
        "arch": graph.text,
        "input": list(graph.input_shape),
        "preprocessing": model.preprocessing,
        "classes": model.classes,
        "training": model.training,
        **({"task": model.task, "requires": ["task"]} if model.task else {}),
    }


def describe_model(model: Model) -> str:
    """Return all that a model file says but the weights, for other formats to carry along."""
    return seal(KIND, _make_content(model, model.graph)).decode()


def restore_model(description: str, weights: dict[str, Array]) -> Model:
    """Return the model that `describe_model` described, with weights from elsewhere.

    They may have other shapes for the same numbers. Raises ModelFileError for a description that
    is none, and for weights that do not fit it.
    """
    manifest = unseal(description.encode(errors="replace"), KIND)
    shapes = {name: kind.shape for name, kind in _needed_arrays(manifest).items()}
    if {name: volume(shape) for name, shape in shapes.items()} != {
        name: array.size for name, array in weights.items()
    }:
        raise ModelFileError("its weights are not those of the network that it describes")
    return _make_model(
        manifest, {name: weights[name].reshape(shape) for name, shape in shapes.items()}
    )


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a model, `-` being stdin; raise ModelFileError for a file that is no sound model."""
    manifest, weights = read_archive(path, KIND, _needed_arrays)
    return _make_model(manifest, weights)


def _make_model(manifest: Manifest, weights: dict[str, Array]) -> Model:
    return Model(
        arch=manifest["arch"],
        input_shape=tuple(manifest["input"]),
        preprocessing=manifest["preprocessing"],
        classes=manifest["classes"],
        weights=weights,
        training=manifest["training"],
        task=manifest.get("task", {}),
    )


def check_savable(arch: str, input_shape: Shape, classes: list[str]) -> None:
    """Raise for what no model file can hold; to be called before a training begins.

    ArchitectureError for a network that does not fit its input or its classes, or is too large;
    DataError for class names that are missing, double or not printable.
    """
    _check_graph(arch, input_shape, classes)


def _check_graph(arch: str, input_shape: Shape, classes: list[str]) -> Graph:
    _check_names(classes)
    graph = _build_graph(arch, len(classes), input_shape)
    if graph.classes != len(classes):
        last = "dense(classes)" if len(graph.output_shape) == 1 else "conv(classes, 1)"
        raise ArchitectureError(
            f"the network has {graph.classes} outputs for {len(classes)} classes; "
            f"end it with {last}"
        )
    shapes = _array_shapes(graph)
    if 4 * sum(map(volume, shapes.values())) > MAX_FILE_BYTES - 2 * MAX_BYTES:
        raise ArchitectureError("the network has more than 2 GiB of weights; make it smaller")
    if len(shapes) > MAX_ARRAYS:
        raise ArchitectureError(f"the network has more than {MAX_ARRAYS} arrays; make it smaller")
    return graph


@lru_cache(maxsize=1)  # who reads a model checks its network, then runs it
def _build_graph(arch: str, classes: int, input_shape: Shape) -> Graph:
    return build_graph(parse(arch, classes), input_shape)


def _check_names(classes: list[str]) -> None:
    if not classes or "" in classes:
        raise DataError("a class has no name; every class needs one")
    if len("".join(classes).encode(errors="replace")) > MAX_BYTES // 2:
        raise DataError("the class names are too long for a model file; shorten them")
    for name, count in Counter(classes).items():
        if count > 1:
            raise DataError(f"two classes are called {name[:60]!r}; give each a name of its own")
        if not is_printable(name):
            raise DataError(f"the class name {name[:60]!r} has control characters; rename it")


def _array_shapes(graph: Graph) -> dict[str, Shape]:
    return {
        f"{node.name}/{name}": parameter.shape
        for node in graph.nodes
        for name, parameter in node.layer.parameters(*node.input_shapes).items()
    }


def _needed_arrays(manifest: Manifest) -> dict[str, ArrayType]:
    """Return the arrays of the network in a manifest; refuse a manifest that describes none."""
    kinds = {"arch": str, "input": list, "preprocessing": dict, "classes": list, "training": dict}
    for key, kind in kinds.items():
        if not isinstance(manifest.get(key), kind):
            raise ModelFileError(f"its manifest says nothing of use as {key!r}")
    if not isinstance(manifest.get("task", {}), dict):
        raise ModelFileError("its manifest says nothing of use as 'task'")
    arch, size, classes = manifest["arch"], manifest["input"], manifest["classes"]
    if not 1 <= len(size) <= 3 or not all(type(side) is int and 0 < side < 10**7 for side in size):
        raise ModelFileError("its manifest does not give the size of its input")
    if not all(isinstance(name, str) for name in classes):
        raise ModelFileError("its manifest has class names that are no text")
    try:
        shapes = _array_shapes(_check_graph(arch, tuple(size), classes))
    except (ArchitectureError, DataError, OverflowError) as error:
        raise ModelFileError(f"describes no network that works: {str(error)[:300]}") from error
    return {name: ArrayType(shape) for name, shape in shapes.items()}
