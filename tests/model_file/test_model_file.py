import hashlib
import io
import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from model_forge import ARCH, SHAPES, forge, make_manifest, make_members, make_model, same

from cnncli.errors import ArchitectureError, DataError, DivergedError, ModelFileError, UsageError
from cnncli.model_file import (
    check_savable,
    describe_model,
    digest_model,
    load_model,
    restore_model,
    save_model,
)
from cnncli.model_file.manifest import VERSION

GOLDEN = Path(__file__).parent / "golden"  # make_model() in each version of the format


class Stream(SimpleNamespace):
    """Stdin or stdout with these bytes, which may be a terminal."""

    def __init__(self, data=b"", terminal=False):
        super().__init__(buffer=io.BytesIO(data), isatty=lambda: terminal)


def test_a_model_comes_back_as_it_was_saved(path, model):
    assert same(load_model(path), model)


def test_a_model_is_restored_from_its_description_and_its_weights(model):
    flat = {name: array.reshape(-1) for name, array in reversed(model.weights.items())}
    restored = restore_model(describe_model(model), flat)
    assert digest_model(restored) == digest_model(model)


def test_a_description_is_refused_that_was_changed_or_is_of_other_weights(model):
    description = describe_model(model)
    with pytest.raises(ModelFileError, match="does not match its checksum"):
        restore_model(description.replace("cat", "car"), model.weights)
    fewer = dict(list(model.weights.items())[1:])
    with pytest.raises(ModelFileError, match="not those of the network that it describes"):
        restore_model(description, fewer)


def test_loaded_weights_are_plain_float32_that_can_be_changed(path):
    for array in load_model(path).weights.values():
        assert array.dtype == np.float32
        assert array.flags.c_contiguous
        assert array.flags.writeable


def test_the_digest_returned_is_the_one_sha256sum_prints(tmp_path, model):
    digest = save_model(tmp_path / "m.npz", model)
    assert digest == hashlib.sha256((tmp_path / "m.npz").read_bytes()).hexdigest()


def test_equal_content_gives_equal_bytes(stored, tmp_path):
    model = make_model()
    model.weights = dict(reversed(model.weights.items()))
    model.weights["dense1/weight"] = np.asfortranarray(model.weights["dense1/weight"])
    model.training = dict(reversed(model.training.items()))
    model.arch = ARCH.replace(" >> ", ">>").replace("maxpool", "maxpool(2)")
    save_model(tmp_path / "again.npz", model)
    assert (tmp_path / "again.npz").read_bytes() == stored


def test_the_file_is_the_one_an_independent_writer_makes(stored, model):
    assert forge(make_manifest(model), make_members(model)) == stored


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.npz")), ids=lambda path: path.stem)
def test_files_of_every_version_can_be_read(path):
    assert same(load_model(path), make_model())


def test_this_version_is_written_as_ever(stored):
    assert stored == (GOLDEN / f"version{VERSION}.npz").read_bytes()


def test_plain_numpy_reads_it(path, model):
    with np.load(path, allow_pickle=False) as arrays:
        manifest = json.loads(bytes(arrays["manifest"]))
        assert arrays.files == ["manifest", *SHAPES]
        assert all(np.array_equal(arrays[name], model.weights[name]) for name in SHAPES)
    assert manifest["arch"] == "conv(2, 3, pad=1, bias=no) >> bn >> relu >> maxpool >> dense(3)"
    assert manifest["arrays"][0] == {
        "name": "conv1/weight",
        "dtype": "float32",
        "shape": [2, 1, 3, 3],
        "sha256": hashlib.sha256(model.weights["conv1/weight"].tobytes()).hexdigest(),
    }


def test_its_members_are_stored_and_dated_1980(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for member in archive.infolist():
            assert member.compress_type == zipfile.ZIP_STORED
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
            assert member.external_attr >> 16 == 0o100644


def test_a_network_without_weights_can_be_saved(tmp_path):
    model = replace(make_model(), arch="global_avgpool", input_shape=(4, 4, 3), weights={})
    save_model(tmp_path / "m.npz", model)
    assert same(load_model(tmp_path / "m.npz"), model)


def test_a_model_goes_to_stdout_and_comes_from_stdin(monkeypatch, stored, model):
    stdout = Stream()
    monkeypatch.setattr(sys, "stdout", stdout)
    digest = save_model("-", model)
    assert stdout.buffer.getvalue() == stored
    assert digest == hashlib.sha256(stored).hexdigest()
    monkeypatch.setattr(sys, "stdin", Stream(stored))
    assert same(load_model("-"), model)


def test_a_model_is_not_sent_to_a_terminal(monkeypatch, model):
    monkeypatch.setattr(sys, "stdout", Stream(terminal=True))
    with pytest.raises(UsageError, match="stdout is a terminal"):
        save_model("-", model)


@pytest.mark.parametrize("stdin", [None, Stream(terminal=True)], ids=["closed", "terminal"])
def test_a_model_is_not_awaited_from_a_terminal(monkeypatch, stdin):
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(ModelFileError, match=r"^stdin: has no model; redirect one"):
        load_model("-")


def test_an_existing_file_is_kept_without_force(path, stored):
    with pytest.raises(UsageError, match=r"model\.npz: already exists; use -f to overwrite it$"):
        save_model(path, make_model(1))
    assert path.read_bytes() == stored


def test_force_overwrites(path):
    save_model(path, make_model(1), force=True)
    assert same(load_model(path), make_model(1))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_not_saved(path, stored, value):
    model = make_model()
    model.weights["bn1/bias"][1] = value
    with pytest.raises(DivergedError, match="bn1/bias has NaN or infinite values"):
        save_model(path, model, force=True)
    assert path.read_bytes() == stored


def test_weights_of_another_architecture_are_a_bug(tmp_path):
    model = make_model()
    del model.weights["bn1/bias"]
    with pytest.raises(AssertionError):
        save_model(tmp_path / "m.npz", model)


def test_a_manifest_that_no_reader_takes_is_not_written(tmp_path, model):
    model.training = {"text": "x" * 2**20}
    with pytest.raises(ModelFileError, match="the manifest would have"):
        save_model(tmp_path / "m.npz", model)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arch", "classes", "error", "message"),
    [
        ("dense(4)", ["a", "b"], ArchitectureError, "has 4 outputs for 2 classes"),
        ("conv(2, 9)", ["a", "b"], ArchitectureError, "layer 1"),
        ("dense(100000000) >> dense(2)", ["a", "b"], ArchitectureError, "more than 2 GiB"),
        ("1000 * (dense(2) >> bn) >> dense(2)", ["a", "b"], ArchitectureError, "4095 arrays"),
        ("dense(2)", [], DataError, "a class has no name"),
        ("dense(2)", ["a", ""], DataError, "a class has no name"),
        ("dense(2)", ["a", "a"], DataError, "two classes are called 'a'"),
        ("dense(2)", ["a", "\x1b[2J"], DataError, "control characters"),
        ("dense(2)", ["a", "b\u202ec"], DataError, "control characters"),
        ("dense(2)", ["a", "\udcff"], DataError, "control characters"),
        ("dense(2)", ["a", "b" * 600_000], DataError, "too long"),
    ],
)
def test_what_cannot_be_saved_is_known_before_the_training(arch, classes, error, message):
    with pytest.raises(error, match=message):
        check_savable(arch, (8, 8, 1), classes)


def test_names_in_any_script_can_be_saved():
    check_savable("dense(classes)", (8, 8, 1), ["Größe", "می‌خواهم", "👨‍👩‍👧", "a/b c"])
