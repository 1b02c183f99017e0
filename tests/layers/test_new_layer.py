"""A new layer defines the members of the contract it needs, and knows of no fusion."""

import numpy as np
import pytest
from contract import check_layer

from cnncli.engine import Plan, Weights
from cnncli.graph import build_graph
from cnncli.layers import LAYERS
from cnncli.layers.base import Layer, Passes, Setup
from cnncli.notation import parse
from cnncli.settings import POSITIVE, setting


@pytest.fixture(autouse=True)
def clamp():
    class Clamp(Layer, kind="clamp"):
        """x, but no less than 0 and no more than `limit`."""

        limit: float = setting(POSITIVE, 1.0)

        def output_shape(self, *inputs):
            return inputs[0]

        def build(self, site):
            (x,), y = site.x, site.y

            def forward(n):
                y[:n] = np.clip(x[:n], 0, self.limit)

            if site.gradients is None:
                return Passes(forward)
            dy, (dx,) = site.gradients.dy, site.gradients.dx

            def backward(n):
                dx[:n] = dy[:n] * ((x[:n] > 0) & (x[:n] < self.limit))

            return Passes(forward, backward)

    yield
    del LAYERS._entries["clamp"]


def test_it_keeps_the_contract():
    check_layer(parse("clamp(1.5)").layer, (5, 3, 7))


def test_it_trains_and_predicts_and_is_differentiated_between_layers_that_fuse():
    graph = build_graph(
        parse("conv(6,3) >> bn >> clamp >> conv(4,3) >> relu >> dense(3)"), (7, 7, 2)
    )
    weights = Weights(graph)
    weights.initialize(seed=1)
    images = np.random.default_rng(0).standard_normal((4, 7, 7, 2)).astype(np.float32)
    training = Plan(graph, weights, Setup(4, mode="train"))
    losses = []
    for _ in range(20):
        training.input[:] = images
        losses.append(training.train_step(np.array([0, 1, 2, 0], np.int32), 4))
        weights.learned -= 0.1 * training.gradient
    assert losses[-1] < losses[0] / 2
    plan = Plan(graph, weights, Setup(4), gradients=("input",))
    assert [step.name for step in plan.steps] == ["conv1+bn1", "clamp1", "conv2+relu1", "dense1"]
    plan.input[:] = images
    plan.forward(4)
    plan.output_gradient[:] = 1
    plan.backward(4)
    assert plan.gradient_of("input").any()
