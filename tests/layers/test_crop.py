import numpy as np
import pytest
from contract import Bench, check_layer

from cnncli.errors import ArchitectureError
from cnncli.graph import build_graph
from cnncli.graph.receptive_field import find_field
from cnncli.notation import parse


@pytest.mark.parametrize(
    ("text", "shape"),
    [("crop(1, 2)", (5, 6, 9)), ("crop(0x2, 1x0)", (3, 7, 1)), ("crop(2, 0)", (8, 3))],
)
def test_crop_keeps_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


def test_what_is_inside_is_left_and_nothing_else_gets_a_gradient():
    bench = Bench(parse("crop(1x0, 0x2)").layer, ((3, 4, 1),))
    bench.site.x[0][0, ..., 0] = np.arange(12).reshape(3, 4)
    bench.forward(1)
    assert bench.site.y[0, ..., 0].tolist() == [[4, 5], [8, 9]]
    bench.site.gradients.dy[0, ..., 0] = [[1, 2], [3, 4]]
    bench.backward(1)
    assert bench.dx[0][0, ..., 0].tolist() == [[0, 0, 0, 0], [1, 2, 0, 0], [3, 4, 0, 0]]


def test_zeros_around_an_image_are_taken_away_again():
    graph = build_graph(parse("zeropad(1x2, 3) >> crop(1x2, 3)"), (4, 5, 2))
    assert graph.nodes[-1].output_shape == (4, 5, 2)
    assert find_field(graph, graph.output, (3, 2)) == (3, 2, 4, 3)


def test_a_field_behind_it_begins_where_the_part_does():
    graph = build_graph(parse("crop(2x1, 0) >> conv(1, 3)"), (9, 9, 1))
    assert find_field(graph, graph.output, (0, 3)) == (2, 4, 5, 7)


@pytest.mark.parametrize(
    ("text", "shape", "seen"), [("crop(2, 3)", (5, 9, 1), "5x9"), ("crop(4, 0)", (4, 1), "4-long")]
)
def test_a_crop_that_leaves_nothing_is_refused(text, shape, seen):
    with pytest.raises(ArchitectureError, match=f"nothing of its {seen} input is left; take less"):
        parse(text).layer.output_shape(shape)
