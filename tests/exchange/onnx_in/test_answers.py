"""Probabilities of yes at the end of an ONNX file become logits of classes or labels."""

import numpy as np
import pytest
from onnx_files import answer, compute_in_onnx_runtime, make_file, read

from cnncli.exchange import read_network
from cnncli.exchange.given import Given
from cnncli.exchange.proof import gather_inputs, prove
from cnncli.tasks import read_task

NUMBERS = np.random.default_rng(3)
IMAGE = (3, 8, 10)  # channels first


def draw(*shape):
    return NUMBERS.standard_normal(shape).astype(np.float32)


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


MAPS = [
    ([("Conv", "x w", "a"), ("Sigmoid", "a", "y")], "conv(1, 1, bias=no) >> conv(2, 1, bias=no)"),
    ([("Conv", "x w", "a"), ("Sigmoid", "a", "b"), ("Squeeze", "b one", "y")],
     "conv(1, 1, bias=no) >> conv(2, 1, bias=no)"),
    ([("Conv", "x w", "a"), ("Squeeze", "a one", "b"), ("Sigmoid", "b", "y")],
     "conv(1, 1, bias=no) >> conv(2, 1, bias=no)"),
]  # fmt: skip
VECTOR = [("Flatten", "x", "a"), ("Gemm", "a u", "b"), ("Sigmoid", "b", "y")]
POOLED = [("Conv", "x w", "a"), ("GlobalMaxPool", "a", "b"), ("Sigmoid", "b", "y")]


@pytest.mark.parametrize(("nodes", "text"), MAPS)
def test_a_probability_of_each_pixel_is_a_mask_of_two_classes(tmp_path, nodes, text):
    constants = {"w": draw(1, 3, 1, 1), "one": np.array([1])}
    path = make_file(tmp_path / "net.onnx", nodes, IMAGE, "y", **constants)
    model = read(path, classes=("background", "text"))
    assert model.arch == text
    assert read_task(model.classes, model.task).name == "segment"
    samples = draw(2, 8, 10, 3)
    logits = answer(model, samples)
    theirs = compute_in_onnx_runtime(path, np.moveaxis(samples, -1, 1)).reshape(2, 8, 10)
    assert np.abs(softmax(logits)[..., 1] - theirs).max() < 1e-6
    assert 0 < theirs.min() < 0.5 < theirs.max()
    assert ((logits.argmax(axis=-1) == 1) == (theirs > 0.5)).all()


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        (VECTOR, "dense(1) >> dense(2)"),
        (POOLED, "conv(1, 1, bias=no) >> global_maxpool >> dense(2)"),
    ],
)
def test_a_single_probability_tells_two_classes_apart(tmp_path, nodes, text):
    path = make_file(
        tmp_path / "net.onnx", nodes, IMAGE, "y", w=draw(1, 3, 1, 1), u=draw(240, 1) / 8
    )
    model = read(path)
    assert model.arch == text
    assert model.classes == ["0", "1"] and model.task == {}
    samples = draw(20, 8, 10, 3)
    logits = answer(model, samples)
    theirs = compute_in_onnx_runtime(path, np.moveaxis(samples, -1, 1)).reshape(20)
    assert np.abs(softmax(logits)[:, 1] - theirs).max() < 1e-5
    assert (logits.argmax(axis=-1) == (theirs > 0.5)).all()


def test_several_probabilities_are_those_of_labels(tmp_path):
    path = make_file(tmp_path / "net.onnx", VECTOR, IMAGE, "y", u=draw(240, 4) / 8)
    model = read(path)
    task = read_task(model.classes, model.task)
    assert model.arch == "dense(4)"
    assert task.name == "multi-label" and task.thresholds == (0.5,) * 4
    samples = draw(3, 8, 10, 3)
    theirs = compute_in_onnx_runtime(path, np.moveaxis(samples, -1, 1))
    assert np.abs(task.compute_chances(answer(model, samples)) - theirs).max() < 1e-5


def test_several_probabilities_of_each_pixel_stay(tmp_path):
    nodes = [("Conv", "x w", "a"), ("Sigmoid", "a", "y")]
    path = make_file(tmp_path / "net.onnx", nodes, IMAGE, "y", w=draw(3, 3, 1, 1))
    assert read(path).arch == "conv(3, 1, bias=no) >> sigmoid"


@pytest.mark.parametrize("nodes", [*(nodes for nodes, _ in MAPS), VECTOR, POOLED])
def test_the_proof_compares_what_the_sigmoid_reads(tmp_path, nodes):
    constants = {"w": draw(1, 3, 1, 1), "u": draw(240, 1), "one": np.array([1])}
    path = make_file(tmp_path / "net.onnx", nodes, IMAGE, "y", **constants)
    imported = read_network(path, Given())
    rival, inputs = imported.open_rival(), gather_inputs(imported.model, 4)
    logits = rival.answer(inputs)
    assert (logits[..., 0] == 0).all() and np.ptp(logits[..., 1]) > 0
    assert prove(imported.model, rival, inputs, path=path).max_rel < 1e-6
