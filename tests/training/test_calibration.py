import numpy as np
import pytest

from cnncli.engine import Plan, Weights
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse
from cnncli.tasks import MultiLabel
from cnncli.training.calibration import calibrate, divide_logits


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


def judge_sure(graph, arrays):
    """Return a task of two labels, and what a network got that is always sure, half of it right."""
    images = np.random.default_rng(2).standard_normal((40, 7, 7, 2)).astype(np.float32)
    logits = answer(graph, arrays, images)
    truth = np.where(np.arange(40)[:, None] % 2, logits > 0, logits <= 0).astype(np.float32)
    task = MultiLabel(("a", "b"), thresholds=(0.5, 0.5))
    return task, images, truth, task.judge(logits, truth)


def test_the_network_has_its_temperature_and_the_thresholds_go_with_it():
    graph, arrays = build_network("conv(8, 3) >> tanh >> dense(2)")
    task, images, truth, judged = judge_sure(graph, arrays)
    calibrated = calibrate(graph, arrays, task, judged)
    assert calibrated.temperature == pytest.approx(16)
    found = task.judge(answer(graph, calibrated.weights, images), truth)
    assert np.allclose(found.chance, calibrated.judged.chance, atol=1e-6)
    assert calibrated.task == task.learn_from_validation(calibrated.judged)
    assert calibrated.task != task.learn_from_validation(judged)


def test_a_network_that_cannot_take_a_temperature_stays_as_it_is():
    graph, arrays = build_network("conv(8, 3) >> dense(2) >> tanh")
    task, _, _, judged = judge_sure(graph, arrays)
    calibrated = calibrate(graph, arrays, task, judged)
    assert (calibrated.temperature, calibrated.judged) == (1.0, judged)
    assert calibrated.weights is arrays
    assert calibrated.task == task.learn_from_validation(judged)
