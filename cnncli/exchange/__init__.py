"""Networks of other tools, in and out; what a file is follows from the ending of its name.

A module that reads a format defines `read_model(path, given)`, which returns an `Imported`; one
that writes defines `write_model(path, model, export, *, force)`, which returns a `Written`, and
`SETTINGS`, the fields of an `Export` that it knows. They are imported when they are asked for.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnncli.errors import ModelFileError, UsageError
from cnncli.exchange.given import Given, Imported

if TYPE_CHECKING:
    from cnncli.exchange.export import Export, Written
    from cnncli.layers.base import Shape
    from cnncli.model_file import Model

READERS = {  # endings, and the modules in this folder
    ".npz": "archive",
    ".onnx": "onnx_in",
    ".safetensors": "tensors",
    ".pth": "tensors",
    ".pt": "tensors",
    ".th": "tensors",
    ".bin": "tensors",
}
WRITERS = {
    ".npz": "archive",
    ".c": "c_source",
    ".onnx": "onnx_out",
    ".py": "torch_module",
    ".safetensors": "tensors.safetensors",
}
THROUGH_ONNX = {  # formats that are not read, and what makes an .onnx file of them
    ".h5": "tf2onnx",
    ".hdf5": "tf2onnx",
    ".keras": "tf2onnx",
    ".tflite": "tf2onnx",
    ".pb": "tf2onnx",
    ".caffemodel": "caffe2onnx",
    ".prototxt": "caffe2onnx",
}


def read_network(path: str, given: Given) -> Imported:
    """Return the network in a file of any format that is read.

    Raises UsageError for an unknown format, or where something has to be said that is not;
    ModelFileError for a file that is damaged, unsafe, no network or of a format that is not read;
    ArchitectureError for weights that are not those of the architecture.
    """
    module = _find_module(path, READERS, "read")
    if get_ending(path) != ".onnx":
        given.refuse_onnx_settings(path)
    imported: Imported = module.read_model(path, given)
    return imported


def list_weights(path: str) -> list[tuple[str, str, Shape]] | None:
    """Return name, type and shape of each array in a file of weights alone, else None.

    Raises ModelFileError for a file that is not sound.
    """
    from cnncli.exchange import tensors
    from cnncli.model_file.reader import is_foreign_archive

    ending = get_ending(path)
    if ending not in tensors.FORMATS or (ending == ".npz" and not is_foreign_archive(path)):
        return None
    stored = tensors.read_arrays(path)
    if stored.description is not None:
        return None
    return [(name, stored.types[name], array.shape) for name, array in stored.arrays.items()]


def write_network(path: str, model: Model, export: Export, *, force: bool = False) -> Written:
    """Write a network in the format of a name, atomically, if it answers the same there.

    Raises UsageError for a format that is not written; ArchitectureError for what the format
    cannot hold; GateError for other answers than ours.
    """
    module = _find_module(path, WRITERS, "written")
    written: Written = module.write_model(path, model, export, force=force)
    return written


def check_target(path: str, export: Export, *, force: bool = False) -> None:
    """Raise UsageError for what cannot be asked of a target; before the work begins.

    How to prove the network can always be said: a rival may have the source as well.
    """
    from cnncli.model_file.atomic import check_writable

    module = _find_module(path, WRITERS, "written")
    export.refuse_unused(path, (*module.SETTINGS, *export.proof_settings))
    check_writable(path, force=force)


def is_foreign(path: str) -> bool:
    """Say whether the name of a file is that of another tool's network, read or refused."""
    endings = READERS.keys() | WRITERS.keys() | THROUGH_ONNX.keys()
    return get_ending(path) in endings - {".npz"}


def get_ending(path: str) -> str:
    """Return the ending of a file's name, in lower case."""
    return os.path.splitext(path)[1].lower()  # noqa: PTH122 - pathlib takes its time to import


def _find_module(path: str, modules: dict[str, str], verb: str) -> Any:
    ending = get_ending(path)
    if ending not in modules and path != "-":
        fault = f"{path}: {_explain(ending, modules, verb)}"
        if verb == "read" and is_foreign(path):
            raise ModelFileError(fault, path=path)
        raise UsageError(fault, path=path)
    return import_module(f"{__name__}.{modules.get(ending, modules['.npz'])}")


def _explain(ending: str, modules: dict[str, str], verb: str) -> str:
    """Return why files with an ending are neither read nor written, and what to do."""
    if ending in THROUGH_ONNX:
        tool = THROUGH_ONNX[ending]
        return f"{ending} files are not {verb}; make an .onnx file of it with {tool}, or take one"
    if verb == "written" and ending in READERS:
        return f"{ending} files are read, not written; write a .safetensors file instead"
    if verb == "read" and ending in WRITERS:
        return f"{ending} files are written, not read; give the network it was made from"
    known = ", ".join(modules)
    fault = f"ends in {ending}" if ending else "has no ending"
    return f"{fault}, and networks are {verb} as {known}"
