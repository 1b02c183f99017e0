"""The command `convert` with ONNX files as targets."""

import hashlib
import json

import pytest

onnx = pytest.importorskip("onnx", reason="onnx is not installed; .ci/run installs it")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed; .ci/run installs it")


def list_operators(path):
    return [node.op_type for node in onnx.load(path).graph.node]


@pytest.fixture(scope="module")
def with_bn(run, patterns, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "bn.npz"
    arch = "conv(4, 3, bias=no) >> bn >> relu >> maxpool >> dense(classes)"
    done = run("train", patterns, "-o", path, "--arch", arch, "--epochs", "1")
    assert done.returncode == 0, done.stderr
    return path


def test_an_onnx_file_is_written_with_the_proof_that_it_answers_the_same(run, model, tmp_path):
    target = tmp_path / "m.onnx"
    done = run("convert", model, target, "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    checked = record["checked"]
    assert checked["against"].startswith("ONNX Runtime ")
    assert checked["inputs"] == 16 and checked["top1_agree"] is True
    assert 0 <= checked["max_rel"] < 1e-5
    assert record["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    stored = {entry.key: entry.value for entry in onnx.load(target).metadata_props}
    assert json.loads(stored["cnncli.checked"]) == checked
    onnx.checker.check_model(onnx.load(target), full_check=True)


def test_the_proof_is_printed(run, model, tmp_path):
    done = run("convert", model, tmp_path / "m.onnx", "--check", "3")
    first, second = done.stdout.splitlines()
    assert first == f"{tmp_path}/m.onnx: 187 parameters, 3 outputs"
    assert "all first answers to 3 inputs are those of ONNX Runtime" in second


def test_samples_of_a_folder_are_checked_beside_drawn_ones(run, model, patterns, tmp_path):
    data = ["--data", patterns / "test", "--check", "4"]
    done = run("convert", model, tmp_path / "m.onnx", *data, "--json")
    assert json.loads(done.stdout)["checked"]["inputs"] == 8


def test_a_proof_that_fails_is_exit_code_6_and_writes_nothing(run, model, tmp_path):
    target = tmp_path / "m.onnx"
    done = run("convert", model, target, "--tolerance", "0", "--check", "100")
    assert done.returncode == 6
    assert done.stderr.startswith(f"cnncli: {target}: ONNX Runtime")
    assert "above --tolerance 0, so nothing was written" in done.stderr
    assert not target.exists()


def test_without_a_proof_nothing_is_checked(run, model, tmp_path):
    done = run("convert", model, tmp_path / "m.onnx", "--check", "0", "--json")
    assert json.loads(done.stdout)["checked"] is None and not done.stderr


def test_bn_is_folded_unless_it_is_to_stay(run, with_bn, tmp_path):
    for options, kept in (([], False), (["--no-fold"], True)):
        target = tmp_path / f"{kept}.onnx"
        assert run("convert", with_bn, target, *options).returncode == 0
        assert ("BatchNormalization" in list_operators(target)) == kept


def test_opset_and_preprocessing_are_written_as_asked(run, model, tmp_path):
    target = tmp_path / "m.onnx"
    assert run("convert", model, target, "--opset", "21", "--embed-preprocessing").returncode == 0
    content = onnx.load(target)
    assert content.opset_import[0].version == 21
    assert content.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert content.graph.output[0].name == "probabilities"


@pytest.mark.parametrize(
    ("target", "options", "fault"),
    [
        ("m.onnx", ["--opset", "12"], "--opset 12: use one from 13 to 22"),
        ("m.safetensors", ["--opset", "17"], "--opset is not for such files; leave it out"),
        ("m.npz", ["--no-fold"], "--no-fold is not for such files; leave it out"),
        ("m.npz", ["--embed-preprocessing"], "--embed-preprocessing is not for such files"),
    ],
)
def test_what_a_format_does_not_have_is_refused(call, model, tmp_path, target, options, fault):
    done = call("convert", model, tmp_path / target, *options)
    assert done.returncode == 2
    assert fault in done.stderr
    assert not list(tmp_path.iterdir())
