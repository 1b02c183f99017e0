import numpy as np
import pytest
from contract import Bench, check_layer

from cnncli.errors import ArchitectureError
from cnncli.notation import parse

CASES = [
    ("dense(10)", (20,)),
    ("dense(17)", (3, 4, 5)),
    ("dense(1)", (1, 1, 40)),
    ("dense(5)", (7, 2)),
    ("flatten", (3, 4, 5)),
    ("flatten", (6,)),
    ("reshape(3x4x5)", (60,)),
    ("reshape(12x5)", (60,)),
]


@pytest.mark.parametrize(("text", "shape"), CASES, ids=str)
def test_dense_layers_keep_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


def test_dense_reads_an_image_in_channel_row_column_order():
    shape = (2, 3, 4)
    bench = Bench(parse("dense(1)").layer, (shape,))
    bench.forward(1)
    weight, bias = bench.files["weight"], bench.files["bias"]
    expected = bench.site.x[0][0].transpose(2, 0, 1).reshape(-1) @ weight[0] + bias[0]
    assert bench.site.y[0, 0] == pytest.approx(expected, rel=1e-5)


def test_flatten_gives_channel_row_column_order_and_reshape_undoes_it():
    flatten = Bench(parse("flatten").layer, ((2, 3, 4),))
    flatten.forward(1)
    image = flatten.site.x[0][0]
    assert np.array_equal(flatten.site.y[0], image.transpose(2, 0, 1).reshape(-1))
    back = Bench(parse("reshape(2x3x4)").layer, ((24,),))
    back.site.x[0][0] = flatten.site.y[0]
    back.forward(1)
    assert np.array_equal(back.site.y[0], image)


def test_reshape_to_another_number_of_values_is_refused():
    with pytest.raises(ArchitectureError, match="has 60 values, but 7x7x64 holds 3136"):
        parse("reshape(7x7x64)").layer.output_shape((60,))
