"""The name of a model file to write, checked before the work begins."""

from __future__ import annotations

import os

from cnncli.errors import UsageError
from cnncli.model_file.atomic import check_writable

OTHER_FORMATS = (
    ".h5", ".hdf5", ".keras", ".pt", ".pth", ".ckpt", ".onnx", ".pb", ".tflite", ".safetensors",
    ".pkl", ".pickle", ".joblib", ".mat", ".npy", ".zip", ".tar", ".gz", ".json", ".yaml", ".csv",
    ".txt", ".log", ".png", ".jpg", ".svg", ".html", ".py", ".c", ".cnn",
)  # fmt: skip


def check_model_output(path: str, *, force: bool) -> None:
    """Raise UsageError for a name that promises what a model file is not, or cannot be written."""
    ending = os.path.splitext(path)[1].lower()  # noqa: PTH122 - pathlib takes its time to import
    if ending in OTHER_FORMATS:
        raise UsageError(f"{path}: a model file is no {ending} file; give a name that ends in .npz")
    check_writable(path, force=force)
