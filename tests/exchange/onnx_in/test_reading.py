"""What is unsafe, damaged or of another version is refused in a line."""

import numpy as np
import pytest
from onnx_files import make_file, onnx, read

from cnncli.errors import ArchitectureError, ModelFileError, UsageError

FILTERS = np.ones((2, 3, 1, 1), np.float32)
CONV = ("Conv", "x w", "y")


def change(path, function):
    """Write a small network that a function has changed."""
    model = onnx.load(make_file(path, [CONV], (3, 4, 5), "y", w=FILTERS))
    function(model)
    path.write_bytes(model.SerializeToString())
    return path


def set_opset(version):
    def alter(model):
        model.opset_import[0].version = version

    return alter


def shorten(model):
    model.graph.initializer[0].raw_data = bytes(20)


def put_outside(model):
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def make_circle(model):
    node = onnx.helper.make_node("Add", ["y", "z"], ["a"])
    model.graph.node.extend([node, onnx.helper.make_node("Relu", ["a"], ["z"])])


def make_twice(model):
    model.graph.node.append(model.graph.node[0])


def set_nan(model):
    weights = np.full((2, 3, 1, 1), np.nan, np.float32)
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(weights, "w"))


def forget_opset(model):
    del model.opset_import[:]


@pytest.mark.parametrize(
    ("alter", "reason"),
    [
        (set_opset(5), "is of opset 5; opsets 6 to 26 are read"),
        (set_opset(27), "is of opset 27"),
        (forget_opset, "does not say its opset"),
        (shorten, "w has 20 bytes instead of 24"),
        (
            put_outside,
            "w is in another file; convert with .*external.data.* reads such files beside it",
        ),
        (make_circle, "reads z, which no node before it makes"),
        (make_twice, "two nodes make y"),
        (set_nan, "w has values that are no numbers"),
    ],
)
def test_a_file_is_refused(tmp_path, alter, reason):
    with pytest.raises(ModelFileError, match=f"net.onnx: .*{reason}"):
        read(change(tmp_path / "net.onnx", alter))


def test_another_kind_of_file_is_refused(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"PK\3\4 no ONNX file")
    with pytest.raises(ModelFileError, match=r"net.onnx: is no ONNX file"):
        read(path)


def test_all_nodes_that_no_layer_stands_for_are_listed(tmp_path):
    nodes = [
        ("Det", "x", "a"), CONV, ("Sin", "y", "b"), ("Mul", "a b", "c"), ("Cos", "x", "unread"),
        ("Relu", "c", "d"), ("Acos", "d", "e"),
    ]  # fmt: skip
    path = make_file(tmp_path / "net.onnx", nodes, (3, 4, 5), "e", w=FILTERS)
    with pytest.raises(ArchitectureError, match="3 nodes are not supported: Acos, Det") as caught:
        read(path)
    reason = "no layer does this"
    assert caught.value.details == (f"Det a: {reason}", f"Sin b: {reason}", f"Acos e: {reason}")


def test_several_inputs_are_refused_by_name(tmp_path):
    def add_input(model):
        model.graph.input.append(onnx.helper.make_tensor_value_info("other", 1, ["N", 2, 4, 5]))
        model.graph.node.append(onnx.helper.make_node("Add", ["y", "other"], ["z"]))

    with pytest.raises(ArchitectureError, match="has 2 inputs, x, other; networks here have one"):
        read(change(tmp_path / "net.onnx", add_input))


def test_an_open_size_has_to_be_given(tmp_path):
    path = make_file(tmp_path / "net.onnx", [CONV], (3, "H", 5), "y", w=FILTERS)
    with pytest.raises(UsageError, match=r"net.onnx: .* is missing: the file is for \?x5x3;"):
        read(path)
    assert read(path, input_shape=(7, 5, 3)).input_shape == (7, 5, 3)
    with pytest.raises(UsageError, match=r"7x6x3: the file is for \?x5x3"):
        read(path, input_shape=(7, 6, 3))


def test_answers_of_the_same_size_are_stacked(tmp_path):
    nodes = [CONV, ("Sigmoid", "x", "z")]
    path = make_file(tmp_path / "net.onnx", nodes, (3, 4, 5), "y z", w=FILTERS)
    assert read(path).arch == "conv(2, 1, bias=no) | sigmoid"


def test_answers_of_different_sizes_are_refused_by_name(tmp_path):
    nodes = [CONV, ("GlobalMaxPool", "x", "z")]
    path = make_file(tmp_path / "net.onnx", nodes, (3, 4, 5), "y z", w=FILTERS)
    with pytest.raises(
        ArchitectureError, match=r"has 2 outputs of different sizes, y, z; .* output"
    ):
        read(path)


def test_an_output_is_chosen_by_name(tmp_path):
    nodes = [CONV, ("GlobalMaxPool", "x", "z")]
    path = make_file(tmp_path / "net.onnx", nodes, (3, 4, 5), "y z", w=FILTERS)
    assert read(path, output="y").arch == "conv(2, 1, bias=no)"
    assert read(path, output="z").arch == "global_maxpool >> flatten"


def test_any_value_may_be_the_output(tmp_path):
    nodes = [CONV, ("Relu", "y", "a"), ("Det", "a", "b")]
    path = make_file(tmp_path / "net.onnx", nodes, (3, 4, 5), "b", w=FILTERS)
    assert read(path, output="a").arch == "conv(2, 1, bias=no) >> relu"


def test_an_output_that_is_not_there_is_refused(tmp_path):
    path = make_file(tmp_path / "net.onnx", [CONV, ("Relu", "y", "prob")], (3, 4, 5), "y prob",
                     w=FILTERS)  # fmt: skip
    with pytest.raises(UsageError, match=r"output.* q: no node makes it; the outputs are y, prob"):
        read(path, output="q")
    with pytest.raises(UsageError, match="no node makes it; did you mean prob"):
        read(path, output="probs")


@pytest.mark.parametrize("given", [{"output": "y"}, {"external_data": True}])
def test_what_is_for_onnx_files_is_refused_of_others(tmp_path, given):
    with pytest.raises(UsageError, match=r"w.safetensors: .* is for .onnx files; leave it out"):
        read(tmp_path / "w.safetensors", **given)
