import math

import pytest

from cnncli.graph import build_graph
from cnncli.graph.explaining import explain
from cnncli.notation import parse


def explained(text, shape):
    graph = build_graph(parse(text), shape)
    return {node.name: explain(graph, node) for node in graph.nodes}


def test_a_convolution_is_explained_by_its_formulas():
    assert explained("conv(6, 5)", (32, 32, 3)) == {
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
    assert explained("maxpool(3)", (7, 9, 1))["maxpool1"][:2] == [
        "P = floor((7 - 3 + 2*0)/3) + 1 = 2",
        "Q = (9 - 3 + 2*0)/3 + 1 = 3",
    ]


def test_what_no_window_reaches_is_rounded_up_where_a_pool_says_so():
    lines = explained("maxpool(3, 2, ceil=yes)", (8, 7, 1))["maxpool1"][:2]
    assert lines == ["P = ceil((8 - 3 + 2*0)/2) + 1 = 4", "Q = (7 - 3 + 2*0)/2 + 1 = 3"]


def test_rows_and_columns_are_explained_apart_where_they_differ():
    assert explained("conv(1, 3x5, 1x2)", (9, 9, 1))["conv1"][4:7] == [
        "field rows = 1 + (3 - 1)*1 = 3",
        "field columns = 1 + (5 - 1)*1 = 5",
        "jump columns = 1*2 = 2",
    ]


def test_a_signal_has_samples_alone():
    lines = explained("conv(6, 5, 2)", (20, 1))["conv1"]
    assert lines[3:6] == [
        "field = 1 + (5 - 1)*1 = 5",
        "jump = 1*2 = 2",
        "samples lost = 20 - ((8 - 1)*2 + 5 - 0) = 1",
    ]


def test_a_layer_that_changes_no_size_has_nothing_to_explain():
    assert explained("relu >> dropout", (8, 8, 3)) == {"relu1": [], "dropout1": []}


def test_a_field_that_is_no_whole_number_is_rounded_up():
    lines = explained("upsample(2) >> conv(1, 2)", (8, 8, 1))
    assert lines["upsample1"][-1] == "jump = 1/2 = 0.5"
    assert "field = about 2" in lines["conv1"]


def test_a_layer_that_sees_everything_says_so():
    assert explained("dense(10)", (5, 5, 16))["dense1"] == [
        "inputs = 5*5*16 = 400",
        "params = 10*(400 + 1) = 4010",
        "MACs = 10 * 400 = 4000",
        "field = all of the input",
    ]


def test_a_stride_that_does_not_fit_is_explained_with_what_would_fit():
    assert explained("maxpool(3)", (7, 9, 1))["maxpool1"][-2:] == [
        "rows lost = 7 - ((2 - 1)*3 + 3 - 0) = 1",
        "the stride does not fit: nothing is lost with maxpool(3, 2) or maxpool(3, pad=2)",
    ]


def test_what_a_stride_steps_over_is_told_apart():
    assert (
        "3 rows lost between the positions that windows of 1 see with stride 2 and dilation 1"
        in explained("conv(4, 1, 2)", (7, 7, 1))["conv1"]
    )


def test_a_layer_without_a_bias_is_compared_with_a_dense_layer_without():
    lines = explained("depthwise(3, bias=no)", (5, 5, 2))["depthwise1"]
    assert "params if dense = 3*3*2*5*5*2 = 900" in lines
    assert lines[-1] == "weight sharing = 900/18 = 50"


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
        ("conv(6, 5, pad=causal) >> avgpool(3) >> upsample(2) >> dense(4)", (100, 2)),
        ("maxpool(3) >> conv(4, 5, 3, 1) >> depthwise(3, 4, pad=1)", (50, 51, 3)),
        ("upsample(3) >> conv(2, 4, 2) >> deconv(2, 2, 3)", (20, 20, 2)),
    ],
)
def test_every_formula_comes_to_its_figure(text, shape):
    graph = build_graph(parse(text), shape)
    for node in graph.nodes:
        figures = dict.fromkeys(("P", "Q", "params", "MACs"))
        for line in explain(graph, node):
            if " = " not in line:
                continue
            what, *formula, figure = line.split(" = ")
            if formula:
                value = eval(formula[0], {"floor": math.floor, "ceil": math.ceil})
                assert math.isclose(value, float(figure), rel_tol=1e-5), line
                figures[what] = figure
        if len(node.output_shape) == 3 and figures["P"]:
            assert (int(figures["P"]), int(figures["Q"])) == node.output_shape[:2]
        assert int(figures["params"] or 0) == node.params
        assert int(figures["MACs"] or 0) == node.macs
