"""Optimizers: one pass over all weights, in order of increasing complexity.

Update rules and their symbols are those of torch.optim; weight decay is for weights alone, not for
biases and bn, and is added to the gradient except in adamw (Loshchilov & Hutter, arXiv:1711.05101).
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.engine.weights import Weights
from cnncli.kernels import elementwise as kernels

Array = NDArray[np.float32]
OPTIMIZERS: dict[str, type[Optimizer]] = {}


class Optimizer:
    """Changes the learned weights step by step; keeps `moments` arrays of their size."""

    moments: ClassVar[int] = 0

    def __init_subclass__(cls, name: str) -> None:
        """Register under the name that --optimizer takes."""
        OPTIMIZERS[name] = cls

    def __init__(
        self, weights: Weights, momentum: float, weight_decay: float, threads: int
    ) -> None:
        self.momentum, self.threads = momentum, threads
        self.weights, self.steps = weights, 0
        self.state = [np.zeros_like(weights.learned) for _ in range(self.moments)]
        self._partials = np.zeros(64)
        cut = weights.decaying
        self._parts = [(slice(0, cut), weight_decay), (slice(cut, None), 0.0)]

    def step(self, gradient: Array, learning_rate: float) -> None:
        """Move the weights against the gradient, which is laid out as Weights.learned."""
        self.steps += 1
        for part, decay in self._parts:
            weights = self.weights.learned[part]
            if weights.size:
                self.update(
                    gradient[part], weights, [one[part] for one in self.state], learning_rate, decay
                )

    def norm(self, gradient: Array) -> float:
        """Return the length of the gradient; not finite where one of its numbers is not."""
        return math.sqrt(
            kernels.sum_of_squares(gradient.size, gradient, self._partials, self.threads)
        )

    def update(
        self, gradient: Array, weights: Array, state: list[Array], rate: float, decay: float
    ) -> None:
        """Apply the rule to one stretch of the weights."""
        raise NotImplementedError


class Sgd(Optimizer, name="sgd"):
    """w -= lr * g."""

    def update(
        self, gradient: Array, weights: Array, state: list[Array], rate: float, decay: float
    ) -> None:
        kernels.sgd_step(weights.size, rate, decay, gradient, weights, self.threads)


class Momentum(Optimizer, name="momentum"):
    """v = momentum*v + g; w -= lr * v (Polyak 1964)."""

    moments = 1
    nesterov: ClassVar[bool] = False

    def update(
        self, gradient: Array, weights: Array, state: list[Array], rate: float, decay: float
    ) -> None:
        kernels.momentum_step(
            weights.size,
            rate,
            self.momentum,
            decay,
            self.nesterov,
            self.steps == 1,
            gradient,
            weights,
            *state,
            self.threads,
        )


class Nesterov(Momentum, name="nesterov"):
    """v = momentum*v + g; w -= lr * (g + momentum*v) (Sutskever et al. 2013)."""

    nesterov = True


class RmsProp(Optimizer, name="rmsprop"):
    """g over the root of its running mean square (Hinton 2012), alpha 0.99, eps 1e-8."""

    moments = 2

    def update(
        self, gradient: Array, weights: Array, state: list[Array], rate: float, decay: float
    ) -> None:
        kernels.rmsprop_step(
            weights.size,
            rate,
            0.99,
            1e-8,
            self.momentum,
            decay,
            gradient,
            weights,
            *state,
            self.threads,
        )


class Adam(Optimizer, name="adam"):
    """Bias-corrected first over root of second moment (Kingma & Ba 2015, arXiv:1412.6980)."""

    moments = 2
    decoupled: ClassVar[bool] = False

    def update(
        self, gradient: Array, weights: Array, state: list[Array], rate: float, decay: float
    ) -> None:
        kernels.adam_step(
            weights.size,
            rate,
            self.momentum,
            0.999,
            1e-8,
            decay,
            self.decoupled,
            self.steps,
            gradient,
            weights,
            *state,
            self.threads,
        )


class AdamW(Adam, name="adamw"):
    """Adam whose weight decay is no part of the gradient (arXiv:1711.05101)."""

    decoupled = True
