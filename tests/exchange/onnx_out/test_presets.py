"""Presets with random weights, on inputs that are not square, beside ONNX Runtime."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="onnx is not installed; .ci/run installs it")
from onnx_networks import make_model, run_onnx  # noqa: E402

from cnncli import presets  # noqa: E402
from cnncli.exchange.onnx_out import build_onnx  # noqa: E402
from cnncli.exchange.proof import Inputs, compute_logits  # noqa: E402

PRESETS = {
    "lenet5": (32, 36, 1),
    "alexnet": (96, 80, 3),
    "vgg_small": (32, 40, 3),
    "googlenet": (64, 48, 3),
    "resnet18": (64, 48, 3),
    "resnet50": (32, 64, 3),
    "wrn16_4": (32, 40, 3),
    "densenet121": (32, 64, 3),
    "squeezenet": (64, 48, 3),
    "mobilenet_v2": (64, 48, 3),
    "mobilenet_v3_small": (64, 48, 3),
    "mobilenet_v3_large": (32, 64, 3),
    "efficientnet_b0": (64, 48, 3),
    "unet(8)": (32, 48, 1),
    "wavenet": (640, 1),
}


@pytest.mark.parametrize("fold", [True, False], ids=["folded", "not folded"])
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_answers_alike_in_onnxruntime_in_batches_of_any_size(name, fold):
    shape = PRESETS[name]
    model = make_model(presets.get(name).text, shape)
    encoded = build_onnx(model, fold=fold).encode()
    onnx.checker.check_model(encoded, full_check=True)
    inputs = np.random.default_rng(1).standard_normal((6, *shape), np.float32)
    expected = compute_logits(model, Inputs(inputs, inputs))
    for part in (slice(0, 1), slice(1, 6)):
        (answer,) = run_onnx(encoded, input=np.moveaxis(inputs[part], -1, 1))
        answer = np.moveaxis(answer, 1, -1)
        assert np.abs(answer - expected[part]).max() <= 1e-5 * np.ptp(expected)
