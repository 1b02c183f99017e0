"""Files of named arrays, each format in a module of its own: weights without a network.

What the network is has to be said beside it, unless the file was written by us.
"""

from __future__ import annotations

import os
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from cnncli.errors import ArchitectureError, ModelFileError, UsageError, setting
from cnncli.exchange.completion import complete, replace_names
from cnncli.exchange.given import Imported
from cnncli.exchange.matching import count_classes, match_arrays
from cnncli.exchange.proof import PYTORCH
from cnncli.graph import build_graph
from cnncli.model_file import restore_model
from cnncli.notation import parse

if TYPE_CHECKING:
    from cnncli.exchange.given import Given
    from cnncli.exchange.proof import Rival
    from cnncli.exchange.tensors.named_arrays import NamedArrays
    from cnncli.graph import Graph
    from cnncli.layers.base import Array
    from cnncli.model_file import Model

FORMATS = {  # endings, and the modules in this folder
    ".safetensors": "safetensors",
    ".pth": "torch_file",
    ".pt": "torch_file",
    ".th": "torch_file",
    ".bin": "torch_file",
    ".npz": "npz",
}


def read_model(path: str, given: Given) -> Imported:
    """Return the network whose weights are in a file of arrays."""
    return assemble(path, read_arrays(path), given)


def read_arrays(path: str) -> NamedArrays:
    """Return the arrays in a file, of the format that its name ends in; raise ModelFileError."""
    ending = os.path.splitext(path)[1].lower()  # noqa: PTH122 - pathlib takes its time to import
    stored: NamedArrays = import_module(f"{__name__}.{FORMATS[ending]}").read_arrays(path)
    return stored


def assemble(path: str, stored: NamedArrays, given: Given) -> Imported:
    """Return the network that is given, with the weights of a file.

    Raises UsageError where no network is given, ArchitectureError where it is another's.
    """
    try:
        arrays, converted = stored.to_float32()
        if stored.description is not None and given.arch is None:
            weights = {name[::-1].replace(".", "/", 1)[::-1]: arrays[name] for name in arrays}
            return replace_names(restore_model(stored.description, weights), given)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}", path=path) from error
    if given.arch is None:
        raise UsageError(
            f"{path}: holds weights alone, not their network; convert it with {setting('arch')}, "
            "such as resnet18",
            path=path,
        )
    graph, weights, left_aside = _match(path, arrays, given, ordered=stored.ordered)
    imported = complete(graph, weights, given)
    notes = (*stored.notes, *converted, *left_aside, *imported.notes)
    return Imported(imported.model, notes, partial(_open_rival, imported.model), PYTORCH)


def _open_rival(model: Model) -> Rival | None:
    from cnncli.exchange.torch_module.rival import open_network

    return open_network(model)


def _match(
    path: str, arrays: dict[str, Array], given: Given, *, ordered: bool
) -> tuple[Graph, dict[str, Array], tuple[str, ...]]:
    """Return the network, with as many classes as its weights have, its weights, and notes."""
    shape = given.input_shape or given.usual_input
    if shape is None:
        raise UsageError(
            f"{setting('input_shape')} is missing: the size of one image, such as 224x224x3"
        )
    assert given.arch is not None
    counts = [len(given.classes)] if given.classes else []
    if given.usual_classes is not None:
        counts.append(given.usual_classes)
    first_error: ArchitectureError | None = None
    for count in dict.fromkeys([*counts, *count_classes(arrays)]) or [None]:
        graph = build_graph(parse(given.arch, count), shape)
        try:
            weights, notes = match_arrays(graph, arrays, ordered=ordered)
        except ArchitectureError as error:
            first_error = first_error or error
        else:
            return graph, weights, notes
    assert first_error is not None
    raise ArchitectureError(first_error.fault, place=path, path=path, details=first_error.details)
