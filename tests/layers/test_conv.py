import numpy as np
import pytest
from contract import Bench, check_layer

from cnncli.errors import ArchitectureError
from cnncli.notation import parse

CASES = [
    ("conv(20, 3, pad=1)", (6, 7, 17)),
    ("conv(6, 5, pad=2, bias=no)", (9, 9, 1)),
    ("conv(8, 3, pad=2, fill=edge, dilation=2)", (8, 7, 4)),
    ("conv(18, 1)", (5, 5, 34)),
    ("conv(5, 1, 3)", (7, 7, 2)),
    ("conv(3, 3, pad=same)", (11, 2)),
]


@pytest.mark.parametrize(("text", "shape"), CASES, ids=str)
def test_convolutions_keep_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


def test_conv_of_a_known_image_gives_known_numbers():
    bench = Bench(parse("conv(1, 2, bias=no)").layer, ((2, 3, 1),))
    bench.site.weights["weight"][:] = 0
    bench.site.weights["weight"][::16] = [1, 2, 3, 4]
    bench.site.x[0][0] = np.array([[1, 0, 2], [0, 5, 1]], np.float32)[..., None]
    bench.forward(1)
    assert bench.site.y[0, 0, :, 0].tolist() == [1 + 20, 2 * 2 + 3 * 5 + 4]


def test_same_padding_puts_the_odd_row_and_column_behind():
    layer = parse("conv(1, 2, pad=same)").layer
    assert layer.windows((4, 4, 1)).before == (0, 0)
    assert layer.output_shape((5, 4, 1)) == (5, 4, 1)
    assert parse("conv(1, 3, 2, same)").layer.output_shape((7, 8, 1)) == (4, 4, 1)


def test_same_padding_of_a_deconv_cuts_the_odd_row_and_column_behind():
    bench = Bench(parse("deconv(1, 2, pad=same, bias=no)").layer, ((2, 2, 1),))
    weight = bench.layer.parameters((2, 2, 1))["weight"]
    values = np.array([[[[1, 2], [3, 4]]]], np.float32)
    bench.site.weights["weight"][:] = weight.pack(values)
    bench.site.x[0][0] = np.array([[1, 0], [0, 10]], np.float32)[..., None]
    bench.forward(1)
    assert bench.site.y[0, ..., 0].tolist() == [[1, 2], [3, 4 + 10]]


def test_causal_conv_sees_no_future():
    bench = Bench(parse("conv(2, 3, pad=causal, dilation=2)").layer, ((12, 3),))
    bench.forward(1)
    before = bench.site.y[0].copy()
    bench.site.x[0][0, 7:] += 1
    bench.forward(1)
    assert np.array_equal(bench.site.y[0, :7], before[:7])
    assert (bench.site.y[0, 7:] != before[7:]).all()


@pytest.mark.parametrize(
    ("text", "shape", "message"),
    [
        ("conv(4, 5)", (4, 9, 1), "its window is larger than its 4x9 input; use a size of 4"),
        ("conv(4, 3, groups=2)", (9, 9, 3), "its 3 input channels do not divide into 2 groups"),
        ("conv(3, 3, groups=2)", (9, 9, 4), "its 3 filters do not divide into 2 groups"),
        ("conv(4, 3, pad=causal)", (9, 9, 3), "pad=causal is for signals"),
        ("conv(4, 3)", (9,), "put reshape"),
        ("conv(4, 3x3x)", (9,), "size"),
        ("conv(4, 3x5)", (9, 1), "one number too many"),
        ("conv(4, 5, pad=4, fill=reflect)", (4, 4, 1), "use a pad of 3 or less"),
    ],
)
def test_a_convolution_that_does_not_fit_says_what_would(text, shape, message):
    with pytest.raises(ArchitectureError, match=message):
        parse(text).layer.output_shape(shape)


def test_weights_keep_their_values_through_the_kernel_layout():
    weight = parse("conv(20, 3x2, groups=2)").layer.parameters((6, 6, 6))["weight"]
    values = np.arange(np.prod(weight.shape), dtype=np.float32).reshape(weight.shape)
    packed = weight.pack(values)
    assert packed.shape == (weight.size,)
    assert np.array_equal(weight.unpack(packed, weight.shape), values)
