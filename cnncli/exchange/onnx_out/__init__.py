"""From a model to an ONNX file, by the operators of https://onnx.ai/onnx/operators/.

file.py makes the file. graph.py holds the graph in the making, to which network.py adds the layers:
filters.py, pools.py, activations.py, arrangements.py, resampling.py and norms.py have a function
per kind. embedding.py has the nodes for preprocessing and answers, metadata.py what stands beside
the graph, runtime.py ONNX Runtime.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cnncli.exchange.export import Export, Written, prove_export
from cnncli.exchange.onnx_out.file import USUAL_OPSET
from cnncli.exchange.onnx_out.file import build_onnx as build_onnx
from cnncli.exchange.onnx_out.runtime import open_runtime
from cnncli.exchange.proof import ONNX_RUNTIME
from cnncli.model_file.atomic import write_atomically
from cnncli.registry import import_modules

if TYPE_CHECKING:
    from cnncli.model_file import Model

import_modules(__name__, __path__[0])  # the functions of all layers

SETTINGS = ("opset", "fold", "embed", "check", "data", "tolerance")


def write_model(path: str, model: Model, export: Export, *, force: bool = False) -> Written:
    """Write an ONNX file that ONNX Runtime, where it is installed, has answered the same with.

    Raises what `build_onnx` and `prove_export` raise; then nothing is written.
    """
    file = build_onnx(
        model,
        opset=export.opset or USUAL_OPSET,
        fold=export.fold is not False,
        embed=export.embed is True,
    )
    runtime = None if export.check == 0 else open_runtime(file, path)
    proof, notes = prove_export(model, runtime, export, path, ONNX_RUNTIME)
    content = file.encode(None if proof is None else proof.to_manifest())
    write_atomically(path, content, force=force)
    return Written(hashlib.sha256(content).hexdigest(), proof, notes)
