"""Optimizers on the weights of a network against their float64 twins, over several steps."""

import numpy as np
import pytest
from reference_optimizers import Adam, Lion, Momentum, Muon, RmsProp

from cnncli.engine import Weights
from cnncli.engine.optimizers import OPTIMIZERS, Optimizer
from cnncli.graph import build_graph
from cnncli.notation import parse

NETWORK = build_graph(parse("conv(3, 3) >> bn >> relu >> depthwise(3) >> dense(4)"), (8, 8, 2))
DECAYING = {"conv1/weight", "depthwise1/weight", "dense1/weight"}
RATES = (0.1, 0.02, 0.1, 0.05, 0.03)  # one for each step
DECAY = 0.3
TWINS = {
    "sgd": lambda decay: Momentum(0, 0, decay),
    "momentum": lambda decay: Momentum(0, 0.9, decay),
    "momentum(0.5)": lambda decay: Momentum(0, 0.5, decay),
    "nesterov": lambda decay: Momentum(0, 0.9, decay, nesterov=True),
    "nesterov(0.5)": lambda decay: Momentum(0, 0.5, decay, nesterov=True),
    "rmsprop": lambda decay: RmsProp(0, 0.99, 1e-8, 0.9, decay),
    "rmsprop(0)": lambda decay: RmsProp(0, 0.99, 1e-8, 0.0, decay),
    "rmsprop(0.5, 0.8, 0.01)": lambda decay: RmsProp(0, 0.8, 0.01, 0.5, decay),
    "adam": lambda decay: Adam(0, 0.9, 0.999, 1e-8, decay),
    "adam(0.5, 0.8, 0.01)": lambda decay: Adam(0, 0.5, 0.8, 0.01, decay),
    "adamw": lambda decay: Adam(0, 0.9, 0.999, 1e-8, decay, decoupled=True),
    "adamw(0.5, 0.8, 0.01)": lambda decay: Adam(0, 0.5, 0.8, 0.01, decay, decoupled=True),
    "lion": lambda decay: Lion(0, 0.9, 0.99, decay),
    "lion(0.5, 0.8)": lambda decay: Lion(0, 0.5, 0.8, decay),
}


def draw(seed, weights):
    """Return numbers for each learned array, laid out as `Weights.learned`."""
    return np.random.default_rng(seed).standard_normal(len(weights.learned)).astype(np.float32)


def started(text, decay=DECAY):
    weights = Weights(NETWORK)
    weights.learned[:] = draw(0, weights)
    return weights, Optimizer(OPTIMIZERS.read(text), weights, decay, 2)


@pytest.mark.parametrize("text", TWINS)
def test_five_steps_agree_with_the_twin(text):
    weights, optimizer = started(text)
    views = weights.views(weights.learned)
    assert set(views) > DECAYING  # there are biases and bn as well
    expected = {name: array.astype(np.float64) for name, array in views.items()}
    twins = {name: TWINS[text](DECAY if name in DECAYING else 0.0) for name in views}
    for number, rate in enumerate(RATES, 1):
        gradient = draw(number, weights)
        optimizer.step(gradient, rate)
        for name, part in weights.views(gradient).items():
            twins[name].lr = rate
            expected[name] = twins[name].step(part.astype(np.float64), expected[name])
            assert np.allclose(views[name], expected[name], rtol=1e-5, atol=3e-6), (name, number)


@pytest.mark.parametrize("text", ["muon", "muon(0.5, 0.1)"])
def test_muon_turns_filters_and_moves_the_rest_as_adamw_does(text):
    momentum, share = {"muon": (0.95, 0.04), "muon(0.5, 0.1)": (0.5, 0.1)}[text]
    weights, optimizer = started(text)
    weights.initialize("lecun", 3)
    expected = {name: array.astype(np.float64) for name, array in weights.dump().items()}
    twins = {
        name: Muon(0, momentum) if weights.parameters[name].shape[2:]
        else Adam(0, 0.9, 0.99, 1e-8, DECAY / share if name in DECAYING else 0.0, decoupled=True)
        for name in weights.offsets
    }  # fmt: skip
    assert sum(isinstance(twin, Muon) for twin in twins.values()) == 2
    for number, rate in enumerate(RATES, 1):
        gradients = Weights(NETWORK)
        gradients.initialize("lecun", 10 + number)
        optimizer.step(gradients.learned, rate)
        for name, twin in twins.items():
            twin.lr = rate if isinstance(twin, Muon) else rate * share
            expected[name] = twin.step(gradients.dump()[name].astype(np.float64), expected[name])
            np.testing.assert_allclose(weights.dump()[name], expected[name], rtol=1e-4, atol=1e-5)


def test_muon_keeps_the_norm_of_filters():
    weights, optimizer = started("muon")
    weights.initialize("he", 1)
    gradients = Weights(NETWORK)
    gradients.initialize("lecun", 2)
    before = np.linalg.norm(weights.dump()["conv1/weight"])
    optimizer.step(gradients.learned, 0.3)
    assert np.linalg.norm(weights.dump()["conv1/weight"]) == pytest.approx(before, rel=1e-5)


def test_every_optimizer_has_a_twin():
    assert {text.partition("(")[0] for text in (*TWINS, "muon")} == set(OPTIMIZERS)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_with_steps_and_state_filled_in_an_optimizer_goes_on_as_another(name):
    weights, optimizer = started(name)
    for number in (1, 2):
        optimizer.step(draw(number, weights), 0.1)
    others, successor = started(name)
    others.learned[:] = weights.learned
    successor.steps = optimizer.steps
    for array, kept in zip(successor.state, optimizer.state, strict=True):
        array[:] = kept
    for number in (3, 4):
        optimizer.step(draw(number, weights), 0.1)
        successor.step(draw(number, weights), 0.1)
    assert others.learned.tobytes() == weights.learned.tobytes()
    assert (successor.steps, optimizer.steps) == (4, 4)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("sgd", "sgd"),
        ("momentum", "momentum(0.5)"),
        ("nesterov(0.8)", "nesterov(0.5)"),
        ("rmsprop(alpha=0.9)", "rmsprop(0.5, 0.9)"),
        ("adam", "adam(0.5)"),
        ("adamw(beta2=0.98)", "adamw(0.5, 0.98)"),
        ("lion", "lion(0.5)"),
    ],
)
def test_momentum_is_the_first_setting(text, changed):
    assert str(OPTIMIZERS.read(text).with_momentum(0.5)) == changed


def test_the_length_of_a_gradient_is_that_of_all_its_numbers():
    weights, optimizer = started("sgd")
    gradient = draw(1, weights)
    length = np.linalg.norm(gradient.astype(np.float64))
    assert optimizer.norm(gradient) == pytest.approx(length, rel=1e-12)
    gradient[-1] = np.inf
    assert not np.isfinite(optimizer.norm(gradient))
