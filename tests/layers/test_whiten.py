import numpy as np
import pytest
from contract import check_layer

from cnncli.engine import Plan, Weights
from cnncli.errors import ArchitectureError
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse

CORRELATED = np.array([[1, 0.5, 0.2], [0, 2, 0.3], [0, 0, 0.7]], np.float32)


def correlated_images(count=32):
    numbers = np.random.default_rng(0)
    return numbers.standard_normal((count, 9, 8, 3)).astype(np.float32) @ CORRELATED


def answers_to(images, text):
    graph = build_graph(parse(text), images.shape[1:])
    (node,) = graph.nodes
    weights = Weights(graph)
    weights.initialize()
    parameter = node.layer.parameters(*node.input_shapes)["weight"]
    weights.arrays["whiten1/weight"][:] = parameter.pack(node.layer.fit([images])["weight"])
    plan = Plan(graph, weights, Setup(len(images)))
    plan.input[:] = images
    plan.forward(len(images))
    return plan.output.reshape(-1, plan.output.shape[-1]).copy()


@pytest.mark.parametrize(
    ("text", "shape"),
    [("whiten", (5, 6, 3)), ("whiten(3)", (9, 10, 4)), ("whiten(4, 0.1)", (20, 2))],
    ids=str,
)
def test_whiten_keeps_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


def test_there_are_twice_as_many_filters_as_values_in_a_window():
    layer = parse("whiten").layer
    assert layer.output_shape((32, 32, 3)) == (31, 31, 24)
    assert layer.output_shape((100, 2)) == (99, 8)


def test_its_answers_to_the_samples_are_uncorrelated_and_of_variance_one():
    answers = answers_to(correlated_images(), "whiten(2, 0.000001)").astype(np.float64)
    second_moments = answers[:, :12].T @ answers[:, :12] / len(answers)
    np.testing.assert_allclose(second_moments, np.eye(12), atol=1e-4)


def test_the_second_half_of_its_filters_is_the_first_with_the_other_sign():
    filters = parse("whiten").layer.fit([correlated_images()])["weight"]
    np.testing.assert_array_equal(filters[12:], -filters[:12])


def test_the_filters_of_the_largest_variance_come_first():
    filters = parse("whiten").layer.fit([correlated_images()])["weight"][:12]
    lengths = np.sqrt((filters**2).sum(axis=(1, 2, 3)))  # 1/deviation along each direction
    assert (np.diff(lengths) > 0).all()


def test_a_direction_in_which_nothing_varies_stays_small_by_eps():
    gray = np.repeat(correlated_images()[..., :1], 3, axis=-1)
    filters = parse("whiten(2, 0.25)").layer.fit([gray])["weight"]
    assert np.abs(filters).max() <= 2.0  # 1/sqrt(0 + 0.25)


def test_batches_of_samples_are_fitted_to_as_one():
    images = correlated_images()
    layer = parse("whiten").layer
    whole, parts = layer.fit([images])["weight"], layer.fit([images[:20], images[20:]])["weight"]
    signs = np.sign((whole * parts).sum(axis=(1, 2, 3), keepdims=True))
    np.testing.assert_allclose(signs * parts, whole, atol=1e-4)


def test_only_the_bias_learns():
    parameters = parse("whiten").layer.parameters((5, 6, 3))
    assert {name: parameter.learned for name, parameter in parameters.items()} == {
        "weight": False,
        "bias": True,
    }


def test_a_window_larger_than_the_input_is_refused():
    with pytest.raises(ArchitectureError, match=r"its window is larger than its 3x9 input"):
        parse("whiten(4)").layer.output_shape((3, 9, 2))
