"""Opset 6 spreads second inputs from an axis on; ONNX Runtime does not read it any more."""

import numpy as np
import pytest
from onnx_files import answer, make_file

from cnncli.errors import ArchitectureError
from cnncli.exchange.onnx_in import build_network
from cnncli.exchange.onnx_in.reading import read_file
from cnncli.model_file import Model

NUMBERS = np.random.default_rng(7)
X = NUMBERS.standard_normal((2, 4, 4, 4)).astype(np.float32)  # as many channels as columns
C = NUMBERS.standard_normal(4).astype(np.float32)
ROW, COLUMN = {"broadcast": 1}, {"broadcast": 1, "axis": 1}


def compute(path, nodes, **constants):
    """Return our answer to X, channels first."""
    made = make_file(path / "net.onnx", nodes, (4, 4, 4), "y", opset=6, **constants)
    built = build_network(read_file(made), None)
    model = Model(built.graph.text, built.graph.input_shape, {}, ["a", "b"], built.weights)
    return np.moveaxis(answer(model, np.ascontiguousarray(np.moveaxis(X, 1, -1))), -1, 1)


@pytest.mark.parametrize(
    ("operator", "function"),
    [("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Div", np.divide)],
)
def test_a_constant_begins_at_its_axis(tmp_path, operator, function):
    ours = compute(tmp_path, [(operator, "x c", "y", COLUMN)], c=C)
    np.testing.assert_allclose(ours, function(X, C[:, None, None]), rtol=1e-5, atol=1e-6)


def test_without_an_axis_a_constant_ends_where_the_input_does(tmp_path):
    same = np.full(4, 0.5, np.float32)
    np.testing.assert_allclose(
        compute(tmp_path, [("Add", "x c", "y", ROW)], c=same), X + np.float32(0.5), rtol=1e-6
    )
    with pytest.raises(ArchitectureError):  # a number for each column
        compute(tmp_path, [("Add", "x c", "y", ROW)], c=C)


def test_slopes_are_those_of_channels(tmp_path):
    ours = compute(tmp_path, [("PRelu", "x c", "y")], c=C)
    np.testing.assert_allclose(ours, np.where(X > 0, X, X * C[:, None, None]), rtol=1e-6)


def test_a_vector_of_each_sample_gates_the_channels(tmp_path):
    nodes = [
        ("GlobalAveragePool", "x", "a"),
        ("Flatten", "a", "b"),
        ("Sigmoid", "b", "c"),
        ("Mul", "x c", "y", {"broadcast": 1, "axis": 0}),
    ]
    gates = 1 / (1 + np.exp(-X.mean(axis=(2, 3), keepdims=True)))
    np.testing.assert_allclose(compute(tmp_path, nodes), X * gates, rtol=1e-5, atol=1e-6)


def test_constants_are_aligned_before_they_are_computed(tmp_path):
    nodes = [("Mul", "a c", "d", {"broadcast": 1, "axis": 0}), ("Conv", "x d", "y")]
    filters = NUMBERS.standard_normal((4, 4, 1, 1)).astype(np.float32)
    ours = compute(tmp_path, nodes, a=filters, c=C)
    scaled = (filters * C[:, None, None, None]).reshape(4, 4)
    np.testing.assert_allclose(ours, np.einsum("kc,nchw->nkhw", scaled, X), rtol=1e-4, atol=1e-5)


def test_an_axis_that_does_not_fit_is_refused(tmp_path):
    for axis in (4, 9):
        with pytest.raises(ArchitectureError) as caught:
            compute(tmp_path, [("Add", "x c", "y", {"broadcast": 1, "axis": axis})], c=C)
        assert caught.value.details == ("Add y: its inputs do not fit together",)


def test_batch_normalization_in_training_is_refused(tmp_path):
    with pytest.raises(ArchitectureError) as caught:
        compute(tmp_path, [("BatchNormalization", "x c c c c", "y")], c=abs(C))
    assert caught.value.details == ("BatchNormalization y: it is for training (is_test=0)",)
