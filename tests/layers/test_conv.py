import numpy as np
import pytest
import reference_conv
from contract import BATCH, Bench, check_layer

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


def test_conv_agrees_with_its_twin_where_rows_and_columns_differ():
    text = "conv(36, 3x2, 2x1, 1x0, dilation=1x2, groups=2)"
    bench = Bench(parse(text).layer, ((7, 6, 4),))
    bench.forward(BATCH)
    sizes = reference_conv.Sizes(
        BATCH, 7, 6, 4, 36, 3, 2, 4, 4, stride=(2, 1), pad=(1, 0), dilation=(1, 2), groups=2
    )
    expected = reference_conv.conv_forward(
        sizes, bench.site.x[0], bench.files["weight"], bench.files["bias"]
    )
    assert np.allclose(bench.site.y, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("text", ["conv(5, 3)", "conv(5, 3, bias=no)"])
def test_folded_weights_answer_what_scale_and_shift_would_make_of_the_answer(text):
    bench = Bench(parse(text).layer, ((4, 5, 3),))
    bench.forward(1)
    scale, shift = np.linspace(0.5, 2.5, 5), np.linspace(-1, 3, 5)
    folding = bench.layer.fusing(bench.site.setup, (4, 5, 3)).folding
    folded = Bench(folding.layer, ((4, 5, 3),))
    weights = folding.fold(bench.files, scale, shift)
    for name, parameter in folded.parameters.items():
        folded.site.weights[name][:] = parameter.pack(weights[name])
    folded.site.x[0][:] = bench.site.x[0]
    folded.forward(1)
    assert np.allclose(folded.site.y[0], bench.site.y[0] * scale + shift, rtol=1e-5, atol=1e-5)


def test_a_bias_is_learned_unless_it_is_left_out():
    with_bias = parse("conv(6, 3)").layer.parameters((5, 5, 4))
    assert with_bias["bias"].shape == (6,) and with_bias["bias"].learned
    assert set(parse("conv(6, 3, bias=no)").layer.parameters((5, 5, 4))) == {"weight"}


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
    weight = parse("conv(40, 3x2, groups=2)").layer.parameters((6, 6, 6))["weight"]
    values = np.arange(np.prod(weight.shape), dtype=np.float32).reshape(weight.shape)
    packed = weight.pack(values)
    assert packed.shape == (weight.size,)
    assert np.array_equal(weight.unpack(packed, weight.shape), values)


@pytest.mark.parametrize(
    ("fill", "first", "last"),
    [
        ("zero", [-1, -1, 0, 1, 2], [3, 4, 5, -1, -1]),
        ("edge", [0, 0, 0, 1, 2], [3, 4, 5, 5, 5]),
        ("reflect", [2, 1, 0, 1, 2], [3, 4, 5, 4, 3]),
    ],
)
def test_the_padding_is_made_of_the_rows_that_its_fill_says(fill, first, last):
    layer = parse(f"conv(1, 5, pad=2, fill={fill})").layer
    sources = layer.find_sources(np.array([0, 5]), 0, (6, 8, 1))
    assert sources.tolist() == [first, last]
