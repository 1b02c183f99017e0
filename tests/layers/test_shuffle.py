import pytest
from contract import Bench, check_layer

from cnncli.errors import ArchitectureError
from cnncli.notation import parse


@pytest.mark.parametrize(
    ("text", "shape"),
    [("shuffle(2)", (4, 3, 8)), ("shuffle(4)", (5, 3, 20)), ("shuffle(3)", (9, 9))],
)
def test_shuffle_keeps_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


def test_channels_of_all_groups_alternate_and_gradients_go_the_way_back():
    bench = Bench(parse("shuffle(2)").layer, ((2, 6),))
    bench.site.x[0][0] = [[0, 1, 2, 3, 4, 5], [10, 11, 12, 13, 14, 15]]
    bench.forward(1)
    assert bench.site.y[0].tolist() == [[0, 3, 1, 4, 2, 5], [10, 13, 11, 14, 12, 15]]
    bench.site.gradients.dy[:] = bench.site.y
    bench.backward(1)
    assert bench.dx[0][0].tolist() == bench.site.x[0][0].tolist()


def test_groups_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(ArchitectureError, match="its 10 channels do not divide into 4 groups; use"):
        parse("shuffle(4)").layer.output_shape((8, 8, 10))


def test_a_vector_has_no_channels_to_shuffle():
    with pytest.raises(ArchitectureError, match="its input is a vector of 10"):
        parse("shuffle(2)").layer.output_shape((10,))
