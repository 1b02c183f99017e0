import math

import pytest
from contract import list_examples

from cnncli.graph import Node, build_graph
from cnncli.graph.explaining import explain
from cnncli.graph.explaining.formulas import explain_figures
from cnncli.layers.geometry import Windowed
from cnncli.notation import parse

EXAMPLES = list_examples()


def explain_all(text, shape):
    graph = build_graph(parse(text), shape)
    return {node.name: explain(graph, node) for node in graph.nodes}


def test_a_convolution_is_explained_by_its_formulas():
    assert explain_all("conv(6, 5)", (32, 32, 3)) == {
        "conv1": [
            "P = (32 - 5 + 2*0)/1 + 1 = 28",
            "Q = (32 - 5 + 2*0)/1 + 1 = 28",
            "params = 6*(5*5*3 + 1) = 456",
            "MACs = 28*28*6 * 5*5*3 = 352800",
            "field = 1 + (5 - 1)*1 = 5",
            "params if dense = 28*28*6*(32*32*3 + 1) = 14455392",
            "MACs if dense = 28*28*6 * 32*32*3 = 14450688",
            "weight sharing = 14455392/456 = 31700.4",
        ]
    }


def test_what_no_window_reaches_is_rounded_down():
    assert explain_all("maxpool(3)", (7, 9, 1))["maxpool1"][:2] == [
        "P = floor((7 - 3 + 2*0)/3) + 1 = 2",
        "Q = (9 - 3 + 2*0)/3 + 1 = 3",
    ]


def test_what_no_window_reaches_is_rounded_up_where_a_pool_says_so():
    lines = explain_all("maxpool(3, 2, ceil=yes)", (8, 7, 1))["maxpool1"][:2]
    assert lines == ["P = ceil((8 - 3 + 2*0)/2) + 1 = 4", "Q = (7 - 3 + 2*0)/2 + 1 = 3"]


def test_a_layer_that_changes_no_size_has_nothing_to_explain():
    assert explain_all("relu >> dropout", (8, 8, 3)) == {"relu1": [], "dropout1": []}


def test_a_layer_that_sees_everything_says_so():
    assert explain_all("dense(10)", (5, 5, 16))["dense1"] == [
        "inputs = 5*5*16 = 400",
        "params = 10*(400 + 1) = 4010",
        "MACs = 10 * 400 = 4000",
        "field = all of the input",
    ]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("conv(6, 5, 2, same) >> conv(4, 3, groups=2, dilation=2, bias=no)", (33, 40, 3)),
        ("conv(6, 3x4, 2x3, 1x2) >> depthwise(3, 2, bias=no) >> depthwise(2)", (33, 40, 3)),
        ("maxpool(3, 2, 1) >> (conv(4, 1) | id) >> bn >> upsample(2x3)", (20, 21, 3)),
        (
            "deconv(8, 3, 2, 1) >> deconv(4, 4, 2, same) >> deconv(6, 3, groups=2, bias=no)",
            (5, 6, 4),
        ),
        ("zeropad(1x0, 2) >> conv(4, 3) >> crop(0x3, 2x1) >> shuffle(2)", (9, 12, 2)),
        ("conv(6, 5, pad=causal) >> avgpool(3) >> upsample(2) >> dense(4)", (100, 2)),
        ("maxpool(3) >> conv(4, 5, 3, 1) >> depthwise(3, 4, pad=1)", (50, 51, 3)),
        ("upsample(3) >> conv(2, 4, 2) >> deconv(2, 2, 3)", (20, 20, 2)),
    ],
)
def test_every_formula_comes_to_its_figure(text, shape):
    graph = build_graph(parse(text), shape)
    for node in graph.nodes:
        check_figures(node, explain(graph, node))


@pytest.mark.parametrize(
    ("layer", "shapes"), EXAMPLES, ids=[f"{layer} on {shapes}" for layer, shapes in EXAMPLES]
)
def test_every_layer_there_is_has_formulas_for_its_figures(layer, shapes):
    output_shape, params = layer.output_shape(*shapes), count_learned(layer, shapes)
    inputs, macs = tuple(range(len(shapes))), layer.macs(*shapes)
    node = Node("x", layer, inputs, shapes, output_shape, params, macs, (1, 1), (1, 1), (0, 0))
    check_figures(node, explain_figures(layer, node))


def check_figures(node, lines):
    """All formulas come to their results, and those are the figures of the node."""
    figures = dict.fromkeys(("P", "Q", "params", "MACs"))
    for line in lines:
        if " = " not in line:
            continue
        what, *formula, figure = line.split(" = ")
        figures[what] = figure
        if formula:
            value = eval(formula[0], {"floor": math.floor, "ceil": math.ceil})
            assert math.isclose(value, float(figure), rel_tol=1e-5), line
    if isinstance(node.layer, Windowed):
        assert figures["P"], "how many windows fit is not explained"
    if figures["P"]:
        size = (figures["P"], figures["Q"])[: len(node.output_shape) - 1]
        assert tuple(map(int, size)) == node.output_shape[:-1]
    assert int(figures["params"] or 0) == node.params
    assert int(figures["MACs"] or 0) == node.macs


def count_learned(layer, shapes):
    parameters = layer.parameters(*shapes).values()
    return sum(math.prod(parameter.shape) for parameter in parameters if parameter.learned)
