from dataclasses import replace

import numpy as np
import pytest
from contract import IMAGES, PREDICTION, TRAINING, Bench, check_layer

from cnncli.layers.base import Epilogue, Setup
from cnncli.layers.winograd import pays
from cnncli.notation import parse

SETUP = Setup(batch=4)


def chooses_winograd(text, shape, setup=SETUP):
    layer = parse(text).layer
    return pays(setup, layer.windows(shape), shape[-1], layer.filters)


@pytest.mark.parametrize("shape", [(9, 10, 36), (4, 4, 32), (13, 16)], ids=str)
def test_a_convolution_by_winograd_keeps_the_contract(shape):
    layer = parse("conv(40, 3, pad=1)").layer
    assert layer.memory(SETUP, shape).prepared > 0 or len(shape) == 2
    check_layer(layer, shape)


@pytest.mark.parametrize(
    "text",
    ["conv(40, 3)", "conv(48, 3, pad=1, bias=no)", "conv(40, 5, pad=2)", "conv(64, 3, 2, 1)"],
)
def test_both_algorithms_answer_alike_but_for_rounding(text):
    ends = []
    for conv_algo in ("auto", "direct"):
        setup = replace(TRAINING, conv_algo=conv_algo)
        bench = Bench(parse(text).layer, ((11, 12, 48),), setup)
        bench.build(epilogue=Epilogue(activation=1))
        bench.forward(IMAGES)
        bench.backward(IMAGES)
        ends.append([bench.site.y[:IMAGES], bench.dx[0][:IMAGES], *bench.dweights.values()])
    for winograd, direct in zip(*ends, strict=True):
        assert np.allclose(winograd, direct, rtol=1e-4, atol=2e-5 * np.abs(direct).max())
    assert not np.array_equal(ends[0][0], ends[1][0]), "the same algorithm twice"


FORMS = ["conv(64, 3, pad=1)", "conv(64, 3)", "conv(64, 5, pad=2)", "conv(64, 3, 2, 1)"]


@pytest.mark.parametrize("text", FORMS)
def test_it_is_for_3x3_and_5x5_filters_and_3x3_filters_of_stride_2(text):
    assert chooses_winograd(text, (16, 16, 64))


@pytest.mark.parametrize(
    "text",
    ["conv(64, 7, pad=3)", "conv(64, 3x5, pad=1x2)", "conv(64, 5, 2, 2)", "conv(64, 3, 2x1, 1)",
     "conv(64, 3, dilation=2)", "conv(64, 3, pad=3)", "conv(64, 1)"],
)  # fmt: skip
def test_other_windows_are_left_to_the_definition(text):
    assert not chooses_winograd(text, (16, 16, 64))


@pytest.mark.parametrize(("size", "pays_alone"), [(16, False), (32, True)])
def test_a_single_image_has_to_be_large_to_pay_for_strided_weights(size, pays_alone):
    shape = (size, size, 64)
    assert chooses_winograd("conv(128, 3, 2, 1)", shape)
    assert chooses_winograd("conv(128, 3, 2, 1)", shape, Setup(1, latency=True)) == pays_alone


def test_a_stride_takes_tiles_of_4x4_where_they_fit_and_of_2x2_elsewhere():
    layer = parse("conv(128, 3, 2, 1)").layer
    large, small = (layer.memory(SETUP, (size, size, 64)).prepared for size in (16, 12))
    assert large / 36 == small / 16  # planes of transformed weights


def test_channels_beside_blocks_of_16_cost_what_they_are():
    assert chooses_winograd("conv(72, 3, 2, 1)", (23, 23, 40))
    assert not chooses_winograd("conv(72, 3, 2, 1)", (23, 23, 2))


def test_groups_and_borders_that_are_not_zero_are_left_to_the_definition():
    for text in ("conv(64, 3, groups=2)", "conv(64, 3, pad=1, fill=reflect)"):
        assert parse(text).layer.memory(SETUP, (16, 16, 64)).prepared == 0


def test_few_channels_and_tiles_that_stick_out_are_left_to_the_definition():
    assert not chooses_winograd("conv(64, 3, pad=1)", (32, 32, 3))
    assert not chooses_winograd("conv(2, 3, pad=1)", (32, 32, 16))
    assert not chooses_winograd("conv(64, 3)", (3, 3, 64))


def test_large_weights_are_not_kept_transformed_where_a_single_image_is_waited_for():
    def kept(filters, size, latency=True):
        layer = parse(f"conv({filters}, 3, pad=1)").layer
        return layer.memory(Setup(1, latency=latency), (size, size, 256)).prepared > 0

    assert kept(256, 8, latency=False)
    assert not kept(256, 8)
    assert kept(256, 16)
    assert not kept(512, 16)


def test_the_choice_does_not_look_at_batch_or_threads():
    for setup in (Setup(1), Setup(512, 16), Setup(7, 3, mode="train")):
        assert chooses_winograd("conv(64, 3, pad=1)", (8, 8, 64), setup)
        assert not chooses_winograd(
            "conv(64, 3, pad=1)", (8, 8, 64), replace(setup, conv_algo="direct")
        )


@pytest.mark.parametrize("latency", [False, True])
def test_a_prediction_is_differentiated_as_by_definition(latency):
    """With latency these weights are transformed where they are used."""
    layer, shape, ends = parse("conv(256, 3, pad=1)").layer, (8, 8, 256), []
    for conv_algo in ("auto", "direct"):
        setup = replace(PREDICTION, conv_algo=conv_algo, latency=latency)
        bench = Bench(layer, (shape,), setup)
        bench.build(epilogue=Epilogue(activation=1))
        bench.forward(IMAGES)
        bench.backward(IMAGES)
        ends.append(bench.dx[0][:IMAGES])
        kept = layer.memory(setup, shape).prepared > 0
        assert kept == (conv_algo == "auto" and not latency)
    assert np.allclose(*ends, rtol=1e-4, atol=1e-4 * np.abs(ends[1]).max())
    assert not np.array_equal(*ends), "the same algorithm twice"
