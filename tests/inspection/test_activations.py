import numpy as np
import pytest

from cnncli.engine import Weights
from cnncli.errors import UsageError
from cnncli.graph import build_graph
from cnncli.inspection.activations import feature_maps, map_findings
from cnncli.notation import parse

IMAGE = np.arange(12, dtype=np.float32).reshape(3, 4, 1)


def network(text, shape=IMAGE.shape):
    graph = build_graph(parse(text), shape)
    return graph, Weights(graph).dump()


def scaling(factors, text="conv(2, 1) >> relu >> dense(2)"):
    """A network whose first two maps are the image times these factors."""
    graph, weights = network(text)
    weights["conv1/weight"][:, 0, 0, 0] = factors
    return graph, weights


def test_maps_are_the_channels_of_a_layers_output():
    graph, weights = scaling([2.0, -1.0])

    maps = feature_maps(graph, weights, IMAGE, ["conv1", "relu1"])

    assert (maps["conv1"] == [IMAGE[..., 0] * 2, -IMAGE[..., 0]]).all()
    assert (maps["relu1"][1] == 0).all()


def test_the_units_of_a_vector_are_maps_of_one_pixel():
    graph, weights = scaling([1.0, 1.0])
    weights["dense1/bias"][:] = [5.0, 7.0]

    assert feature_maps(graph, weights, IMAGE, ["dense1"])["dense1"].tolist() == [[[5.0]], [[7.0]]]


def test_the_last_softmax_can_be_looked_at():
    graph, weights = network("dense(4) >> softmax")

    assert (
        feature_maps(graph, weights, IMAGE, ["softmax1"])["softmax1"].ravel().tolist() == [0.25] * 4
    )


def test_the_maps_of_a_signal_are_single_rows():
    graph, weights = network("conv(2, 3)", (9, 1))

    maps = feature_maps(graph, weights, np.ones((9, 1), np.float32), ["conv1"])["conv1"]

    assert maps.shape == (2, 1, 7)


def test_without_a_name_it_is_what_the_first_filters_pass_on():
    graph, weights = scaling([2.0, -1.0])

    findings = map_findings(graph, weights, None, IMAGE)

    assert findings.layer == "relu1"
    assert findings.figures["max"].tolist() == [22.0, 0.0]
    assert findings.figures["zeros"].tolist() == [np.float32(1 / 12), 1.0]
    assert findings.figures["dead"].tolist() == [False, True]


def test_a_layer_named_is_shown_as_it_is_but_dead_where_nothing_gets_behind_its_activation():
    graph, weights = scaling([2.0, -1.0])

    findings = map_findings(graph, weights, "conv1", IMAGE)

    assert findings.layer == "conv1"
    assert findings.figures["min"].tolist() == [0.0, -11.0]
    assert findings.figures["zeros"].tolist() == [np.float32(1 / 12)] * 2
    assert findings.figures["dead"].tolist() == [False, True]


def test_any_layer_can_be_looked_at():
    graph, weights = scaling([1.0, 1.0], "conv(2, 1) >> maxpool(2) >> dense(2)")

    assert map_findings(graph, weights, "maxpool1", IMAGE).values.tolist() == [[[5.0, 7.0]]] * 2


def test_a_network_without_filters_is_looked_at_from_its_first_layer():
    graph, weights = network("maxpool(2) >> relu")

    assert map_findings(graph, weights, None, IMAGE).layer == "maxpool1"


def test_a_wrong_name_is_answered_with_the_layers_there_are():
    graph, weights = scaling([1.0, 1.0])

    with pytest.raises(UsageError, match="did you mean relu1\\? there is conv1, relu1, dense1"):
        map_findings(graph, weights, "relu", IMAGE)
