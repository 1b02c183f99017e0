"""What tests of reading ONNX files share: small files, and our answers beside ONNX Runtime's."""

import numpy as np
import pytest

from cnncli.exchange import read_network
from cnncli.exchange.given import Given
from cnncli.exchange.proof import Inputs, compute_logits
from cnncli.model_file import Model

onnx = pytest.importorskip("onnx", reason="onnx is not installed; .ci/run installs it")
from cnncli.exchange.onnx_in import build_network  # noqa: E402


def make_file(path, nodes, input_shape, output, opset=17, **constants):
    """Write a network of nodes, (operator, inputs, output) and attributes; its batch is open."""
    made = [
        onnx.helper.make_node(
            operator, inputs.split(), outputs.split(), **(more[0] if more else {})
        )
        for operator, inputs, outputs, *more in nodes
    ]
    arrays = [
        onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()
    ]
    kind = onnx.TensorProto.FLOAT
    takes = onnx.helper.make_tensor_value_info("x", kind, ["N", *input_shape])
    answers = [onnx.helper.make_tensor_value_info(name, kind, None) for name in output.split()]
    graph = onnx.helper.make_graph(made, "test", [takes], answers, arrays)
    imports = [onnx.helper.make_opsetid("", opset)]
    model = onnx.helper.make_model(graph, opset_imports=imports, ir_version=8)
    path.write_bytes(model.SerializeToString())
    return str(path)


def build(source):
    """Return a model of a network whose answer need not be that of any task."""
    built = build_network(source, None)
    graph, weights = built.graph, built.weights
    names = [str(number) for number in range(graph.classes)]
    return Model(graph.text, graph.input_shape, {}, names, weights)


def read(path, **given):
    """Return the model in a file."""
    return read_network(str(path), Given(**given)).model


def answer(model, samples):
    """Return our logits for float32 samples (N, H, W, C), (N, L, C)."""
    return compute_logits(model, Inputs(samples, samples))


def open_session(path):
    """Return ONNX Runtime with a file."""
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def compute_in_onnx_runtime(path, samples):
    """Return the first answer of a file to float32 samples, in the order it takes them."""
    session = open_session(path)
    fed = session.get_inputs()[0].name
    return session.run(None, {fed: np.ascontiguousarray(samples)})[0]


def compare(path, model, count=2, seed=0):
    """Return how far our answers are from ONNX Runtime's, relative to the range of its answers."""
    session = open_session(path)
    numbers = np.random.default_rng(seed)
    samples = numbers.standard_normal((count, *model.input_shape)).astype(np.float32)
    fed = session.get_inputs()[0]
    taken = samples
    if fed.shape[1:] != [*model.input_shape]:
        taken = np.ascontiguousarray(np.moveaxis(samples, -1, 1))
    theirs = session.run(None, {fed.name: taken})[0]
    ours = np.moveaxis(answer(model, samples), -1, 1).reshape(theirs.shape)
    return float(np.abs(ours - theirs).max() / np.ptp(theirs))
