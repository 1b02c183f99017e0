from itertools import islice

import pytest

from cnncli.graph.mending.variants import keep_size, resize, vary
from cnncli.notation import parse


def layer(text):
    return parse(text).layer


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("conv(4, 5)", ["conv(4, 5, pad=1)", "conv(4, 5, 2)", "conv(4, 6)", "conv(4, 4)"]),
        ("maxpool", ["maxpool(3, 2)", "maxpool(pad=1)", "maxpool(stride=3)", "maxpool(stride=1)"]),
        ("deconv(4, 2, 2)", ["deconv(4, 2, 2, 1)", "deconv(4, 2, 3)", "deconv(4, 2)"]),
    ],
)
def test_the_nearest_settings_come_first(text, nearest):
    assert [str(variant) for variant in islice(resize(layer(text)), len(nearest))] == nearest


def test_pad_same_and_no_dilation_come_last():
    *_, same, undilated = map(str, resize(layer("conv(4, 3, dilation=4)")))
    assert (same, undilated) == ("conv(4, 3, pad=same, dilation=4)", "conv(4, 3)")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("conv(4, 5)", "conv(4, 5, pad=2)"),
        ("conv(4, 3x5)", "conv(4, 3x5, pad=1x2)"),
        ("conv(4, 3, dilation=2)", "conv(4, 3, pad=2, dilation=2)"),
        ("conv(4, 4)", "conv(4, 4, pad=same)"),
        ("avgpool(3, 1)", "avgpool(3, 1, 1)"),
    ],
)
def test_a_pad_keeps_the_size(text, kept):
    assert str(keep_size(layer(text))) == kept


@pytest.mark.parametrize(
    ("text", "shape", "first"),
    [
        ("conv(4, 3)", (9,), "reshape(1x1x9) >> conv(4, 3, pad=1)"),
        ("global_avgpool", (9,), "reshape(1x1x9) >> global_avgpool"),
        ("reshape(2x2x1)", (3, 3, 2), "flatten >> reshape(2x2x1)"),
        ("reshape(2x2x1)", (8,), "reshape(2x2x2)"),
        ("maxpool", (1, 1, 4), "id"),
        ("conv(4, 1x3)", (9, 2), "conv(4, 3)"),
        ("conv(4, 3, groups=2)", (9, 9, 3), "conv(4, 3)"),
    ],
)
def test_what_could_stand_in_its_place_depends_on_the_input(text, shape, first):
    assert str(next(vary(layer(text), shape))) == first
