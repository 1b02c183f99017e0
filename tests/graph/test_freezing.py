"""Which layers are frozen by which names, and where a constant part ends."""

import pytest

from cnncli.errors import UsageError
from cnncli.graph import build_graph
from cnncli.graph.freezing import find_constant, find_frozen
from cnncli.notation import parse

TEXT = (
    "conv(4,3,pad=1) >> bn >> relu >> dropout(0.2) >> conv(6,3) >> bn >> relu >> dropout(0.3)"
    " >> dense(3)"
)


def network(text=TEXT):
    return build_graph(parse(text), (8, 8, 1))


def test_names_and_patterns_freeze_layers_and_what_only_passes_their_answers_on():
    assert find_frozen(network(), "conv1,bn1") == {"conv1", "bn1", "relu1"}
    assert find_frozen(network(), "bn*") == {"bn1", "relu1", "bn2", "relu2"}


def test_features_are_all_layers_before_the_head_and_dropout_between_them_only():
    assert find_frozen(network(), "features") == {
        "conv1", "bn1", "relu1", "dropout1", "conv2", "bn2", "relu2",
    }  # fmt: skip


def test_dropout_is_frozen_where_it_is_named():
    assert "dropout2" in find_frozen(network(), "features, dropout2")


def test_dropout_on_the_input_of_a_frozen_layer_is_frozen():
    assert find_frozen(network("dropout(0.1) >> conv(4,3) >> dense(2)"), "conv1") == {
        "dropout1", "conv1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            "cnv1",
            "freeze cnv1: no layer is called so; did you mean conv1? layers with weights are "
            "conv1, bn1, conv2, bn2, dense1",
        ),
        ("conv1,", "freeze : no layer is called so; layers"),
        ("block2.*", "freeze block2.*: no layer is called so; layers"),
        ("*", "freeze *: no layer is left to learn; name fewer"),
    ],
)
def test_names_that_freeze_nothing_or_everything_are_refused(names, message):
    with pytest.raises(UsageError) as error:
        find_frozen(network(), names)
    assert message in str(error.value)


def test_a_network_of_a_head_alone_has_no_features():
    with pytest.raises(UsageError, match="freeze features: no layer is called so"):
        find_frozen(network("dense(3)"), "features")


@pytest.mark.parametrize(
    ("text", "names", "constant"),
    [
        (TEXT, "features", "relu2"),
        (TEXT, "conv1", "conv1"),
        (TEXT, "conv2", None),  # the first layer learns
        ("conv(4,3,pad=1) >> conv(4,1) + id >> dense(2)", "conv1", "conv1"),
        ("conv(4,3,pad=1) + conv(4,1) >> dense(2)", "conv1", None),  # conv2 reads the input
        ("conv(4,3) >> conv(4,1) + id >> dense(2)", "conv1, conv2", "add1"),
        ("conv(4,3) >> ((conv(4,1) >> conv(4,1)) + id) >> dense(2)", "conv1, conv2", None),
    ],
)
def test_a_constant_part_ends_in_the_one_layer_that_what_learns_reads(text, names, constant):
    graph = network(text)
    assert find_constant(graph, find_frozen(graph, names)) == constant
