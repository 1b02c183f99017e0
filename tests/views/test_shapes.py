import pytest

from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.views.shapes import report_shapes


def report(text, shape, **more):
    return report_shapes(build_graph(parse(text), shape), 4, 1, **{"explained": False, **more})


def test_a_report_has_the_figures_of_each_layer():
    first, last = report("conv(6, 5) >> dense(3)", (32, 32, 3))["layers"]
    assert (first["name"], first["inputs"], first["output"]) == ("conv1", ["input"], (28, 28, 6))
    assert (first["params"], first["macs"], first["receptive_field"]) == (456, 352_800, (5, 5))
    assert (last["inputs"], last["params"]) == (["conv1"], 28 * 28 * 6 * 3 + 3)


def test_totals_count_what_a_file_stores_beside_what_is_learned():
    total = report("conv(2, 1, bias=no) >> bn", (4, 4, 1))["total"]
    assert (total["params"], total["weights_bytes"]) == (2 + 4, 4 * (2 + 8))
    assert total["flops"] == 2 * total["macs"] == 2 * 32
    assert total["train_bytes"] > total["predict_bytes"] > 0


@pytest.mark.parametrize("explained", [False, True])
def test_formulas_are_there_where_they_are_asked_for(explained):
    answer = report("conv(6, 5)", (32, 32, 3), explained=explained)
    assert ("shared" in answer) == ("explanation" in answer["layers"][0]) == explained
