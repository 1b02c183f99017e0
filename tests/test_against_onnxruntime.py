"""ONNX Runtime as a third opinion on predictions, which PyTorch exports for it."""

import io
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it")
pytest.importorskip("onnx", reason="onnx is not installed; .ci/run installs it")
onnxruntime = pytest.importorskip(
    "onnxruntime", reason="ONNX Runtime is not installed; .ci/run installs it"
)
from test_against_torch import BATCH, NETWORKS, make_network  # noqa: E402
from torch_twin import Twin  # noqa: E402

from cnncli.engine import Plan  # noqa: E402
from cnncli.layers.base import Setup  # noqa: E402


class Exported(torch.nn.Module):
    def __init__(self, twin):
        super().__init__()
        self.twin = twin
        for tensor in twin.tensors.values():  # constants, for the exporter
            tensor.requires_grad_(False)

    def forward(self, images):
        return self.twin.run(images)


# Behind a pool that rounds up, ONNX has other sizes than PyTorch, so the export is not the network.
EXPORTED = [name for name, (text, *_) in NETWORKS.items() if "ceil=yes" not in text]


@pytest.mark.parametrize("name", EXPORTED)
def test_predictions_agree_with_onnxruntime(name):
    graph, weights, images, _ = make_network(name)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = Exported(Twin(graph, weights.dump()))
        torch.onnx.export(module, (torch.tensor(images),), file, dynamo=False, opset_version=17)
    session = onnxruntime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {session.get_inputs()[0].name: images})
    plan = Plan(graph, weights, Setup(BATCH, 2))
    plan.input[:] = images
    plan.forward(BATCH)
    found = plan.output.reshape(BATCH, -1)
    assert np.abs(found - expected).max() <= 2e-5 * np.abs(expected).max()
