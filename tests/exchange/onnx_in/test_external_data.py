"""Weights in files beside an ONNX file: read where asked for, and nothing but those."""

import os

import numpy as np
import pytest
from onnx_files import compare, make_file, onnx, read

from cnncli.errors import ModelFileError

FILTERS = np.random.default_rng(1).standard_normal((2, 3, 1, 1)).astype(np.float32)
SHIFT = np.float32([0.5, -1.5])
NODES = [("Conv", "x w b", "y")]


def put_beside(folder, zeros=0, size=None, **described):
    """Write a network whose weights are in a file beside it, described like that."""
    path = folder / "net.onnx"
    model = onnx.load(make_file(path, NODES, (3, 4, 5), "y", w=FILTERS, b=SHIFT))
    tensor = model.graph.initializer[0]
    content = bytes(zeros) + tensor.raw_data
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {"location": "w.bin", **described}.items():
        tensor.external_data.add(key=key, value=str(value))
    path.write_bytes(model.SerializeToString())
    (folder / "w.bin").write_bytes(content[:size])
    return path


@pytest.mark.parametrize("described", [{}, {"offset": 64, "length": 24}, {"offset": 1}])
def test_weights_beside_the_file_are_read_where_asked_for(tmp_path, described):
    path = put_beside(tmp_path, zeros=described.get("offset", 0), **described)
    model = read(path, external_data=True)
    assert model.weights["conv1/weight"].tobytes() == FILTERS.tobytes()
    assert compare(path, model) < 1e-6
    with pytest.raises(ModelFileError, match="w is in another file; convert with"):
        read(path)


def test_weights_that_onnx_itself_puts_beside_are_read(tmp_path):
    path = tmp_path / "net.onnx"
    model = onnx.load(make_file(path, NODES, (3, 4, 5), "y", w=FILTERS, b=SHIFT))
    settings = {"save_as_external_data": True, "location": "all.bin", "size_threshold": 0}
    onnx.save(model, path, **settings)
    weights = read(path, external_data=True).weights
    assert weights["conv1/weight"].tobytes() == FILTERS.tobytes()
    assert weights["conv1/bias"].tobytes() == SHIFT.tobytes()


@pytest.mark.parametrize(
    "location", ["", ".", "..", "../w.bin", "/etc/passwd", "deeper/w.bin", "a\\w.bin", "C:w.bin"]
)
def test_files_elsewhere_are_refused(tmp_path, location):
    folder = tmp_path / "a"
    (folder / "deeper").mkdir(parents=True)
    path = put_beside(folder, location=location)
    for place in (tmp_path, folder / "deeper"):
        (place / "w.bin").write_bytes(FILTERS.tobytes())
    with pytest.raises(ModelFileError, match=r"net.onnx: has weights in '.*', which is no file be"):
        read(path, external_data=True)


def test_a_link_is_refused(tmp_path):
    folder = tmp_path / "a"
    folder.mkdir()
    path = put_beside(folder)
    (folder / "w.bin").rename(tmp_path / "w.bin")
    (folder / "w.bin").symlink_to(tmp_path / "w.bin")
    with pytest.raises(ModelFileError, match=r"w.bin, which cannot be read .it is a link.;"):
        read(path, external_data=True)


def test_a_pipe_and_a_folder_are_refused_at_once(tmp_path):
    path = put_beside(tmp_path)
    (tmp_path / "w.bin").unlink()
    os.mkfifo(tmp_path / "w.bin")
    with pytest.raises(ModelFileError, match=r"w.bin, which is no regular file"):
        read(path, external_data=True)
    (tmp_path / "w.bin").unlink()
    with pytest.raises(ModelFileError, match=r"w.bin, which cannot be read \(no such file"):
        read(path, external_data=True)
    (tmp_path / "w.bin").mkdir()
    with pytest.raises(ModelFileError, match=r"w.bin, which "):
        read(path, external_data=True)


@pytest.mark.parametrize(
    ("described", "size"),
    [({}, 23), ({"offset": 1}, 24), ({"offset": 2**62}, None), ({"offset": 4}, 24)],
)
def test_a_file_that_is_too_short_is_refused(tmp_path, described, size):
    path = put_beside(tmp_path, size=size, **described)
    with pytest.raises(ModelFileError, match=r"needs more bytes of w.bin than it holds"):
        read(path, external_data=True)


@pytest.mark.parametrize(
    "described",
    [{"length": 23}, {"length": 2**70}, {"offset": -1}, {"offset": "x"}, {"length": "9" * 5000}],
)
def test_a_wrong_description_is_refused(tmp_path, described):
    path = put_beside(tmp_path, **described)
    with pytest.raises(ModelFileError, match=r"its weights in w.bin are described wrongly"):
        read(path, external_data=True)


def test_many_tensors_cannot_multiply_the_bytes_of_a_file(tmp_path):
    path = put_beside(tmp_path)
    model = onnx.load_model(path, load_external_data=False)
    for number in range(3):
        model.graph.initializer.append(model.graph.initializer[0])
        model.graph.initializer[-1].name = f"copy{number}"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelFileError, match=r"needs more bytes of w.bin than it holds"):
        read(path, external_data=True)


def test_a_constant_of_a_node_may_be_outside_too(tmp_path):
    path = put_beside(tmp_path)
    model = onnx.load_model(path, load_external_data=False)
    tensor = model.graph.initializer[0]
    model.graph.node.insert(0, onnx.helper.make_node("Constant", [], ["w"], value=tensor))
    del model.graph.initializer[0]
    path.write_bytes(model.SerializeToString())
    weights = read(path, external_data=True).weights
    assert weights["conv1/weight"].tobytes() == FILTERS.tobytes()
