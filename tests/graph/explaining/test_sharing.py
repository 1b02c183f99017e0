from cnncli.graph import build_graph
from cnncli.graph.explaining import compare_with_dense
from cnncli.graph.explaining.sharing import explain_sharing
from cnncli.notation import parse


def build(text, shape):
    return build_graph(parse(text), shape)


def test_a_convolution_is_compared_with_a_dense_layer():
    (node,) = build("conv(6, 5)", (32, 32, 3)).nodes
    assert explain_sharing(node) == [
        "params if dense = 28*28*6*(32*32*3 + 1) = 14455392",
        "MACs if dense = 28*28*6 * 32*32*3 = 14450688",
        "weight sharing = 14455392/456 = 31700.4",
    ]


def test_a_layer_without_a_bias_is_compared_with_a_dense_layer_without():
    (node,) = build("depthwise(3, bias=no)", (5, 5, 2)).nodes
    params, _, sharing = explain_sharing(node)
    assert params == "params if dense = 3*3*2*5*5*2 = 900"
    assert sharing == "weight sharing = 900/18 = 50"


def test_what_has_no_weights_or_uses_them_once_shares_none():
    graph = build("maxpool >> bn >> dense(3)", (4, 4, 2))
    assert [explain_sharing(node) for node in graph.nodes] == [[], [], []]


def test_all_layers_with_shared_weights_are_added_up():
    graph = build("conv(2, 1, bias=no) >> depthwise(2, bias=no) >> dense(3)", (2, 2, 1))
    assert compare_with_dense(graph) == (2 + 8, 4 * 8 + 8 * 2)
