"""Optimizers: update rules, and what applies them to all learned weights of a network.

Update rules and their symbols are those of torch.optim: w weights, g gradient, lr learning rate.
Weight decay is for weights alone, not for biases and bn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnncli.engine.orthogonal import measure_length, orthogonalize
from cnncli.engine.weights import Weights
from cnncli.kernels import elementwise as kernels
from cnncli.layers.base import Parameter
from cnncli.registry import Named, Registry
from cnncli.settings import POSITIVE, RATE, setting, settings_of

Array = NDArray[np.float32]

OPTIMIZERS: Registry[type[Rule]] = Registry("optimizer")


class Stretch(NamedTuple):
    """Weights to move together, and what there is to know about them; arrays of equal length."""

    weights: Array
    gradient: Array
    moments: list[Array]  # what the rule remembers of earlier steps, 0 before the first
    step: int  # from 1
    rate: float
    decay: float
    threads: int
    filters: Parameter | None = None  # which they are, for a rule that moves `filters_apart`


class Rule(Named):
    """An update rule; the fields of a subclass are its settings.

    >>> class Momentum(Rule, name="momentum"): ...
    """

    registry: ClassVar[Registry[Any]] = OPTIMIZERS
    moments: ClassVar[int] = 0  # arrays of the size of the weights that it keeps
    rate: ClassVar[float]  # learning rate for networks without bn, which are the ones that diverge
    decoupled: ClassVar[bool] = False  # whether decay shrinks weights, not adds to the gradient
    filters_apart: ClassVar[bool] = False  # whether each layer's filters are a stretch

    def update(self, at: Stretch) -> None:
        """Change the weights and the moments of a stretch."""
        raise NotImplementedError

    def with_momentum(self, momentum: float) -> Rule:
        """Return the rule with this momentum: its first setting, beta1 of adam; sgd has none."""
        names = list(settings_of(type(self)))
        return replace(self, **{names[0]: momentum}) if names else self


class Optimizer:
    """A rule at work on the weights of a network.

    Besides the weights, a step changes `steps`, the number of steps taken, and `state`, the moments
    of the rule, each laid out as `Weights.learned`; a training is taken up again with both.
    """

    def __init__(self, rule: Rule, weights: Weights, weight_decay: float, threads: int) -> None:
        self.rule, self.weights, self.threads = rule, weights, threads
        self.steps = 0
        self.state = [np.zeros_like(weights.learned) for _ in range(rule.moments)]
        self._parts = list(_divide(weights, weight_decay, filters_apart=rule.filters_apart))

    def step(self, gradient: Array, rate: float) -> None:
        """Move the weights against the gradient, which is laid out as `Weights.learned`."""
        self.steps += 1
        for part, decay, filters in self._parts:
            weights = self.weights.learned[part]
            if weights.size:
                moments = [moment[part] for moment in self.state]
                self.rule.update(
                    Stretch(
                        weights, gradient[part], moments, self.steps, rate, decay, self.threads,
                        filters,
                    )
                )  # fmt: skip

    def norm(self, gradient: Array) -> float:
        """Return the length of the gradient; not finite where any of its numbers is not."""
        return measure_length(gradient, self.threads)


def _divide(
    weights: Weights, decay: float, *, filters_apart: bool
) -> Iterator[tuple[slice, float, Parameter | None]]:
    """Yield what is moved together: as much as has the same decay, but filters by themselves."""
    cut = weights.decaying
    if not filters_apart:
        yield slice(0, cut), decay, None
    else:
        for name, start in weights.offsets.items():
            if start < cut:
                parameter = weights.parameters[name]
                filters = parameter if len(parameter.shape) > 2 else None
                yield slice(start, start + parameter.size), decay, filters
    yield slice(cut, None), 0.0, None


class Sgd(Rule, name="sgd"):
    """w -= lr g."""

    rate = 0.03

    def update(self, at: Stretch) -> None:
        kernels.sgd_step(at.weights.size, at.rate, at.decay, at.gradient, at.weights, at.threads)


class Momentum(Rule, name="momentum"):
    """v = momentum v + g; w -= lr v (Polyak 1964)."""

    momentum: float = setting(RATE, 0.9)

    moments = 1
    rate = 0.01
    nesterov: ClassVar[bool] = False

    def update(self, at: Stretch) -> None:
        kernels.momentum_step(
            at.weights.size, at.rate, self.momentum, at.decay, self.nesterov, at.step == 1,
            at.gradient, at.weights, *at.moments, at.threads,
        )  # fmt: skip


class Nesterov(Momentum, name="nesterov"):
    """v = momentum v + g; w -= lr (g + momentum v) (Sutskever et al. 2013)."""

    nesterov = True


class RmsProp(Rule, name="rmsprop"):
    """v = momentum v + g / (sqrt(s) + eps); w -= lr v, with s = alpha s + (1 - alpha) g^2.

    Hinton 2012, Neural Networks for Machine Learning, lecture 6e.
    """

    momentum: float = setting(RATE, 0.9)
    alpha: float = setting(RATE, 0.99)
    eps: float = setting(POSITIVE, 1e-8)

    moments = 2
    rate = 3e-4

    def update(self, at: Stretch) -> None:
        kernels.rmsprop_step(
            at.weights.size, at.rate, self.alpha, self.eps, self.momentum, at.decay,
            at.gradient, at.weights, *at.moments, at.threads,
        )  # fmt: skip


class Adam(Rule, name="adam"):
    """m = beta1 m + (1 - beta1) g; s = beta2 s + (1 - beta2) g^2; w -= lr m / (sqrt(s) + eps).

    m and s are corrected for being 0 at first: over 1 - beta1^t and 1 - beta2^t in step t (Kingma &
    Ba 2015, arXiv:1412.6980).
    """

    beta1: float = setting(RATE, 0.9)
    beta2: float = setting(RATE, 0.999)
    eps: float = setting(POSITIVE, 1e-8)

    moments = 2
    rate = 1e-3

    def update(self, at: Stretch) -> None:
        kernels.adam_step(
            at.weights.size, at.rate, self.beta1, self.beta2, self.eps, at.decay, self.decoupled,
            at.step, at.gradient, at.weights, *at.moments, at.threads,
        )  # fmt: skip


class AdamW(Adam, name="adamw"):
    """Adam whose weight decay is no part of g: w -= lr decay w (Loshchilov & Hutter 2019).

    arXiv:1711.05101.
    """

    decoupled = True


class Lion(Rule, name="lion"):
    """w -= lr sign(beta1 m + (1 - beta1) g), then m = beta2 m + (1 - beta2) g.

    Chen et al. 2023, arXiv:2302.06675; weight decay is no part of g, as in adamw. As every weight
    moves by lr, lr is to be 3 to 10 times smaller than adamw's, and weight decay as much larger.
    """

    beta1: float = setting(RATE, 0.9)
    beta2: float = setting(RATE, 0.99)

    moments = 1
    rate = 3e-4
    decoupled = True

    def update(self, at: Stretch) -> None:
        kernels.lion_step(
            at.weights.size, at.rate, self.beta1, self.beta2, at.decay,
            at.gradient, at.weights, *at.moments, at.threads,
        )  # fmt: skip


class Muon(Rule, name="muon"):
    """v = momentum v + g; filters w turn by lr along g + momentum v, made orthogonal.

    A step changes a layer's filters by lr of their norm, which stays what it was; all else moves by
    adamw at the rate rest * lr. (Jordan et al. 2024, "Muon: An optimizer for hidden layers in
    neural networks", and its training of CIFAR-10, where each step resets the norm.)
    """

    momentum: float = setting(RATE, 0.95)
    rest: float = setting(POSITIVE, 0.04)

    moments = 2
    rate = 0.03
    decoupled = True
    filters_apart = True

    def update(self, at: Stretch) -> None:
        if at.filters is None:
            rest = at._replace(rate=at.rate * self.rest, decay=at.decay / self.rest)
            ADAMW.update(rest)
            return
        weights, velocity, (count, *values) = at.weights, at.moments[0], at.filters.shape
        velocity *= np.float32(self.momentum)
        velocity += at.gradient
        direction = at.filters.lay_columns(at.gradient + np.float32(self.momentum) * velocity)
        turn = at.filters.pack_columns(orthogonalize(direction, at.threads))
        length = measure_length(weights, at.threads)
        turn *= np.float32(at.rate * length / math.sqrt(min(count, math.prod(values))))
        weights -= turn
        weights *= np.float32(length / (measure_length(weights, at.threads) or 1.0))


ADAMW = AdamW(beta2=0.99)  # for what is not filters; quick to forget, as its trainings are short
