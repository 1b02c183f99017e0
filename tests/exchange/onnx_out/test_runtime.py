import sys

import pytest

pytest.importorskip("onnx", reason="onnx is not installed; .ci/run installs it")
from onnx_networks import make_model

from cnncli.errors import CnncliError, GateError
from cnncli.exchange.onnx_out import build_onnx
from cnncli.exchange.onnx_out.runtime import open_runtime
from cnncli.exchange.proof import gather_inputs, prove

TEXT = "conv(6, 3) >> relu >> dense(7) >> softmax"


@pytest.mark.parametrize("embed", [False, True])
def test_onnxruntime_gives_the_logits_of_a_file_that_answers_with_probabilities(embed):
    model = make_model(TEXT, (9, 13, 3))
    rival = open_runtime(build_onnx(model, embed=embed), "m.onnx")
    proof = prove(model, rival, gather_inputs(model, 5), path="m.onnx", tolerance=1e-6)
    assert proof.against.startswith("ONNX Runtime 1.")
    assert proof.inputs == 5 and proof.top1_agree


def test_a_file_with_other_weights_is_found_out():
    file = build_onnx(make_model(TEXT, (9, 13, 3)))
    other = make_model(TEXT, (9, 13, 3))
    other.weights["conv1/weight"] = other.weights["conv1/weight"][..., ::-1].copy()
    with pytest.raises(GateError, match="ONNX Runtime"):
        prove(other, open_runtime(file, "m.onnx"), gather_inputs(other, 5), path="m.onnx")


def test_without_onnxruntime_there_is_no_rival(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert open_runtime(build_onnx(make_model(TEXT, (9, 13, 3))), "m.onnx") is None


def test_a_file_that_onnxruntime_refuses_is_an_error_in_a_line():
    file = build_onnx(make_model(TEXT, (9, 13, 3)))
    file.content.opset_import[0].version = 99
    with pytest.raises(CnncliError, match=r"^m.onnx: ONNX Runtime .* cannot run it \(") as caught:
        open_runtime(file, "m.onnx")
    assert "\n" not in str(caught.value)
