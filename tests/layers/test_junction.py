import re

import pytest
from contract import Bench, check_layer

from cnncli.errors import ArchitectureError
from cnncli.graph import build_graph
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
def test_what_brings_a_weight_for_each_channel_to_the_size_of_an_image_is_advised(shape, branch):
    with pytest.raises(ArchitectureError, match="behind the smaller one") as caught:
        build_graph(parse(f"id * ({branch})"), shape)
    advised = re.search(r"put (.*) behind", str(caught.value))[1]
    assert build_graph(parse(f"id * ({branch} >> {advised})"), shape).output_shape == shape
