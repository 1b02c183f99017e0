import numpy as np
import pytest
import reference_conv
from contract import BATCH, Bench, check_layer

from cnncli.errors import ArchitectureError
from cnncli.notation import parse


@pytest.mark.parametrize(
    ("text", "shape"),
    [("deconv(5, 3, 2, 1)", (4, 4, 17)), ("deconv(4, 2, 3, same)", (3, 3, 2))],
    ids=str,
)
def test_deconv_keeps_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


def test_deconv_stamps_its_filters_where_the_convolution_back_would_read():
    bench = Bench(parse("deconv(4, 3x2, 2, 1)").layer, ((3, 4, 5),))
    bench.forward(BATCH)
    height, width = bench.site.y.shape[1:3]
    sizes = reference_conv.Sizes(BATCH, height, width, 4, 5, 3, 2, 3, 4, (2, 2), (1, 1))
    expected = reference_conv.conv_backward_data(sizes, bench.site.x[0], bench.files["weight"])
    assert np.allclose(bench.site.y, expected + bench.files["bias"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deconv(1, 2, pad=same, bias=no)", [1, 2, 0]),
        ("deconv(1, 4, pad=same, bias=no)", [2, 3, 4]),
        ("deconv(1, 3, pad=same, bias=no)", [2, 3, 0]),
    ],
)
def test_same_padding_cuts_the_odd_row_off_behind(text, expected):
    """A single 1 stamps the filter 1, 2, 3, …; half of what is too much lies before."""
    bench = Bench(parse(text).layer, ((3, 1),))
    size = bench.parameters["weight"].shape[-1]
    stamp = np.arange(1, size + 1, dtype=np.float32).reshape(1, 1, 1, size)
    bench.site.weights["weight"][:] = bench.parameters["weight"].pack(stamp)
    bench.site.x[0][0, :, 0] = [1, 0, 0]
    bench.forward(1)
    assert bench.site.y[0, :, 0].tolist() == expected


def test_weights_keep_their_values_through_the_kernel_layout():
    weight = parse("deconv(20, 3x2, groups=2)").layer.parameters((6, 6, 6))["weight"]
    values = np.arange(np.prod(weight.shape), dtype=np.float32).reshape(weight.shape)
    assert np.array_equal(weight.unpack(weight.pack(values), weight.shape), values)


def test_filters_are_viewed_one_by_one_with_the_channels_they_read():
    layer = parse("deconv(6, 3x2, groups=2)").layer
    weight = np.arange(8 * 3 * 3 * 2, dtype=np.float32).reshape(8, 3, 3, 2)
    filters = layer.view_filters(weight)
    assert filters.shape == (6, 4, 3, 2)
    assert np.array_equal(filters[1, 2], weight[2, 1])
    assert np.array_equal(filters[4, 2], weight[4 + 2, 1])


def test_every_input_pixel_costs_a_stamp_of_each_filter_of_its_group():
    layer = parse("deconv(6, 3x2, 2, groups=2)").layer
    assert layer.macs((5, 4, 8)) == (5 * 4 * 8) * (3 * 2) * (6 // 2)


def test_a_pad_that_leaves_nothing_is_refused():
    with pytest.raises(ArchitectureError, match="leaves nothing"):
        parse("deconv(4, 3, pad=9)").layer.output_shape((4, 4, 1))
