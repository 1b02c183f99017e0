import hashlib
import json
import sys

import pytest

onnx = pytest.importorskip("onnx", reason="onnx is not installed; .ci/run installs it")
from golden.record import HERE  # noqa: E402
from onnx_networks import make_model  # noqa: E402

from cnncli.errors import GateError  # noqa: E402
from cnncli.exchange.export import Export  # noqa: E402
from cnncli.exchange.onnx_out import write_model  # noqa: E402
from cnncli.model_file import load_model  # noqa: E402

TEXT = "conv(6, 3, bias=no) >> bn >> relu >> dense(7)"


@pytest.fixture(scope="module")
def model():
    return make_model(TEXT, (9, 13, 3))


def read_metadata(path):
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def test_a_written_file_keeps_the_proof_that_it_answers_the_same(model, tmp_path):
    path = tmp_path / "m.onnx"
    written = write_model(str(path), model, Export())
    assert written.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert json.loads(read_metadata(path)["cnncli.checked"]) == written.proof.to_manifest()
    assert written.proof.inputs == 16 and written.proof.max_rel < 1e-5


def test_a_file_that_fails_the_proof_is_not_written(model, tmp_path):
    with pytest.raises(GateError):
        write_model(str(tmp_path / "m.onnx"), model, Export(tolerance=-1.0))
    assert not list(tmp_path.iterdir())


def test_without_a_proof_nothing_is_claimed(model, tmp_path):
    written = write_model(str(tmp_path / "m.onnx"), model, Export(check=0))
    assert written.proof is None and not written.notes
    assert "cnncli.checked" not in read_metadata(tmp_path / "m.onnx")


def test_without_onnxruntime_it_is_said_that_nothing_was_proved(model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    written = write_model(str(tmp_path / "m.onnx"), model, Export())
    assert written.proof is None
    assert written.notes == (
        "not checked that it answers the same, which takes ONNX Runtime: pip install onnxruntime",
    )


def test_samples_that_are_given_are_answered_too(tmp_path):
    digits = load_model(HERE / "models" / "image.npz")
    folder = HERE.parent.parent / "sample_data" / "digits" / "test"
    export = Export(check=5, data=str(folder))
    assert write_model(str(tmp_path / "m.onnx"), digits, export).proof.inputs == 10


def test_equal_exports_are_equal_files(model, tmp_path):
    for name in ("a.onnx", "b.onnx"):
        write_model(str(tmp_path / name), model, Export(fold=False, opset=15, embed=True))
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
