import pytest
from contract import Bench, check_layer

from cnncli.errors import ArchitectureError
from cnncli.notation import parse


@pytest.mark.parametrize("text", ["take(3)", "take(2, 4)", "take(1, 2)", "take(6)"])
@pytest.mark.parametrize("shape", [(4, 3, 6), (9, 6), (6,)], ids=str)
def test_take_keeps_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


def test_take_takes_the_channels_it_names():
    bench = Bench(parse("take(2, first=1)").layer, ((2, 4),))
    bench.site.x[0][0] = [[0, 1, 2, 3], [4, 5, 6, 7]]
    bench.forward(1)
    assert bench.site.y[0].tolist() == [[1, 2], [5, 6]]


def test_channels_that_are_not_there_cannot_be_taken():
    with pytest.raises(ArchitectureError, match="takes channels 2 to 5 of 5, which end with 4; "):
        parse("take(4, 2)").layer.output_shape((8, 8, 5))
