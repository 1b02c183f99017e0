from cnncli.graph import build_graph
from cnncli.graph.explaining import explain
from cnncli.notation import parse


def explain_all(text, shape):
    graph = build_graph(parse(text), shape)
    return {node.name: explain(graph, node) for node in graph.nodes}


def test_rows_and_columns_are_explained_apart_where_they_differ():
    assert explain_all("conv(1, 3x5, 1x2)", (9, 9, 1))["conv1"][4:7] == [
        "field rows = 1 + (3 - 1)*1 = 3",
        "field columns = 1 + (5 - 1)*1 = 5",
        "jump columns = 1*2 = 2",
    ]


def test_a_signal_has_one_field_and_one_jump():
    lines = explain_all("conv(6, 5, 2)", (20, 1))["conv1"]
    assert lines[3:5] == ["field = 1 + (5 - 1)*1 = 5", "jump = 1*2 = 2"]


def test_a_field_that_is_no_whole_number_is_rounded_up():
    lines = explain_all("upsample(2) >> conv(1, 2)", (8, 8, 1))
    assert lines["upsample1"][-1] == "jump = 1/2 = 0.5"
    assert "field = about 2" in lines["conv1"]


def test_a_jump_that_is_a_fraction_is_explained_by_it():
    lines = explain_all("maxpool(2) >> resize(6x6)", (16, 16, 1))["resize1"]
    assert lines == ["field = 2 + (2 - 1)*2 = 4", "jump = 2*4/3 = 2.66667"]


def test_a_field_that_is_all_of_the_input_already_does_not_grow():
    lines = explain_all("global_avgpool >> upsample(3) >> conv(1, 3)", (8, 8, 1))
    assert lines["global_avgpool1"] == ["field = all of the input"]
    assert not any(line.startswith("field") for line in lines["conv1"])
