import json

import pytest

from cnncli.errors import ArchitectureError, UsageError
from cnncli.options.arch import note_unusual_size, read_arch, resolve_arch
from cnncli.presets import lookup


@pytest.mark.parametrize(
    ("shape", "note"),
    [
        ((28, 28), "input 28x28: a signal of 28 samples in 28 channels; an image is 28x28x1"),
        ((64, 48), "input 64x48: a signal of 64 samples in 48 channels; an image is 64x48x1"),
        ((3, 224, 160), "an image of 3x224 with 160 channels; channels come last, as in 224x160x3"),
        ((1, 28, 28), "an image of 1x28 with 28 channels; channels come last, as in 28x28x1"),
    ],
)
def test_a_size_that_may_be_meant_otherwise_is_explained(capsys, shape, note):
    note_unusual_size(shape)
    assert note in capsys.readouterr().err


@pytest.mark.parametrize(
    "shape", [(8000, 1), (128, 9), (10, 3), (28, 28, 1), (32, 32, 3), (1, 1, 64), (4, 4, 256), (7,)]
)
def test_a_size_that_can_be_meant_in_one_way_needs_no_words(capsys, shape):
    note_unusual_size(shape)
    assert capsys.readouterr().err == ""


def test_a_preset_brings_its_input_and_its_classes():
    preset = lookup("lenet5")
    assert read_arch("lenet5") == (preset.text, (32, 32, 1), 10)


def test_a_text_brings_neither():
    assert read_arch("relu >> relu") == ("relu >> relu", None, None)


def test_a_file_is_read_behind_an_at(tmp_path):
    (tmp_path / "net.cnn").write_text("relu # nothing more\n", encoding="utf-8")
    assert read_arch(f"@{tmp_path}/net.cnn")[0] == "relu # nothing more\n"


def test_a_file_without_an_at_gets_a_hint(tmp_path, monkeypatch):
    (tmp_path / "net.cnn").write_text("relu", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"net\.cnn: is a file; write @net\.cnn"):
        read_arch("net.cnn")


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(UsageError, match="@missing: no such file or directory"):
        read_arch("@missing")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "net").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is not text in UTF-8"):
        read_arch(f"@{tmp_path}/net")


def test_an_unknown_name_is_refused():
    with pytest.raises(ArchitectureError, match="did you mean lenet5"):
        read_arch("lenet6")


def test_a_network_without_an_input_asks_for_one():
    with pytest.raises(UsageError, match="--input is missing"):
        resolve_arch("relu")


def test_given_input_and_classes_come_before_those_of_the_preset():
    graph = resolve_arch("lenet5", classes=7, input_shape=(28, 28, 3))
    assert (graph.input_shape, graph.classes) == ((28, 28, 3), 7)


def test_a_model_file_brings_its_input_and_its_classes(model):
    graph = resolve_arch(str(model))
    assert (graph.input_shape, graph.classes) == ((8, 10, 1), 3)


def test_a_model_file_has_no_other_number_of_classes(model):
    assert resolve_arch(str(model), classes=3).classes == 3
    with pytest.raises(UsageError, match="has 3 classes, --classes says 4"):
        resolve_arch(str(model), classes=4)


def test_an_architecture_can_come_from_stdin(run):
    done = run("shape-calc", "@-", "--input", "8x8x1", "--json", input="conv(2, 3)\n>> relu")
    assert [one["kind"] for one in json.loads(done.stdout)["layers"]] == ["conv", "relu"]


def test_closed_stdin_is_a_usage_error(shell):
    done = shell("cnncli shape-calc @- --input 8x8x1 <&-")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "cnncli: stdin is closed; give a file instead of '-'\n"
