import pytest
from contract import Bench, check_layer

from cnncli.notation import parse


@pytest.mark.parametrize(
    ("text", "shape"),
    [("upsample", (3, 4, 5)), ("upsample(3x2)", (2, 2, 17)), ("upsample(4)", (5, 2))],
    ids=str,
)
def test_upsample_keeps_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


def test_upsample_repeats_rows_and_columns():
    bench = Bench(parse("upsample(2x3)").layer, ((1, 2, 1),))
    bench.site.x[0][0, 0, :, 0] = [1, 2]
    bench.forward(1)
    assert bench.site.y[0, ..., 0].tolist() == [[1, 1, 1, 2, 2, 2]] * 2
