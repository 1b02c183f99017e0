"""Layers that are frozen in a training: they run as in a prediction and learn nothing."""

import numpy as np
import pytest

from cnncli.engine import Plan, Weights, count_memory_bytes
from cnncli.engine.optimizers import OPTIMIZERS, Optimizer
from cnncli.graph import build_graph
from cnncli.graph.freezing import find_constant, find_frozen
from cnncli.layers.base import Clock, Setup
from cnncli.notation import parse

CHAIN = (
    "conv(6,3,pad=1) >> bn >> relu >> maxpool >> dropout(0.4) >> conv(36,3,pad=1) >> bn >> relu"
    " >> global_avgpool >> dropout(0.3) >> dense(4)"
)
RESIDUAL = (
    "conv(6,3,pad=1,bias=no) >> bn >> relu >> (conv(6,3,pad=1) >> bn) + id >> relu"
    " >> (conv(6,3,pad=1) >> bn) + id >> relu >> dense(4)"
)
SHAPE = (8, 8, 2)
BATCH = 6


def make_network(text, frozen):
    graph = build_graph(parse(text), SHAPE)
    weights = Weights(graph, find_frozen(graph, frozen))
    weights.initialize(seed=2)
    numbers = np.random.default_rng(3)
    for full, array in weights.arrays.items():
        if full.endswith("running_var"):
            array[:] = numbers.uniform(0.5, 2, array.size)
        elif full.endswith(("running_mean", "bias")):
            array[:] = numbers.standard_normal(array.size) / 4
    return graph, weights


def draw_batch(shape=SHAPE):
    numbers = np.random.default_rng(5)
    return numbers.standard_normal((BATCH, *shape)).astype(np.float32), np.arange(BATCH) % 4


def train(graph, weights, inputs, *, steps=3, threads=1, start="input", optimizer="adamw"):
    """Take a few steps on a batch; return the losses."""
    plan = Plan(graph, weights, Setup(BATCH, threads, "train"), clock=Clock(seed=1), start=start)
    rule = Optimizer(OPTIMIZERS.read(optimizer), weights, 0.5, threads)
    losses = []
    for _ in range(steps):
        plan.input[:] = inputs
        losses.append(plan.train_step(draw_batch()[1].astype(np.int32), BATCH))
        rule.step(plan.gradient, 0.05)
    return losses


def predict(graph, weights, inputs, keep):
    """Return what a layer answers in a prediction."""
    plan = Plan(graph, weights, Setup(BATCH), keep=[keep])
    plan.input[:] = inputs
    plan.forward(BATCH)
    return plan.value(keep).copy()


@pytest.mark.parametrize("optimizer", ["momentum", "adamw", "lion"])
def test_frozen_layers_and_their_statistics_stay_while_the_others_learn(optimizer):
    graph, weights = make_network(CHAIN, "conv1, bn*")
    before = weights.dump()
    train(graph, weights, draw_batch()[0], optimizer=optimizer)
    moved = {name for name, array in weights.dump().items() if (array != before[name]).any()}
    assert moved == {"conv2/weight", "conv2/bias", "dense1/weight", "dense1/bias"}


def train_forward(graph, weights, inputs, keep):
    """Return what a layer answers in a training, in two epochs."""
    plan = Plan(graph, weights, Setup(BATCH, mode="train"), keep=[keep])
    answers = []
    for epoch in (0, 1):
        plan.clock.epoch = epoch
        plan.input[:] = inputs
        plan.forward(BATCH)
        answers.append(plan.value(keep).copy())
    return answers


def test_a_frozen_part_is_a_constant_function_without_dropout():
    graph, weights = make_network(CHAIN, "features")
    inputs, _ = draw_batch()
    expected = predict(graph, weights, inputs, "global_avgpool1")
    for answers in train_forward(graph, weights, inputs, "global_avgpool1"):
        assert np.array_equal(answers, expected)


