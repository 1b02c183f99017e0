"""A network as a Python function."""

from __future__ import annotations

import numpy as np

from cnncli.engine.plan import Plan
from cnncli.engine.threads import cpu_count
from cnncli.engine.weights import Weights
from cnncli.graph import build_graph
from cnncli.layers.base import Array, Setup, Shape
from cnncli.notation import parse


class Network:
    """An architecture text with weights: call it with images (n, *input shape), get its logits.

    >>> network = Network("conv(6, 5) >> relu >> dense(10)", (32, 32, 3))
    >>> network(images).shape
    (7, 10)
    """

    def __init__(
        self, text: str, input_shape: Shape, *, classes: int | None = None, seed: int = 0
    ) -> None:
        self.graph = build_graph(parse(text, classes), input_shape)
        self.weights = Weights(self.graph)
        self.weights.initialize(seed=seed)

    def __str__(self) -> str:
        """Return the canonical architecture text."""
        return self.graph.text

    def __call__(self, images: Array) -> Array:
        """Return the logits (n, *output shape) of images (n, *input shape)."""
        plan = Plan(self.graph, self.weights, Setup(len(images), cpu_count()))
        plan.input[:] = images
        plan.forward(len(images))
        return np.array(plan.output)
