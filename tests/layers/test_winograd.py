from dataclasses import replace

import numpy as np
import pytest
from contract import IMAGES, Bench, check_layer

from cnncli.layers.base import Setup
from cnncli.layers.winograd import pays
from cnncli.notation import parse

SETUP = Setup(batch=4)


def chosen(text, shape, setup=SETUP):
    layer = parse(text).layer
    return pays(setup, layer.windows(shape), shape[-1], layer.filters)


@pytest.mark.parametrize("shape", [(9, 10, 36), (4, 4, 32), (13, 16)], ids=str)
def test_a_convolution_by_winograd_keeps_the_contract(shape):
    layer = parse("conv(40, 3, pad=1)").layer
    assert layer.prepared_size(SETUP, shape) > 0 or len(shape) == 2
    check_layer(layer, shape)


@pytest.mark.parametrize("text", ["conv(40, 3)", "conv(48, 3, pad=1, bias=no)"])
def test_both_algorithms_answer_alike_but_for_rounding(text):
    ends = []
    for conv_algo in ("auto", "direct"):
        bench = Bench(parse(text).layer, ((12, 9, 36),))
        bench.site.setup = replace(bench.site.setup, conv_algo=conv_algo)
        bench.site.scratch = np.full(
            bench.layer.scratch_size(bench.site.setup, (12, 9, 36)), np.nan, np.float32
        )
        bench.site.activation = "relu"
        forward, backward = bench.layer.build(bench.site)
        forward(IMAGES)
        backward(IMAGES)
        ends.append(
            [bench.site.y[:IMAGES], bench.site.dx[0][:IMAGES], *bench.site.gradients.values()]
        )
    for one, two in zip(*ends, strict=True):
        assert np.allclose(one, two, rtol=1e-4, atol=2e-5 * np.abs(two).max())
    assert not np.array_equal(ends[0][0], ends[1][0]), "the same algorithm twice"


def test_it_is_for_3x3_filters_of_stride_1_alone():
    assert chosen("conv(64, 3, pad=1)", (16, 16, 64))
    assert chosen("conv(64, 3)", (16, 16, 64))
    for text in ("conv(64, 5, pad=2)", "conv(64, 3, 2)", "conv(64, 3, dilation=2)", "conv(64, 1)"):
        assert not chosen(text, (16, 16, 64))
    assert not chosen("conv(64, 3, pad=3)", (16, 16, 64))
    for text in ("conv(64, 3, groups=2)", "conv(64, 3, pad=1, fill=reflect)"):
        assert parse(text).layer.prepared_size(SETUP, (16, 16, 64)) == 0


def test_few_channels_and_tiles_that_stick_out_are_left_to_the_definition():
    assert not chosen("conv(64, 3, pad=1)", (32, 32, 3))
    assert not chosen("conv(2, 3, pad=1)", (32, 32, 16))
    assert not chosen("conv(64, 3)", (3, 3, 64))


def test_large_weights_are_not_kept_transformed_where_a_single_image_is_waited_for():
    def kept(filters, size, latency=True):
        layer = parse(f"conv({filters}, 3, pad=1)").layer
        return layer.prepared_size(Setup(1, latency=latency), (size, size, 256)) > 0

    assert kept(256, 8, latency=False)
    assert not kept(256, 8)
    assert kept(256, 16)
    assert not kept(512, 16)


def test_the_choice_does_not_look_at_batch_or_threads():
    for setup in (Setup(1), Setup(512, 16), Setup(7, 3, training=True)):
        assert chosen("conv(64, 3, pad=1)", (8, 8, 64), setup)
        assert not chosen("conv(64, 3, pad=1)", (8, 8, 64), replace(setup, conv_algo="direct"))
