import numpy as np
from contract import Bench

from cnncli.graph import build_graph
from cnncli.graph.receptive_field import find_field
from cnncli.notation import parse


def test_zeros_are_put_around_an_image_as_many_as_are_asked_for():
    bench = Bench(parse("zeropad(1x0, 0x2)").layer, ((2, 2, 1),))
    bench.site.x[0][0] = [[[1], [2]], [[3], [4]]]
    bench.forward(1)
    assert bench.site.y[0, ..., 0].tolist() == [[0, 0, 0, 0], [1, 2, 0, 0], [3, 4, 0, 0]]
    bench.site.gradients.dy[0, ..., 0] = np.arange(12).reshape(3, 4)
    bench.backward(1)
    assert bench.dx[0][0, ..., 0].tolist() == [[4, 5], [8, 9]]


def test_a_padded_signal_is_longer_at_its_ends_alone():
    assert parse("zeropad(2, 1)").layer.output_shape((10, 3)) == (13, 3)


def test_a_field_behind_it_begins_where_the_image_does():
    graph = build_graph(parse("zeropad(2, 0) >> conv(1, 3)"), (6, 6, 1))
    assert find_field(graph, graph.output, (0, 3)) == (0, 1, 1, 4)
