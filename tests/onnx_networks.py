"""What tests of ONNX files share: models with random weights, and ONNX Runtime."""

import pytest
from random_models import make_model as make_model

onnxruntime = pytest.importorskip(
    "onnxruntime", reason="ONNX Runtime is not installed; .ci/run installs it"
)


def run_onnx(encoded, **inputs):
    """Return what ONNX Runtime answers, an array per output of the file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(encoded, options, providers=providers)
    return session.run(None, inputs)
