import numpy as np
import pytest
from contract import Bench, check_layer

from cnncli.errors import ArchitectureError
from cnncli.notation import parse

CASES = (
    [
        (f"{kind}{settings}", shape)
        for kind in ("maxpool", "avgpool", "l2pool")
        for settings, shape in [
            ("", (6, 6, 3)),
            ("(2)", (7, 5, 17)),
            ("(3, 2, 1)", (7, 8, 4)),
            ("(3, 1, same)", (5, 5, 2)),
            ("(2x3)", (6, 7, 2)),
            ("(1, 2)", (5, 5, 2)),
            ("(3, 2)", (11, 2)),
            ("(3, 2, ceil=yes)", (6, 7, 5)),
            ("(2, 2, 1, ceil=yes)", (6, 5, 9)),
        ]
    ]
    + [
        (f"avgpool({settings}, include_pad=no)", shape)
        for settings, shape in [
            ("3, 2, 1", (7, 8, 4)),
            ("2, 1, same", (5, 5, 2)),
            ("3, 2, 1, yes", (6, 7, 17)),
            ("4, 3, 2", (11, 2)),
        ]
    ]
    + [(kind, (5, 4, 19)) for kind in ("global_avgpool", "global_maxpool")]
    + [("global_avgpool", (9, 3))]
)


@pytest.mark.parametrize(("text", "shape"), CASES, ids=str)
def test_pools_keep_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


def test_pools_of_a_known_window_give_known_numbers():
    for text, expected in [("maxpool", 4), ("avgpool", 2.5), ("l2pool", np.sqrt(30))]:
        bench = Bench(parse(text).layer, ((2, 2, 1),))
        bench.site.x[0][0, ..., 0] = [[1, 2], [3, 4]]
        bench.forward(1)
        assert bench.site.y[0].item() == pytest.approx(expected)


def test_maxpool_sends_the_gradient_of_a_tie_to_the_first():
    bench = Bench(parse("maxpool").layer, ((2, 2, 1),))
    bench.site.x[0][0] = 7
    bench.dy[0] = 5
    bench.forward(1)
    bench.backward(1)
    assert bench.dx[0][0, ..., 0].tolist() == [[5, 0], [0, 0]]


def test_a_window_of_padding_alone_is_refused():
    with pytest.raises(ArchitectureError, match="use a pad of 1 or less"):
        parse("maxpool(2, 2, 2)").layer.output_shape((8, 8, 1))


def test_a_stride_follows_the_size_unless_it_is_given():
    assert parse("maxpool(3)").layer.output_shape((9, 9, 2)) == (3, 3, 2)
    assert parse("maxpool(3, 1)").layer.output_shape((9, 9, 2)) == (7, 7, 2)
    assert str(parse("maxpool(3)").layer) == "maxpool(3)"


@pytest.mark.parametrize(
    ("text", "length", "floor", "ceil"),
    [
        ("maxpool(3, 2)", 112, 55, 56),  # SqueezeNet and GoogLeNet
        ("maxpool(3, 2)", 55, 27, 27),  # it fits
        ("maxpool(2, 2, 1)", 5, 3, 3),  # one more would begin in the padding behind
        ("maxpool(1, 3)", 5, 2, 2),  # one more would begin behind the input
        ("maxpool(5, 3, 2)", 8, 3, 4),
        ("avgpool(5, 3, 2)", 9, 3, 4),
    ],
)
def test_ceil_adds_a_window_that_begins_in_the_input_or_before_it(text, length, floor, ceil):
    shape = (length, length, 1)
    assert parse(text).layer.output_shape(shape) == (floor, floor, 1)
    assert parse(text[:-1] + ", ceil=yes)").layer.output_shape(shape) == (ceil, ceil, 1)


def test_a_window_beyond_the_end_averages_what_there_is():
    bench = Bench(parse("avgpool(2, ceil=yes)").layer, ((3, 1),))
    bench.site.x[0][0, :, 0] = [1, 2, 5]
    bench.forward(1)
    assert bench.site.y[0, :, 0].tolist() == [1.5, 5]


def test_a_mean_without_its_padding_is_that_of_the_pixels_there_are():
    bench = Bench(parse("avgpool(3, 2, 1, include_pad=no)").layer, ((4, 1),))
    bench.site.x[0][0, :, 0] = [1, 2, 3, 7]
    bench.forward(1)
    assert bench.site.y[0, :, 0].tolist() == [1.5, 4]
    bench.dy[0, :, 0] = [2, 3]
    bench.backward(1)
    assert bench.dx[0][0, :, 0].tolist() == [1, 2, 1, 1]


def test_zeros_of_the_padding_count_unless_it_is_left_out():
    assert str(parse("avgpool(3, 1, 1, no, yes)").layer) == "avgpool(3, 1, 1)"
    assert str(parse("avgpool(3, 1, 1, no, no)").layer) == "avgpool(3, 1, 1, include_pad=no)"