def test_dropout_before_a_head_that_learns_goes_on():
    graph, weights = make_network(CHAIN, "features")
    first, second = train_forward(graph, weights, draw_batch()[0], "dropout2")
    assert not np.array_equal(first, second)


def test_the_backward_pass_ends_at_the_first_layer_that_learns():
    graph, weights = make_network(CHAIN, "conv1, bn1, conv2")
    plan = Plan(graph, weights, Setup(BATCH, mode="train"))
    steps = {step.name.partition("+")[0]: step.backward is not None for step in plan.steps}
    assert steps["conv1"] is False
    assert steps["conv2"] is False
    assert steps["bn2"] is steps["dense1"] is True
    assert plan.gradient.size == weights.learned.size < Weights(graph).learned.size


def test_a_frozen_network_takes_less_memory():
    graph, weights = make_network(CHAIN, "features")
    setup = Setup(BATCH, mode="train")
    plan = Plan(graph, weights, setup)
    assert plan.bytes == count_memory_bytes(graph, setup, weights.frozen)
    assert plan.bytes < count_memory_bytes(graph, setup) / 2


@pytest.mark.parametrize(
    ("text", "frozen"),
    [(CHAIN, "bn*, conv2, dense1"), (RESIDUAL, "conv2, bn*, conv3, dense1")],
)
def test_gradients_pass_frozen_layers_as_they_pass_a_prediction(text, frozen):
    graph, weights = make_network(text, frozen)
    if text == CHAIN:  # whose second dropout would drop
        weights.frozen |= {"dropout2"}
    inputs, _ = draw_batch()
    gradients = {}
    for mode in ("predict", "train"):
        plan = Plan(graph, weights, Setup(BATCH, mode=mode), gradients=["conv1"])
        plan.input[:] = inputs
        plan.forward(BATCH)
        plan.output_gradient[:] = np.random.default_rng(8).standard_normal(plan.output.shape)
        plan.backward(BATCH)
        gradients[mode] = plan.gradient_of("conv1").copy()
    largest = np.abs(gradients["predict"]).max()
    assert largest > 0
    assert np.abs(gradients["train"] - gradients["predict"]).max() < 1e-6 * largest
    if "conv1/bias" in weights.offsets:
        learned = weights.views(plan.gradient)["conv1/bias"]
        sums = gradients["train"].sum(axis=(0, 1, 2), dtype=np.float64)
        assert np.abs(learned - sums).max() < 1e-5 * np.abs(sums).max()


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("text", "frozen", "constant"),
    [
        (CHAIN, "features", "global_avgpool1"),
        (CHAIN, "conv1, bn1", "maxpool1"),
        (CHAIN, "conv1", "conv1"),
        (RESIDUAL, "conv1, bn1, conv2, bn2", "relu2"),
    ],
)
def test_a_training_behind_what_frozen_layers_answer_learns_the_same_bits(
    text, frozen, constant, threads
):
    inputs, _ = draw_batch()
    graph, whole = make_network(text, frozen)
    assert find_constant(graph, whole.frozen) == constant
    losses = train(graph, whole, inputs, threads=threads)
    graph, behind = make_network(text, frozen)
    features = predict(graph, behind, inputs, constant)
    assert train(graph, behind, features, threads=threads, start=constant) == losses
    assert all(np.array_equal(behind.arrays[name], array) for name, array in whole.arrays.items())


def test_a_plan_that_begins_behind_a_layer_answers_as_the_whole():
    graph, weights = make_network(RESIDUAL, "conv1, bn1")
    inputs, _ = draw_batch()
    plan = Plan(graph, weights, Setup(BATCH), start="relu1")
    plan.input[:] = predict(graph, weights, inputs, "relu1")
    plan.forward(BATCH)
    whole = Plan(graph, weights, Setup(BATCH), keep=["relu1"])
    whole.input[:] = inputs
    whole.forward(BATCH)
    assert np.array_equal(plan.output, whole.output)
    assert len(plan.steps) < len(whole.steps)
