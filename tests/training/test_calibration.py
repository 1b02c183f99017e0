import numpy as np
import pytest

from cnncli.engine import Plan, Weights
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse
from cnncli.training.calibration import divide_logits


def build_network(text):
    """Return a network on images of 7x7x2, and its weights by name."""
    graph = build_graph(parse(text), (7, 7, 2))
    weights = Weights(graph)
    weights.initialize(seed=4)
    return graph, weights.dump()


def answer(graph, arrays, images):
    weights = Weights(graph)
    weights.load(arrays)
    plan = Plan(graph, weights, Setup(len(images)))
    plan.input[:] = images
    plan.forward(len(images))
    return plan.output.reshape(len(images), -1).copy()


@pytest.mark.parametrize(
    "end",
    [
        "dense(3)",
        "dense(3) >> softmax",
        "conv(3, 3) >> relu >> global_avgpool",
        "conv(3, 3, bias=no) >> avgpool(2) >> dropout(0.2) >> global_maxpool",
        "conv(6, 3, bias=no) >> bn >> leaky_relu >> l2pool >> take(3)",
        "depthwise(3) >> flatten >> reshape(3x4x6) >> upsample",
    ],
)
def test_logits_are_divided_wherever_the_last_weights_stand(end):
    graph, arrays = build_network(f"conv(8, 3) >> tanh >> {end}")
    images = np.random.default_rng(2).standard_normal((4, 7, 7, 2)).astype(np.float32)
    divided = divide_logits(graph, arrays, 0.25)
    assert divided is not None
    before = answer(graph, arrays, images)
    assert np.abs(before).max() > 0.1
    assert np.allclose(answer(graph, divided, images), 4 * before, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "end",
    [
        "dense(3) >> tanh",
        "(dense(3) + dense(3))",
        "dense(3) >> gelu",
        "dense(3) >> softmax >> relu",
    ],
)
def test_nothing_is_divided_where_other_layers_follow_the_last_weights(end):
    assert divide_logits(*build_network(f"conv(8, 3) >> {end}"), 0.25) is None


def test_a_network_without_weights_is_left_alone():
    assert divide_logits(*build_network("global_avgpool"), 0.25) is None
