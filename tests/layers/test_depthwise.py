import numpy as np
import pytest
import reference_conv
from contract import BATCH, Bench, check_layer

from cnncli.notation import parse


@pytest.mark.parametrize(
    ("text", "shape"),
    [("depthwise(3, pad=2, dilation=2)", (6, 6, 4)), ("depthwise(2, fill=edge)", (6, 5, 3))],
    ids=str,
)
def test_depthwise_keeps_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


@pytest.mark.parametrize("fill", ["zero", "reflect"])
def test_each_channel_is_convolved_with_its_own_filter(fill):
    bench = Bench(parse(f"depthwise(3x2, 2x1, pad=1, fill={fill})").layer, ((6, 7, 5),))
    bench.forward(BATCH)
    sizes = reference_conv.Sizes(
        BATCH, 6, 7, 5, 5, 3, 2, *bench.site.y.shape[1:3], (2, 1), (1, 1), groups=5, fill=fill
    )
    expected = reference_conv.conv_forward(
        sizes, bench.site.x[0], bench.files["weight"], bench.files["bias"]
    )
    assert np.allclose(bench.site.y, expected, rtol=1e-5, atol=1e-5)


def test_it_costs_what_the_grouped_convolution_costs():
    layer, shape = parse("depthwise(3x5, 2, same)").layer, (9, 8, 12)
    conv = layer.as_conv(shape)
    for question in ("macs", "output_shape", "reach", "lost"):
        assert getattr(layer, question)(shape) == getattr(conv, question)(shape), question
    shapes = [
        {name: parameter.shape for name, parameter in other.parameters(shape).items()}
        for other in (layer, conv)
    ]
    assert shapes[0] == shapes[1]
