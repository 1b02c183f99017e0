"""MNN in float32, converted from ONNX."""

from __future__ import annotations

from pathlib import Path

import MNN.expr
import MNN.nn
from exported import Array, Exported, Predictor


def predictor(files: Exported, threads: int, variant: str) -> Predictor:
    settings = {"backend": "CPU", "numThread": threads, "precision": "high", "power": "high"}
    manager = MNN.nn.create_runtime_manager((settings,))
    net = MNN.nn.load_module_from_file(
        str(_converted(files.onnx)), [], [], runtime_manager=manager, shape_mutable=False
    )
    array = files.images
    images = MNN.expr.const(array, list(array.shape), MNN.expr.NCHW)

    def predict() -> Array:
        return net.forward(images).read()

    return predict


def _converted(onnx: Path) -> Path:
    """Convert by the module behind `mnnconvert`, a script that installs and calls a logger too."""
    import _tools

    path = onnx.with_suffix(".mnn")
    if not path.exists():
        names = ["--modelFile", str(onnx), "--MNNModel", str(path), "--bizCode", "none"]
        _tools.mnnconvert(["mnnconvert", "-f", "ONNX", *names])
    return path
