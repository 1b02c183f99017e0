"""From a model to a Python file: a module of PyTorch, with its weights in .safetensors beside it.

source.py has the text of the file, spelling.py what a layer becomes in it: filters.py,
functions.py and resampling.py have a function per kind. rival.py runs it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from cnncli.exchange.export import Export, Written, prove_export
from cnncli.exchange.proof import PYTORCH
from cnncli.exchange.tensors import safetensors
from cnncli.exchange.torch_module.rival import open_torch
from cnncli.exchange.torch_module.source import write_source
from cnncli.model_file.atomic import check_writable, write_atomically
from cnncli.registry import import_modules

if TYPE_CHECKING:
    from cnncli.model_file import Model

import_modules(__name__, __path__[0])  # the functions of all layers

SETTINGS = ("check", "data", "tolerance")  # of an export


def write_model(path: str, model: Model, export: Export, *, force: bool = False) -> Written:
    """Write a Python file and its weights, where PyTorch, if it is installed, answers the same.

    Raises ArchitectureError for layers that PyTorch has not, and what `prove_export` raises; then
    nothing is written.
    """
    weights = str(Path(path).with_suffix(".safetensors"))
    check_writable(weights, force=force)
    source = write_source(model, Path(weights).name)
    rival = None
    if export.check != 0:
        prepares = model.preprocessing.get("normalization") != "image"
        rival = open_torch(source, safetensors.name_arrays(model), prepares=prepares)
    proof, notes = prove_export(model, rival, export, path, PYTORCH)
    safetensors.write_model(weights, model, Export(check=0), force=force)
    write_atomically(path, source.encode(), force=force)
    digest = hashlib.sha256(source.encode()).hexdigest()
    return Written(digest, proof, (*notes, f"its weights are in {weights}"))
