"""Networks of the literature that the onnx package brings as graphs without trained weights."""

from pathlib import Path

import numpy as np
import pytest
from onnx_files import answer, compare, onnx, read

FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"


def find_file(name):
    path = FOLDER / f"light_{name}.onnx"
    if not path.exists():
        pytest.skip("this onnx package brings no networks")
    return path


def fill(source, target):
    """Write a network with random weights instead of equal ones, and without its softmax."""
    content = onnx.load(source)
    numbers = np.random.default_rng(3)
    sizes = {x.name: onnx.numpy_helper.to_array(x) for x in content.graph.initializer}
    nodes = []
    for node in content.graph.node:
        if node.op_type == "Softmax":
            content.graph.output[0].name = node.input[0]
            continue
        if node.op_type != "ConstantOfShape":
            nodes.append(node)
            continue
        shape = sizes[node.input[0]]
        array = numbers.uniform(0.5, 1.5, shape)  # for normalizations, whose variance is positive
        if len(shape) > 1:
            array = numbers.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
        tensor = onnx.numpy_helper.from_array(array.astype(np.float32), node.output[0])
        content.graph.initializer.append(tensor)
    del content.graph.node[:]
    content.graph.node.extend(nodes)
    onnx.save(content, target)
    return target


@pytest.mark.parametrize("name", ["inception_v2", "shufflenet"])
def test_the_answer_is_the_one_that_is_stored_with_the_network(name):
    path = find_file(name)
    stored = onnx.TensorProto.FromString((FOLDER / f"light_{name}_output_0.pb").read_bytes())
    model = read(path)
    logits = answer(model, np.ones((1, *model.input_shape), np.float32))
    chances = np.exp(logits - logits.max())
    chances /= chances.sum()
    assert np.allclose(chances, onnx.numpy_helper.to_array(stored), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["inception_v1", "inception_v2", "shufflenet", "squeezenet"])
def test_with_weights_that_differ_it_answers_as_in_onnx_runtime(tmp_path, name):
    path = fill(find_file(name), tmp_path / "net.onnx")
    assert compare(path, read(path), count=1) < 1e-5
