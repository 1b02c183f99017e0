"""Every layer there is, on the examples it gives of itself, beside ONNX Runtime."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="onnx is not installed; .ci/run installs it")
from contract import IMAGES, PREDICTION, Bench, list_examples  # noqa: E402
from onnx_networks import run_onnx  # noqa: E402

from cnncli.exchange.onnx_out.file import OPSETS  # noqa: E402
from cnncli.exchange.onnx_out.graph import FORMS, OnnxGraph, Place  # noqa: E402
from cnncli.layers import LAYERS  # noqa: E402
from cnncli.notation import parse  # noqa: E402

WITHOUT_FORM: set[str] = set()  # kinds of layers that ONNX cannot say
COPIES = {"dropout"}  # which a prediction leaves out
WRITTEN = [(layer, shapes) for layer, shapes in list_examples() if layer.kind in FORMS]
TESTED = (OPSETS[0], 17, OPSETS[-1])


def test_every_layer_is_written_but_those_that_onnx_has_no_form_of():
    assert LAYERS.keys() - FORMS.keys() == WITHOUT_FORM | COPIES


def put_channels_first(array):
    return np.ascontiguousarray(np.moveaxis(array, -1, 1))


def run_layer(layer, shapes, opset):
    """Return what a layer answers here and in ONNX Runtime, both (IMAGES, ..., channels)."""
    bench = Bench(layer, shapes, PREDICTION)
    expected = bench.answer()
    arrays = {f"x{i}": put_channels_first(x[:IMAGES]) for i, x in enumerate(bench.site.x)}
    graph = OnnxGraph(opset)
    answer = FORMS[layer.kind](graph, Place(layer, tuple(arrays), shapes, bench.files))
    describe = onnx.helper.make_tensor_value_info
    float32 = onnx.TensorProto.FLOAT
    inputs = [describe(name, float32, ["N", *x.shape[1:]]) for name, x in arrays.items()]
    outputs = [describe(answer, float32, ["N", *put_channels_first(expected).shape[1:]])]
    opset_id = onnx.helper.make_opsetid("", opset)
    model = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, "layer", inputs, outputs, graph.constants),
        opset_imports=[opset_id],
        ir_version=8,
    )
    onnx.checker.check_model(model)
    (answer,) = run_onnx(model.SerializeToString(), **arrays)
    return expected, np.moveaxis(answer, 1, -1)


@pytest.mark.parametrize("opset", TESTED)
@pytest.mark.parametrize(
    ("layer", "shapes"), WRITTEN, ids=[f"{layer} on {shapes}" for layer, shapes in WRITTEN]
)
def test_a_layer_answers_alike_in_onnxruntime(layer, shapes, opset):
    expected, answer = run_layer(layer, shapes, opset)
    assert answer.shape == expected.shape
    assert np.abs(answer - expected).max() <= 1e-5 * np.ptp(expected)


TRICKY = {
    "conv(4, 4x3, 3x2, same, edge)": (11, 8, 2),
    "conv(6, 3, 2, same, reflect, 2, groups=2)": (9, 12, 4),
    "conv(4, 2, 3, causal, edge, 3)": (17, 2),
    "depthwise(4, 3, same, dilation=2)": (13, 8, 3),
    "deconv(4, 2, 3, same)": (4, 5, 2),  # with columns that no filter reaches
    "deconv(2, 4x3, 1x2, same, 2, groups=2)": (5, 4, 6),
    "deconv(3, 3, 2, 1)": (6, 2),
    "maxpool(3, 2, 1, ceil=yes)": (8, 11, 2),
    "maxpool(2, 3, ceil=yes)": (7, 9, 2),  # with rows that no window reaches
    "avgpool(3, 2, 1, ceil=yes)": (8, 11, 2),
    "avgpool(3, 2, same)": (8, 11, 2),
    "avgpool(4, 3, 1, ceil=yes)": (11, 2),
    "avgpool(3, 2, 1, ceil=yes, include_pad=no)": (8, 11, 2),
    "avgpool(2x3, 1, same, include_pad=no)": (8, 11, 2),
    "avgpool(4, 3, 3, include_pad=no)": (11, 2),
    "l2pool(3, 2, 1, ceil=yes)": (8, 11, 2),
}


@pytest.mark.parametrize("opset", TESTED)
@pytest.mark.parametrize("text", TRICKY)
def test_padding_that_tools_disagree_on_answers_alike_in_onnxruntime(text, opset):
    expected, answer = run_layer(parse(text).layer, (TRICKY[text],), opset)
    assert answer.shape == expected.shape
    assert np.abs(answer - expected).max() <= 1e-5 * np.ptp(expected)
