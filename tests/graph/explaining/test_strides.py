from cnncli.graph import build_graph
from cnncli.graph.explaining import explain
from cnncli.notation import parse


def explain_all(text, shape):
    graph = build_graph(parse(text), shape)
    return {node.name: explain(graph, node) for node in graph.nodes}


def test_a_stride_that_does_not_fit_is_explained_with_what_would_fit():
    assert explain_all("maxpool(3)", (7, 9, 1))["maxpool1"][-2:] == [
        "rows lost = 7 - ((2 - 1)*3 + 3 - 0) = 1",
        "the stride does not fit: nothing is lost with maxpool(3, 2) or maxpool(3, pad=2)",
    ]


def test_a_signal_loses_samples():
    lines = explain_all("conv(6, 5, 2)", (20, 1))["conv1"]
    assert "samples lost = 20 - ((8 - 1)*2 + 5 - 0) = 1" in lines


def test_what_a_stride_steps_over_is_explained_apart():
    assert (
        "3 rows lost between the positions that windows of 1 see with stride 2 and dilation 1"
        in explain_all("conv(4, 1, 2)", (7, 7, 1))["conv1"]
    )


def test_where_all_input_is_used_nothing_is_explained():
    lines = explain_all("conv(4, 3) >> deconv(2, 2, 2) >> relu", (7, 7, 1)).values()
    assert not any("lost" in line for explanation in lines for line in explanation)
