"""ONNX Runtime on the CPU, with all the optimizations of graphs that it makes by itself."""

from __future__ import annotations

import onnxruntime
from exported import Exported, Predictor


def predictor(files: Exported, threads: int, variant: str) -> Predictor:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(files.onnx, options, ["CPUExecutionProvider"])
    inputs = {session.get_inputs()[0].name: files.images}
    return lambda: session.run(None, inputs)[0]
