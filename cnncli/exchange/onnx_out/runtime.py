"""ONNX Runtime as a rival, which proves that a file answers as its network does."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from cnncli.errors import CnncliError, setting
from cnncli.exchange.proof import Inputs, Rival

if TYPE_CHECKING:
    from cnncli.exchange.onnx_out.file import OnnxFile
    from cnncli.layers.base import Array


def open_runtime(file: OnnxFile, path: str) -> Rival | None:
    """Return ONNX Runtime with this network; None where it is not installed.

    Raises CnncliError, which names the path that was to be written, where it refuses the file.
    """
    runtime = find_runtime()
    if runtime is None:
        return None
    remedy = f"install a newer one, or give {setting('opset')} a smaller number"
    session = open_session(runtime, file.encode_with_logits(), path, remedy)

    def answer(inputs: Inputs) -> Array:
        taken = inputs.samples if file.embedded else np.moveaxis(inputs.normalized, -1, 1)
        (logits,) = session.run([file.logits], {session.get_inputs()[0].name: taken})
        return np.moveaxis(logits, 1, -1)

    return Rival(f"ONNX Runtime {runtime.__version__}", answer)


def find_runtime() -> Any:
    """Return the library, None where it is not installed."""
    try:
        return import_module("onnxruntime")
    except ImportError:
        return None


def open_session(runtime: Any, content: bytes, path: str, remedy: str) -> Any:
    """Return an onnxruntime.InferenceSession; raise CnncliError, with a path and what to do."""
    name = f"ONNX Runtime {runtime.__version__}"
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # so that figures are the same
    options.log_severity_level = 3  # errors, which are raised as well
    try:
        return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no class in common but this
        reason = " ".join(str(error).split())  # in a line
        raise CnncliError(
            f"{path}: {name} cannot run it ({reason}), so nothing was written; {remedy}", path=path
        ) from error
