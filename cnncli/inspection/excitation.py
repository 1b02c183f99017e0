"""How samples excite the filters of a layer, and what in them does: forward and back to the input.

Legend: N samples of a batch, H W C the input, P Q K the layer's output; a signal is a single row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.engine import Plan, choose_batch
from cnncli.graph import Node
from cnncli.inspection.figures import Array
from cnncli.layers.base import ReluGradient, Setup, image_shape

if TYPE_CHECKING:
    from cnncli.trained.model import Trained

MOST_SAMPLES = 64  # of a batch


class Excitation:
    """A network up to a layer, and from there back to the input; `batch` samples at most.

    `relu` is how gradients pass relus on the way back (see Relu); None: there is no way back.
    """

    def __init__(self, trained: Trained, node: Node, relu: ReluGradient | None = None) -> None:
        setup = Setup(MOST_SAMPLES, trained.threads)
        self.batch = choose_batch(trained.graph, setup)
        self.preprocessing = trained.preprocessing
        self.plan = Plan(
            trained.graph,
            trained.weights,
            Setup(self.batch, trained.threads),
            gradients=[] if relu is None else ["input"],
            relu_gradient=relu or "true",
            end=node.name,
        )
        self.output_shape = image_shape(node.output_shape)
        self.input_shape = image_shape(trained.graph.input_shape)

    def run(self, samples: Sequence[NDArray[Any]]) -> Array:
        """Return the maps (N, P, Q, K) of prepared samples, good until the next call."""
        n = len(samples)
        self.preprocessing.normalize(
            np.stack(samples), np.arange(n), self.plan.input[:n], self.plan.setup.threads
        )
        return self.answer(n)

    def answer(self, n: int) -> Array:
        """Return the maps (n, P, Q, K) of the plan's first n inputs, good until the next call."""
        self.plan.forward(n)
        return self.plan.output[:n].reshape(n, *self.output_shape)

    def carry_back(self, places: tuple[Any, ...], gradient: Array | float) -> Array:
        """Return the gradients (n, H, W, C) of the input from those at places of the maps.

        `places` indexes the maps of the last n inputs, one place each, the sample first; elsewhere
        the gradient is zero. Good until the next call.
        """
        n = len(places[0])
        gradients = self.plan.output_gradient.reshape(self.batch, *self.output_shape)
        gradients[:n] = 0
        gradients[places] = gradient
        self.plan.backward(n)
        return self.plan.gradient_of("input")[:n].reshape(n, *self.input_shape)

    def deconvolve(
        self, samples: Sequence[NDArray[Any]], at: NDArray[np.int64], filters: NDArray[np.int64]
    ) -> Array:
        """Return what in each sample excites a filter (N,) at a place (N, 2): (N, H, W, C).

        The activation there alone is carried back as a gradient: to the largest values of max
        pools, through transposed filters, and cut at zero at every relu (Zeiler and Fergus 2014).
        Good until the next call.
        """
        places = (np.arange(len(samples)), at[:, 0], at[:, 1], filters)
        return self.carry_back(places, self.run(samples)[places])
