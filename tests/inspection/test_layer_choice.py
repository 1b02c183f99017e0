import pytest

from cnncli.errors import UsageError
from cnncli.graph import build_graph
from cnncli.inspection.layer_choice import (
    choose_layer,
    find_activation,
    list_activation,
    list_filter_layers,
    list_readers,
)
from cnncli.notation import parse


def graph_of(text, shape=(8, 8, 3)):
    return build_graph(parse(text), shape)


def node(graph, name):
    return next(node for node in graph.nodes if node.name == name)


def test_layers_with_filters_are_those_with_weights_of_their_own():
    graph = graph_of(
        "conv(4, 3) >> bn >> relu >> maxpool >> depthwise(3) >> deconv(2, 3) >> dropout(0.5) "
        ">> dense(5) >> softmax"
    )

    names = [node.name for node in list_filter_layers(graph)]
    assert names == ["conv1", "depthwise1", "deconv1", "dense1"]


def test_without_a_name_the_first_is_chosen():
    graph = graph_of("relu >> conv(4, 3) >> conv(5, 3)")

    assert choose_layer(None, list_filter_layers(graph), "filters").name == "conv1"
    assert choose_layer("conv2", list_filter_layers(graph), "filters").name == "conv2"


def test_a_wrong_name_is_answered_with_the_layers_there_are():
    graph = graph_of("conv(4, 3) >> relu >> conv(5, 3)")

    with pytest.raises(UsageError) as caught:
        choose_layer("cnov2", list_filter_layers(graph), "filters")

    assert str(caught.value) == (
        "no layer 'cnov2' with filters; did you mean conv2? there is conv1, conv2"
    )


def test_a_network_without_filters_says_so():
    with pytest.raises(UsageError, match="the network has no layer with filters"):
        choose_layer(None, list_filter_layers(graph_of("relu >> maxpool")), "filters")


@pytest.mark.parametrize(
    ("text", "name", "last"),
    [
        ("conv(4, 3) >> relu >> conv(4, 3)", "conv1", "relu1"),
        ("conv(4, 3) >> bn >> tanh >> relu", "conv1", "tanh1"),
        ("conv(4, 3) >> dropout(0.5) >> relu >> maxpool", "conv1", "relu1"),
        ("conv(4, 3) >> bn >> maxpool >> relu", "conv1", "bn1"),
        ("conv(4, 3) >> maxpool >> relu", "conv1", "conv1"),
        ("conv(4, 3) >> relu >> conv(4, 3)", "relu1", "relu1"),
        ("conv(4, 3) >> relu", "conv1", "relu1"),
        ("dense(4) >> softmax", "dense1", "dense1"),
        ("conv(4, 3)", "conv1", "conv1"),
        ("conv(4, 3) >> (relu | id)", "conv1", "conv1"),
        ("(conv(3, 3, pad=1) + id) >> relu", "conv1", "conv1"),
    ],
)
def test_the_activation_of_a_layer_lies_behind_bn_and_dropout(text, name, last):
    graph = graph_of(text)

    assert find_activation(graph, node(graph, name)).name == last


def test_bn_and_activation_are_listed_in_their_order_without_the_layer():
    graph = graph_of("conv(4, 3) >> bn >> relu >> (conv(4, 1) + id)")

    assert [other.name for other in list_activation(graph, node(graph, "conv1"))] == [
        "bn1",
        "relu1",
    ]
    assert list_activation(graph, node(graph, "conv2")) == []


def test_readers_are_all_that_take_what_a_layer_makes():
    graph = graph_of("conv(4, 3) >> (conv(4, 1) + id) >> relu")

    assert [other.name for other in list_readers(graph, node(graph, "conv1"))] == ["conv2", "add1"]
    assert list_readers(graph, node(graph, "relu1")) == []
