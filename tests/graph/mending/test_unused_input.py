import pytest

from cnncli.graph.mending.unused_input import count_unused, list_remedies
from cnncli.layers import LAYERS
from cnncli.notation import parse


def layer(text):
    return parse(text).layer


@pytest.mark.parametrize(
    ("text", "shape", "unused"),
    [
        ("maxpool(3)", (7, 9, 1), (1, 0)),
        ("conv(4, 3, stride=2)", (8, 9, 1), (1, 0)),
        ("depthwise(3, stride=2)", (8, 8, 1), (1, 1)),
        ("conv(4, 3, stride=2, pad=same)", (8, 8, 1), (0, 0)),
        ("conv(4, 1, stride=2)", (8, 8, 1), (0, 0)),
        ("avgpool(4)", (10, 1), (0, 2)),
        ("conv(4, 3, pad=4, dilation=4)", (7, 7, 1), (0, 0)),
        ("conv(4, 3, pad=1, dilation=4)", (7, 7, 1), (6, 6)),
        ("conv(4, 3, stride=5)", (13, 13, 1), (4, 4)),
        ("maxpool(2, 3)", (11, 3), (0, 3)),
        ("relu", (7, 7, 1), (0, 0)),
    ],
)
def test_what_no_window_reaches_is_unused(text, shape, unused):
    assert count_unused(layer(text), shape) == unused


@pytest.mark.parametrize("text", ["maxpool(3)", "conv(4, 3, stride=2)", "depthwise(5, stride=3)"])
@pytest.mark.parametrize("side", range(8, 20))
def test_with_a_remedy_nothing_is_lost(text, side):
    for remedy in list_remedies(layer(text), (side, side, 3)):
        assert remedy.lost((side, side, 3)) == (0, 0)
        names = [field.name for field in LAYERS[remedy.kind].settings()]
        assert sum(getattr(remedy, name) != getattr(layer(text), name) for name in names) <= 2


def test_a_pool_gets_a_larger_size_and_keeps_its_stride():
    assert [str(remedy) for remedy in list_remedies(layer("maxpool(2)"), (7, 7, 1))] == [
        "maxpool(3, 2)",
        "maxpool(pad=1)",
        "maxpool(stride=1)",
    ]
