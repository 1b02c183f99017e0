"""`evaluate --calibrate`: a model with another temperature, and when there is none."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from cnncli.model_file import load_model, save_model


@pytest.fixture
def doubtful(model, tmp_path):
    """The model of three patterns with a fifth of its confidence."""
    loaded = load_model(model)
    for name in ("weight", "bias"):
        loaded.weights[f"dense1/{name}"] /= np.float32(5)
    loaded.training["temperature"] = 2.0
    save_model(tmp_path / "doubtful.npz", loaded)
    return tmp_path / "doubtful.npz"


def calibrate(run, model, data, path, *options):
    done = run("evaluate", model, data, "--calibrate", path, "--json", *options)
    return json.loads(done.stdout)["calibration"] if done.stdout else done


def test_a_model_becomes_as_sure_as_it_is_right(run, doubtful, patterns, tmp_path):
    path = tmp_path / "sure.npz"
    found = calibrate(run, doubtful, patterns, path, "--split", "all")
    assert list(found) == ["temperature", "ece_before", "ece_after", "model", "sha256"]
    assert found["temperature"] < 0.5
    assert found["ece_after"] < 0.05 < found["ece_before"]
    assert found["model"] == str(path)
    assert found["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    figures = json.loads(run("evaluate", path, patterns, "--split", "all", "--json").stdout)
    assert figures["ece"] == pytest.approx(found["ece_after"], abs=1e-6)
    training = load_model(path).training
    assert training["temperature"] == pytest.approx(2 * found["temperature"])
    assert training["calibration"] == {
        "split": "all", "images": 72, **{name: found[name] for name in list(found)[:3]}
    }  # fmt: skip


def test_a_set_that_the_model_has_not_seen_is_taken_as_a_whole(run, doubtful, tmp_path):
    for number in range(30):
        path = tmp_path / "new" / ("plain", "rows", "columns")[number % 3] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (10, 8), 7 * number).save(path)
    done = run("evaluate", doubtful, tmp_path / "new", "--calibrate", tmp_path / "m.npz")
    assert done.returncode == 0, done.stderr
    assert "30 images of 3 classes (split: all)" in done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith(f"{tmp_path / 'm.npz'}: temperature ")
    assert ", calibration error 0." in last and last.endswith(" after")


def test_a_calibrated_model_is_found_to_be_calibrated(run, doubtful, patterns, tmp_path):
    first, second = tmp_path / "1.npz", tmp_path / "2.npz"
    calibrate(run, doubtful, patterns, first, "--split", "all")
    done = run("evaluate", first, patterns, "--split", "all", "--calibrate", second)
    assert "the model is calibrated on these images already; others may tell more\n" in done.stderr
    assert done.stdout.splitlines()[-1].startswith(f"{second}: temperature 1.0000, ")


def test_the_model_goes_to_stdout_if_asked_for(run, doubtful, patterns, tmp_path):
    options = ("--split", "all", "--calibrate")
    done = run("evaluate", doubtful, patterns, *options, "-", text=False)
    run("evaluate", doubtful, patterns, *options, tmp_path / "m.npz")
    assert done.stdout == (tmp_path / "m.npz").read_bytes()
    assert b"calibration error" in done.stderr


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 3, "6 images are too few to calibrate on; give 20 or more"),
        (["--split", "test"], 3, "12 images are too few to calibrate on; give 20 or more"),
        (["--split", "train"], 2, "--calibrate needs images that the network does not know"),
    ],
)
def test_samples_that_say_too_little_are_refused(
    call, model, patterns, tmp_path, options, code, message
):
    table = tmp_path / "each.csv"
    done = calibrate(call, model, patterns, tmp_path / "m.npz", "--per-image", table, *options)
    assert done.returncode == code
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("m.onnx", "a model file is no .onnx file; give a name that ends in .npz"),
        ("there.npz", "already exists; use -f to overwrite it"),
        ("none/m.npz", "there is no folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_the_work(
    call, model, patterns, tmp_path, name, message
):
    (tmp_path / "there.npz").write_bytes(b"kept")
    done = calibrate(call, model, patterns, tmp_path / name)
    assert done.returncode == 2
    assert message in done.stderr
    assert (tmp_path / "there.npz").read_bytes() == b"kept"


def test_a_network_whose_last_weights_cannot_take_it_is_refused(run, patterns, tmp_path):
    arch = "conv(4, 3) >> global_avgpool >> (dense(classes) + dense(classes))"
    run("train", patterns, "-o", tmp_path / "m.npz", "--arch", arch, "--epochs", "0")
    done = calibrate(run, tmp_path / "m.npz", patterns, tmp_path / "c.npz", "--split", "all")
    assert done.returncode == 2
    assert "this network ends in add, which keeps that from dividing its answers" in done.stderr


def test_an_answer_that_is_not_finite_calibrates_nothing(run, model, patterns, tmp_path):
    loaded = load_model(model)
    loaded.weights["conv1/weight"] *= np.float32(1e38)
    save_model(tmp_path / "huge.npz", loaded)
    done = run("evaluate", tmp_path / "huge.npz", patterns, "--split", "all", "--json",
               "--calibrate", tmp_path / "c.npz")  # fmt: skip
    assert done.returncode == 4
    assert "calibration" not in json.loads(done.stdout)
    assert not (tmp_path / "c.npz").exists()
