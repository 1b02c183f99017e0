"""Signals (LENGTHxCHANNELS) through the layers that were written for images."""

import numpy as np
import pytest
import reference_signal as reference
from contract import IMAGES, Bench, check_layer

from cnncli.engine import Plan, Weights
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse

CASES = [
    ("conv(33, 3, pad=1)", (40, 17)),
    ("conv(20, 1)", (50, 34)),
    ("conv(16, 64, 4, 32, bias=no)", (130, 1)),
    ("conv(32, 9, 5)", (70, 3)),
    ("conv(24, 2, pad=causal, dilation=16)", (60, 24)),
    ("conv(12, 3, 2, same, dilation=3)", (41, 8)),
    ("conv(12, 4, pad=3, fill=reflect, groups=3)", (21, 6)),
    ("conv(8, 5, pad=4, fill=edge)", (19, 4)),
    ("depthwise(5, 2, 2)", (33, 18)),
    ("depthwise(3, pad=causal, dilation=4)", (29, 5)),
    ("deconv(9, 4, 2)", (17, 20)),
    ("deconv(6, 3, 2, same, groups=2)", (13, 4)),
    ("maxpool(4)", (53, 17)),
    ("maxpool(3, 2, same)", (30, 3)),
    ("avgpool(5, 2, 2)", (31, 4)),
    ("l2pool(3, 1, same)", (23, 2)),
    ("global_maxpool", (13, 5)),
    ("bn", (45, 18)),
    ("dropout(0.4)", (33, 5)),
    ("upsample(3)", (11, 7)),
    ("dense(10)", (21, 5)),
    ("gelu", (27, 5)),
]


@pytest.mark.parametrize(("text", "shape"), CASES, ids=str)
def test_layers_keep_the_contract_on_signals(text, shape):
    check_layer(parse(text).layer, shape)


CONVOLUTIONS = [
    ("conv(5, 3)", (20, 4), {}),
    ("conv(40, 3, pad=1)", (37, 33), {"pad": (1, 1)}),
    ("conv(6, 64, 4, 32)", (200, 1), {"stride": 4, "pad": (32, 32)}),
    ("conv(16, 2, pad=causal, dilation=8)", (50, 16), {"pad": (8, 0), "dilation": 8}),
    ("conv(8, 3, 2, same)", (22, 4), {"stride": 2, "pad": (0, 1)}),
    ("conv(6, 5, pad=2, fill=reflect, groups=2)", (15, 4),
     {"pad": (2, 2), "fill": "reflect", "groups": 2}),
    ("depthwise(3, 2, 1)", (18, 6), {"stride": 2, "pad": (1, 1), "groups": 6}),
    ("depthwise(2, pad=causal, dilation=4)", (19, 3), {"pad": (4, 0), "dilation": 4, "groups": 3}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shape", "settings"), CONVOLUTIONS, ids=str)
def test_convolutions_of_signals_equal_their_definition(text, shape, settings):
    bench = Bench(parse(text).layer, (shape,))
    w, b = bench.files["weight"].squeeze(2), bench.files["bias"]
    expected = [reference.conv(x, w, b, **settings) for x in bench.site.x[0][:IMAGES]]
    assert np.allclose(bench.answer(), expected, rtol=1e-5, atol=1e-4)


def test_transposed_convolutions_of_signals_equal_their_definition():
    bench = Bench(parse("deconv(5, 4, 3)").layer, ((9, 3),))
    w, b = bench.files["weight"].squeeze(2), bench.files["bias"]
    expected = [reference.deconv(x, w, b, 3) for x in bench.site.x[0][:IMAGES]]
    assert np.allclose(bench.answer(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["maxpool", "avgpool", "l2pool"])
@pytest.mark.parametrize("sizes", [(2, 2), (4, 4), (3, 2, 1), (5, 1, 2)], ids=str)
def test_pools_of_signals_equal_their_definition(kind, sizes):
    bench = Bench(parse(f"{kind}({', '.join(map(str, sizes))})").layer, ((25, 18),))
    expected = [reference.pool(kind, x, *sizes) for x in bench.site.x[0][:IMAGES]]
    assert np.allclose(bench.answer(), expected, rtol=1e-5, atol=1e-6)


NETWORK = """
conv(12, {k}9, {s}3, bias=no) >> bn >> relu >> maxpool({k}2) >> conv(16, {k}3, pad={p}1) >> relu
>> avgpool({k}2) >> depthwise({k}3, pad={p}1) >> bn >> l2pool({k}2) >> deconv(9, {k}2, {s}2)
>> upsample({u}2) >> global_avgpool >> dense(4)"""


def stepped(text, shape, signals):
    """Return the loss and the gradients, by name, of one step."""
    graph = build_graph(parse(text), shape)
    weights = Weights(graph)
    weights.initialize(seed=1)
    plan = Plan(graph, weights, Setup(len(signals), 2, "train"))
    plan.input[:] = signals.reshape(len(signals), *shape)
    loss = plan.train_step(np.arange(len(signals), dtype=np.int32) % 4, len(signals))
    return loss, {name: block.copy() for name, block in weights.views(plan.gradient).items()}


def test_a_network_of_signals_is_one_of_images_with_a_single_row():
    numbers = np.random.default_rng(0)
    signals = numbers.standard_normal((6, 150, 3)).astype(np.float32)
    loss, gradients = stepped(NETWORK.format(k="", s="", p="", u=""), (150, 3), signals)
    other, others = stepped(NETWORK.format(k="1x", s="1x", p="0x", u="1x"), (1, 150, 3), signals)
    assert loss == other
    for name, gradient in gradients.items():
        assert np.array_equal(gradient, others[name]), name
