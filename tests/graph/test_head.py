"""The head of a network, and other numbers of outputs."""

import pytest

from cnncli.errors import ArchitectureError
from cnncli.graph import build_graph
from cnncli.graph.head import change_outputs, find_head
from cnncli.notation import parse


def network(text, shape=(8, 8, 3)):
    return build_graph(parse(text), shape)


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("conv(4,3) >> relu >> dense(5)", {"dense1"}),
        ("conv(4,3) >> relu >> dense(5) >> softmax", {"dense1", "softmax1"}),
        ("conv(4,3) >> conv(5,1) >> bn >> global_avgpool", {"conv2", "bn1", "global_avgpool1"}),
        ("conv(4,3) >> dense(5) + (conv(3,1) >> dense(5))", {"dense1", "dense2", "add1"}),
        ("relu >> flatten", set()),
    ],
)
def test_the_head_is_what_says_how_many_outputs_there_are_and_what_follows(text, head):
    assert find_head(network(text)) == head


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("conv(4,3) >> relu >> dense(5)", "conv(4, 3) >> relu >> dense(7)"),
        ("conv(5,3) >> bn >> global_avgpool >> softmax",
         "conv(7, 3) >> bn >> global_avgpool >> softmax"),
        ("conv(4,3) >> dense(5) + dense(5)", "conv(4, 3) >> dense(7) + dense(7)"),
        ("conv(5,3,pad=1) >> 3 * (relu >> conv(5,3,pad=1))",
         "conv(5, 3, pad=1) >> 2 * (relu >> conv(5, 3, pad=1)) >> relu >> conv(7, 3, pad=1)"),
    ],
)  # fmt: skip
def test_other_outputs_change_the_layers_that_make_them(text, changed):
    graph = change_outputs(network(text), 7)
    assert graph.text == changed
    assert graph.classes == 7


def test_an_end_of_which_more_would_change_is_refused_with_what_helps():
    with pytest.raises(ArchitectureError, match=r"from 4 to 7 outputs by itself; give .* arch"):
        change_outputs(network("conv(4,3) >> (conv(2,1) | conv(2,1))"), 7)
