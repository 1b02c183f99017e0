"""`cnncli convert NETWORK.onnx MODEL.npz`, as users call it."""

import json

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed; .ci/run installs it")
from onnx_files import compute_in_onnx_runtime, make_file, onnx
from PIL import Image

from cnncli.model_file import load_model


@pytest.fixture
def source(tmp_path):
    numbers = np.random.default_rng(1)
    filters = numbers.standard_normal((4, 3, 3, 3)).astype(np.float32)
    columns = numbers.standard_normal((5, 4 * 6 * 7)).astype(np.float32)
    nodes = [
        ("Conv", "x w", "a"),
        ("Relu", "a", "b"),
        ("Flatten", "b", "c"),
        ("Gemm", "c v", "y", {"transB": 1}),
        ("Softmax", "y", "p", {"axis": 1}),
    ]
    return make_file(tmp_path / "net.onnx", nodes, (3, 8, 9), "p", w=filters, v=columns)


def test_a_network_is_proved_against_onnx_runtime(run, source, tmp_path):
    target = tmp_path / "net.npz"
    ran = run("convert", source, str(target), "--classes", "a,b,c,d,e", "--json")
    record = json.loads(ran.stdout)
    assert record["arch"] == "conv(4, 3, bias=no) >> relu >> dense(5) >> softmax"
    assert record["checked"]["against"].startswith("ONNX Runtime")
    assert record["checked"]["inputs"] == 16 and 0 < record["checked"]["max_rel"] < 1e-5
    model = load_model(target)
    assert model.training == {"checked": record["checked"]}
    assert model.classes == [*"abcde"]


def test_nothing_is_written_above_the_tolerance(run, source, tmp_path):
    ran = run("convert", source, str(tmp_path / "net.npz"), "--tolerance", "0")
    assert ran.returncode == 6
    assert "answers otherwise" in ran.stderr
    assert not (tmp_path / "net.npz").exists()


def test_no_input_is_compared_where_none_is_asked_for(run, source, tmp_path):
    ran = run("convert", source, str(tmp_path / "net.npz"), "--check", "0", "--json")
    assert json.loads(ran.stdout)["checked"] is None


def test_an_image_is_predicted_by_the_file_itself(run, source, tmp_path):
    from PIL import Image

    Image.new("RGB", (9, 8), (200, 30, 90)).save(tmp_path / "image.png")
    (line,) = run("predict", source, str(tmp_path / "image.png"), "--json").stdout.splitlines()
    assert json.loads(line)["label"] in ["0", "1", "2", "3", "4"]


def test_an_output_is_chosen_and_proved(run, source, tmp_path):
    target = tmp_path / "net.npz"
    ran = run("convert", source, target, "--output", "y", "--json")
    record = json.loads(ran.stdout)
    assert record["arch"] == "conv(4, 3, bias=no) >> relu >> dense(5)"
    assert 0 < record["checked"]["max_rel"] < 1e-5
    ran = run("convert", source, target, "--output", "q", "--force")
    assert ran.returncode == 2
    assert ran.stderr.endswith("--output q: no node makes it; the outputs are p\n")


def test_external_data_are_read_and_proved(run, source, tmp_path):
    model = onnx.load(source)
    onnx.save(model, source, save_as_external_data=True, location="w.bin", size_threshold=0)
    ran = run("convert", source, tmp_path / "net.npz")
    assert ran.returncode == 5
    assert "is in another file; convert with --external-data reads such files" in ran.stderr
    ran = run("convert", source, tmp_path / "net.npz", "--external-data")
    assert ran.returncode == 0, ran.stderr
    assert "all first answers to 16 inputs are those of ONNX Runtime" in ran.stdout


def test_a_map_of_sigmoids_is_proved_and_predicts_masks(run, tmp_path):
    filters = np.random.default_rng(1).standard_normal((1, 3, 3, 3)).astype(np.float32)
    nodes = [("Conv", "x w", "a", {"pads": [1, 1, 1, 1]}), ("Sigmoid", "a", "y")]
    source = make_file(tmp_path / "text.onnx", nodes, (3, "H", "W"), "y", w=filters)
    target = tmp_path / "text.npz"
    ran = run("convert", source, target, "--input", "8x8x3", "--classes", "background,text")
    assert ran.returncode == 0, ran.stderr
    assert "all first answers to 16 inputs are those of ONNX Runtime" in ran.stdout
    pixels = np.random.default_rng(2).integers(0, 256, (9, 11, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "page.png")
    ran = run("predict", target, tmp_path / "page.png", "-o", tmp_path / "mask.png")
    assert ran.returncode == 0, ran.stderr
    mask = np.asarray(Image.open(tmp_path / "mask.png"))
    levels = np.moveaxis(pixels[None] / np.float32(255), -1, 1)
    theirs = compute_in_onnx_runtime(source, levels)[0, 0]
    inner = (slice(1, -1), slice(1, -1))  # beyond an image we repeat it, a Conv has zeros there
    assert 0 < mask.mean() < 1
    assert (mask[inner] == (theirs[inner] > 0.5)).all()


def test_a_file_that_onnx_runtime_cannot_run_is_converted_without_a_proof(run, tmp_path):
    filters, shift = np.ones((4, 3, 8, 8), np.float32), np.ones(4, np.float32)
    nodes = [("Conv", "x w", "a"), ("Add", "a c", "y", {"broadcast": 1, "axis": 1})]
    source = make_file(tmp_path / "old.onnx", nodes, (3, 8, 8), "y", opset=6, w=filters, c=shift)
    target = tmp_path / "old.npz"
    ran = run("convert", source, target)
    assert ran.returncode == 1 and not target.exists()
    assert ran.stderr.endswith("so nothing was written; --check 0 converts it without a proof\n")
    assert run("convert", source, target, "--check", "0").returncode == 0
    assert load_model(target).arch == "conv(4, 8) >> flatten"
