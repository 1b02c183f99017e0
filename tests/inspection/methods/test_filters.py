import numpy as np
import pytest

from cnncli.engine import Weights
from cnncli.graph import build_graph
from cnncli.inspection.base import Subject
from cnncli.inspection.methods.filters import Filters, are_in_color, shape_filters
from cnncli.notation import parse


def network(text, shape):
    """A graph, and weights in the shapes of the model file that tell every number apart."""
    graph = build_graph(parse(text), shape)
    weights = Weights(graph).dump()
    number(weights)
    return graph, weights


def number(weights):
    """Give every array of weights the values 1, 2, 3, ..."""
    for array in weights.values():
        array[...] = np.arange(1, array.size + 1).reshape(array.shape)


def filters(text, shape, name):
    graph, weights = network(text, shape)
    node = next(node for node in graph.nodes if node.name == name)
    return shape_filters(graph, weights, node), weights.get(f"{name}/weight")


@pytest.mark.parametrize(
    ("text", "name", "shape"),
    [
        ("conv(4, 3x5)", "conv1", (4, 6, 3, 5)),
        ("conv(4, 3, groups=2)", "conv1", (4, 3, 3, 3)),
        ("depthwise(3)", "depthwise1", (6, 1, 3, 3)),
    ],
)
def test_the_filters_of_a_convolution_are_its_weights(text, name, shape):
    found, weight = filters(text, (8, 8, 6), name)

    assert found.shape == shape
    assert (found == weight).all()


def test_the_filters_of_a_deconv_lie_along_its_outputs():
    found, weight = filters("deconv(4, 3)", (8, 8, 6), "deconv1")

    assert found.shape == (4, 6, 3, 3)
    assert (found[1, 2] == weight[2, 1]).all()


def test_each_group_of_a_deconv_has_filters_of_its_own():
    found, weight = filters("deconv(4, 3, groups=2)", (8, 8, 6), "deconv1")

    assert found.shape == (4, 3, 3, 3)
    assert (found[3, 0] == weight[3, 1]).all()


@pytest.mark.parametrize(
    "text", ["dense(5)", "flatten >> dense(5)", "dropout(0.5) >> flatten >> dense(5)"]
)
def test_the_units_of_dense_are_as_large_as_the_image_they_read(text):
    found, weight = filters(text, (4, 3, 2), "dense1")

    assert found.shape == (5, 2, 4, 3)
    assert (found[1, 1, 2] == weight[1].reshape(2, 4, 3)[1, 2]).all()


def test_the_units_of_dense_on_a_vector_are_single_rows():
    found, weight = filters("dense(7) >> relu >> dense(5)", (4, 3, 2), "dense2")

    assert found.shape == (5, 1, 1, 7)
    assert (found[:, 0, 0] == weight).all()


@pytest.mark.parametrize(
    ("text", "name", "shape", "color"),
    [
        ("conv(4, 3)", "conv1", (8, 8, 3), True),
        ("dropout(0.1) >> conv(4, 3)", "conv1", (8, 8, 3), True),
        ("flatten >> dense(4)", "dense1", (8, 8, 3), True),
        ("conv(4, 3)", "conv1", (8, 8, 1), False),
        ("conv(3, 3) >> conv(4, 3)", "conv2", (8, 8, 3), False),
    ],
)
def test_only_filters_on_the_color_of_the_input_are_in_color(text, name, shape, color):
    graph, _ = network(text, shape)

    assert are_in_color(graph, next(node for node in graph.nodes if node.name == name)) is color


def test_findings_are_those_of_the_first_layer_with_filters(make_network):
    trained = make_network("conv(2, 3) >> relu >> conv(4, 3)", (8, 8, 1))
    number(trained.model.weights)

    findings = Filters().find(trained, Subject())

    assert findings.layer == "conv1"
    assert findings.figures["min"].tolist() == [1.0, 10.0]
    assert "dead" not in findings.figures


def test_filters_have_words_and_their_angle(make_network):
    trained = make_network("conv(4, 3)", (8, 8, 1))
    trained.model.weights["conv1/weight"][:3] = [
        [[[-1, 0, 1]] * 3], [[[1, 1, 1]] * 3], [[[-2, 0, 2]] * 3],
    ]  # fmt: skip

    figures = Filters().find(trained, Subject()).figures

    assert figures["words"].tolist() == [
        "edge at 90 degrees, light on the right",
        "flat",
        "edge at 90 degrees, light on the right, duplicate of 0",
        "dead",
    ]
    assert figures["kind"].tolist() == ["edge", "flat", "edge", "dead"]
    assert figures["angle"] == pytest.approx([90, np.nan, 90, np.nan], nan_ok=True)
    assert figures["similarity"] == pytest.approx([1, 0, 1, 0], abs=1e-6)


def test_a_table_of_filters_ends_with_words_and_leaves_out_what_they_say(make_network):
    columns = Filters().find(make_network("conv(4, 3)", (8, 8, 1)), Subject()).columns

    assert list(columns) == ["norm", "mean", "min", "max", "similarity", "words"]


def test_the_channels_of_color_filters_have_hues(make_network):
    trained = make_network("conv(1, 3)", (8, 8, 3))
    trained.model.weights["conv1/weight"][0, 2] = 1

    assert Filters().find(trained, Subject()).figures["words"].tolist() == ["color, blue"]


def test_the_units_of_dense_on_a_vector_have_no_forms(make_network):
    trained = make_network("dense(9) >> relu >> dense(1)", (8, 8, 1))
    trained.model.weights["dense2/weight"][0] = [-1, -1, -1, -1, 0, 1, 1, 1, 1]

    assert Filters().find(trained, Subject(layer="dense2")).figures["words"].tolist() == ["other"]


@pytest.mark.parametrize(
    ("settings", "order"),
    [
        ({}, "0123"),
        ({"sort": "norm"}, "3021"),
        ({"sort": "similarity"}, "3120"),
        ({"sort": "norm", "filters": (0, 1, 2)}, "021"),
        ({"filters": (2, 0)}, "20"),
    ],
)
def test_filters_are_sorted_by_norm_or_alike_beside_alike(make_network, settings, order):
    trained = make_network("conv(4, 1x2)", (8, 8, 1))
    trained.model.weights["conv1/weight"][:, 0, 0] = [[0, 3], [1, 0], [1.4, 1.4], [5, 1]]

    assert "".join(Filters().find(trained, Subject(**settings)).labels) == order


def test_a_filter_that_relu_silences_is_dead_over_the_image(make_network, make_sample):
    trained = make_network("conv(2, 3) >> relu >> dense(2)", (8, 8, 1))
    trained.model.weights["conv1/weight"][:] = [[[[1.0]]], [[[-1.0]]]]

    findings = Filters().find(trained, Subject(make_sample(np.ones((8, 8, 1))), layer="conv1"))

    assert findings.figures["dead"].tolist() == [False, True]
    assert findings.figures["words"].tolist() == ["flat", "dead"]
