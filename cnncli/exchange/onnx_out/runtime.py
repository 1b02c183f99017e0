"""ONNX Runtime as a rival, which proves that a file answers as its network does."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from cnncli.exchange.proof import Inputs, Rival

if TYPE_CHECKING:
    from cnncli.exchange.onnx_out.file import OnnxFile
    from cnncli.layers.base import Array


def open_runtime(file: OnnxFile) -> Rival | None:
    """Return ONNX Runtime with this network; None where it is not installed."""
    try:
        runtime: Any = import_module("onnxruntime")
    except ImportError:
        return None
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # so that figures are the same
    session = runtime.InferenceSession(
        file.encode_with_logits(), options, providers=["CPUExecutionProvider"]
    )

    def answer(inputs: Inputs) -> Array:
        taken = inputs.samples if file.embedded else np.moveaxis(inputs.normalized, -1, 1)
        (logits,) = session.run([file.logits], {session.get_inputs()[0].name: taken})
        return np.moveaxis(logits, 1, -1)

    return Rival(f"ONNX Runtime {runtime.__version__}", answer)
