"""The command `info`: what a file of a network says of itself, in words and in JSON."""

import hashlib
import json

import numpy as np
import pytest


def test_what_a_model_says_is_printed(run, model):
    lines = run("info", model).stdout.splitlines()
    said = dict(line.split(": ", 1) for line in lines)
    assert said["network"] == "conv(4, 3) >> relu >> maxpool >> dense(3)"
    assert said["input"] == "8x10x1, gray"
    assert said["classify"] == "3 classes: columns, plain, rows"
    assert said["preprocessing"].startswith("normalization standard, resize stretch, scale 0.0")
    assert said["size"] == "187 parameters, 1,872 multiply-accumulates"
    assert said["training"].startswith("epoch ") and "of 30, 100.00 % of 6 val" in said["training"]
    assert "optimizer nesterov" in said["settings"] and "freeze" not in said["settings"]
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    assert said["file"] == f"{model.stat().st_size:,} bytes, SHA-256 {digest}"


def test_json_has_the_fields_of_the_contract(run, model):
    record = json.loads(run("info", model, "--json").stdout)
    assert record["command"] == "info" and record["input"] == [8, 10, 1]
    assert record["classes"] == ["columns", "plain", "rows"]
    assert record["task"]["name"] == "classify"
    assert record["preprocessing"]["normalization"] == "standard"
    assert record["training"]["settings"]["epochs"] == 30 and "log" not in record["training"]
    assert record["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()


def test_a_model_taken_elsewhere_says_the_same(run, model, tmp_path):
    target = tmp_path / "m.safetensors"
    run("convert", model, target)
    ours, theirs = (json.loads(run("info", path, "--json").stdout) for path in (model, target))
    for name in ("arch", "input", "classes", "task", "preprocessing", "params", "training"):
        assert ours[name] == theirs[name], name


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.npz"
    rows = np.zeros((3, 80), np.float32)
    np.savez(path, **{"head.weight": rows, "head.bias": np.zeros(3, np.float32)})
    return path


def test_of_weights_alone_the_arrays_are_listed(run, weights):
    first, *arrays, _ = run("info", weights).stdout.splitlines()
    assert first == "weights alone: 2 arrays, 243 numbers"
    assert arrays == ["head.weight: 3x80, float32", "head.bias: 3, float32"]
    record = json.loads(run("info", weights, "--json").stdout)
    assert record["arch"] is None and record["params"] == 243
    assert record["arrays"][0] == {"name": "head.weight", "dtype": "float32", "shape": [3, 80]}


def test_weights_of_a_network_that_is_given_are_described_as_one(run, weights, tmp_path):
    text = tmp_path / "net.cnn"
    text.write_text("# input: 8x10x1\ndense(classes)\n")
    done = run("info", weights, "--arch", f"@{text}")
    assert "network: dense(3)" in done.stdout, done.stderr


def test_a_file_that_is_no_network_is_refused(run, image, tmp_path):
    assert run("info", image).returncode == 5
    done = run("info", tmp_path / "m.keras")
    assert done.returncode == 5 and "make an .onnx file of it with tf2onnx" in done.stderr
    assert run("info", "-").returncode == 2
