import numpy as np
import pytest
from contract import Bench, check_layer

from cnncli.errors import ArchitectureError
from cnncli.graph import build_graph
from cnncli.graph.receptive_field import find_centers, find_field
from cnncli.kernels import elementwise
from cnncli.layers.junction import Add, Multiply, Stack
from cnncli.notation import parse


@pytest.mark.parametrize("layer", [Add(), Multiply()], ids=str)
@pytest.mark.parametrize("branches", [2, 3])
def test_sums_and_products_keep_the_contract(layer, branches):
    check_layer(layer, *[(4, 3, 5)] * branches)


@pytest.mark.parametrize("channels", [(3, 5), (1, 16, 4)], ids=str)
def test_stack_keeps_the_contract(channels):
    check_layer(Stack(), *[(4, 3, number) for number in channels])


def test_junctions_of_known_numbers():
    for layer, expected in [(Add(), 5), (Multiply(), 6)]:
        bench = Bench(layer, ((1,), (1,)))
        bench.site.x[0][0], bench.site.x[1][0] = 2, 3
        bench.forward(1)
        assert bench.site.y[0].item() == expected
    bench = Bench(Stack(), ((1, 1), (1, 2)))
    bench.site.x[0][0], bench.site.x[1][0] = 2, [3, 4]
    bench.forward(1)
    assert bench.site.y[0, 0].tolist() == [2, 3, 4]


def test_a_branch_that_lies_where_it_is_to_be_is_not_copied(monkeypatch):
    bench = Bench(Stack(), ((4, 3, 5), (4, 3, 7)))
    bench.build(x=(bench.site.x[0], bench.site.y[..., 5:]))
    copied = []
    monkeypatch.setattr(elementwise, "copy_channels", lambda *sizes: copied.append(sizes[4:6]))
    bench.forward(2)
    assert copied == [(0, 5)]


def test_branches_that_do_not_match_are_refused():
    with pytest.raises(ArchitectureError, match="end as 4x4x8 and 2x2x8"):
        Add().output_shape((4, 4, 8), (2, 2, 8))
    with pytest.raises(ArchitectureError, match="only the last number"):
        Stack().output_shape((4, 4, 8), (2, 2, 8))


@pytest.mark.parametrize("shape", [(6, 6, 8), (6, 4, 8), (60, 8)])
@pytest.mark.parametrize("branch", ["global_avgpool >> sigmoid", "dense(8) >> sigmoid"])
@pytest.mark.parametrize("junction", "+*")
def test_a_number_for_each_channel_is_spread_over_an_image(shape, branch, junction):
    for text in (f"id {junction} ({branch})", f"({branch}) {junction} id"):
        assert build_graph(parse(text), shape).output_shape == shape


@pytest.mark.parametrize("small", [(1, 1, 3), (3,), (2, 2, 1), (1, 1, 1), (1,)], ids=str)
def test_what_is_spread_meets_all_pixels_or_all_channels(small):
    for layer, join in ((Add(), np.add), (Multiply(), np.multiply)):
        bench = Bench(layer, ((2, 2, 3), small))
        bench.forward(1)
        whole, other = bench.site.x
        assert np.array_equal(bench.site.y[0], join(whole[0], other[0]))


def test_what_is_in_neither_shape_is_refused():
    for other in [(2, 4, 8), (4, 2, 8), (2, 2, 8), (4,), (4, 4, 2), (1, 4, 8)]:
        with pytest.raises(ArchitectureError, match="which differ"):
            Multiply().output_shape((4, 4, 8), other)


def test_a_field_behind_squeeze_and_excitation_is_the_whole_input():
    graph = build_graph(parse("conv(4, 3) >> id * (global_avgpool >> conv(4, 1))"), (12, 12, 1))
    assert find_field(graph, graph.output, (2, 3)) == (0, 0, 12, 12)
    assert find_field(graph, 0, (2, 3)) == (2, 3, 5, 6)
    assert find_centers(graph, graph.output, 0).tolist() == list(range(1, 11))
