"""The cases of single operators that the onnx package itself tests by: answered, or refused."""

import numpy as np
import pytest
from onnx_files import answer

from cnncli.errors import CnncliError
from cnncli.exchange.onnx_in import build_network
from cnncli.exchange.onnx_in.reading import read_file
from cnncli.model_file import Model

onnx = pytest.importorskip("onnx", reason="onnx is not installed; .ci/run installs it")
pytestmark = pytest.mark.filterwarnings("ignore")

OPERATORS = {
    "Add", "AveragePool", "BatchNormalization", "Clip", "Concat", "Conv", "ConvTranspose", "Div",
    "Dropout", "Elu", "Flatten", "Gelu", "Gemm", "GlobalAveragePool", "GlobalMaxPool",
    "GroupNormalization", "HardSigmoid", "HardSwish", "Identity", "InstanceNormalization", "LRN",
    "LayerNormalization", "LeakyRelu", "MatMul", "MaxPool", "Mean", "Mul", "Neg", "PRelu", "Pad",
    "ReduceMean", "Relu", "Reshape", "Resize", "Sigmoid", "Slice", "Softmax", "Softplus", "Split",
    "Squeeze", "Sub", "Sum", "Swish", "Tanh", "Transpose", "Unsqueeze", "Upsample",
}  # fmt: skip


def fits(case):
    """Say whether a case is one node of these, on float32 values, with a single answer."""
    model = case.model
    if model is None or len(model.graph.node) != 1 or len(model.graph.output) != 1:
        return False
    node = model.graph.node[0]
    kind = model.graph.input[0].type.tensor_type.elem_type if model.graph.input else 0
    return node.op_type in OPERATORS and not node.domain and kind == onnx.TensorProto.FLOAT


def fix_all_but_the_first(model, arrays, path):
    """Write a case as a file of which only the first input is not known beforehand."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    names = [value.name for value in model.graph.input]
    for name, array in zip(names[1:], arrays[1:], strict=True):
        fixed.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(array), name))
    del fixed.graph.input[1:]
    for wanted in fixed.opset_import:
        wanted.version = min(wanted.version, 26)
    path.write_bytes(fixed.SerializeToString())
    return str(path)


def answer_case(case, path):
    """Return our answer in the order of the expected one, and that; raise where it is refused."""
    inputs, outputs = case.data_sets[0]
    source = read_file(fix_all_but_the_first(case.model, inputs, path))
    built = build_network(source, None)
    graph, weights = built.graph, built.weights
    names = [str(number) for number in range(graph.classes)]
    model = Model(graph.text, graph.input_shape, {}, names, weights)
    x, expected = np.asarray(inputs[0]), np.asarray(outputs[0])
    last = np.moveaxis(x, 1, -1)
    samples = last if last.shape[1:] == model.input_shape else x
    ours = np.moveaxis(answer(model, np.ascontiguousarray(samples)), -1, 1)
    if graph.nodes and graph.nodes[-1].layer.kind == "softmax":
        exponentials = np.exp(ours - ours.max(axis=1, keepdims=True))
        ours = exponentials / exponentials.sum(axis=1, keepdims=True)
    return ours, expected


def test_a_case_is_answered_right_or_refused_with_a_reason(tmp_path):
    from onnx.backend.test.case.node import collect_testcases

    right, wrong = [], []
    for case in filter(fits, collect_testcases(None)):
        try:
            ours, expected = answer_case(case, tmp_path / "case.onnx")
        except CnncliError as error:
            assert error.details or error.message
            continue
        same = ours.size == expected.size and np.allclose(
            ours.reshape(-1), expected.reshape(-1), rtol=1e-3, atol=1e-5
        )
        (right if same else wrong).append(case.name)
    assert not wrong
    assert len(right) > 90
