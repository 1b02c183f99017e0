"""A network as a Python function."""

from __future__ import annotations

import numpy as np

from cnncli.engine.plan import Plan
from cnncli.engine.threads import cpu_count
from cnncli.engine.weights import Weights
from cnncli.errors import DataError
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
        """Return the logits (n, *output shape) of images (n, *input shape).

        Raises DataError for arrays of another shape, or of what is no numbers.
        """
        images = np.asarray(images)
        needed = self.graph.input_shape
        if images.shape[1:] != needed or images.dtype.kind not in "buif":
            given = "x".join(map(str, images.shape)) or "a single value"
            raise DataError(
                f"an array of {given} {images.dtype}, where the network takes "
                f"n x {'x'.join(map(str, needed))} numbers; a single sample is x[None]"
            )
        if not len(images):
            return np.empty((0, *self.graph.output_shape), np.float32)
        plan = Plan(self.graph, self.weights, Setup(len(images), cpu_count()))
        plan.input[:] = images
        plan.forward(len(images))
        return np.array(plan.output)
