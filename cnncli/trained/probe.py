"""Runs a network on inputs: what its layers make of them, and gradients of what it answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cnncli.engine import Plan, Weights, choose_batch
from cnncli.errors import UsageError, did_you_mean
from cnncli.graph import Graph
from cnncli.layers.base import Array, ReluGradient, Setup

MOST_INPUTS = 64  # of a pass
MOST_PLANS = 2  # kept for the next call: with gradients and without
LOGITS, INPUT = "logits", "input"


class Probe:
    """A network whose layers and gradients can be read.

    Legend: N inputs, K outputs. Inputs are float32 (N, *input shape); every result is float32
    (N, *its shape).
    """

    def __init__(self, graph: Graph, weights: Weights, threads: int) -> None:
        self.graph, self.weights, self.threads = graph, weights, threads
        self._plans: dict[tuple[object, ...], Plan] = {}

    def run(self, inputs: Array, keep: Collection[str]) -> dict[str, Array]:
        """Return `logits` and the values of the layers in `keep`, by name.

        Raises UsageError for a layer that there is not.
        """
        self._check(keep, [node.name for node in self.graph.nodes])
        plan = self._plan(len(inputs), keep=tuple(dict.fromkeys(keep)))
        values = {LOGITS: plan.output, **{name: plan.value(name) for name in keep}}
        results = _make_results(values, len(inputs))
        for rows in self._run(plan, inputs):
            for name, value in values.items():
                results[name][rows] = value[: rows.stop - rows.start]
        return results

    def differentiate(
        self,
        inputs: Array,
        outputs: NDArray[np.int64] | None,
        to: Collection[str],
        relu: ReluGradient,
        layer: str | None = None,
    ) -> dict[str, Array]:
        """Return the gradients of a logit of each input with respect to the values in `to`.

        `outputs` (N,) are the numbers of the logits; None: the largest of each input. Where every
        pixel has logits, it is the sum of that logit over all pixels. With a `layer`, it is the
        largest value of a filter of that layer instead, and `outputs` are numbers of filters. `to`
        names layers, or "input". `relu` is how a gradient passes a relu (see Relu). Raises
        UsageError for a layer that there is not.
        """
        names = [node.name for node in self.graph.nodes]
        self._check(to, [INPUT, *names])
        if layer is not None:
            self._check([layer], names)
        gradients = tuple(dict.fromkeys(to))
        plan = self._plan(len(inputs), gradients=gradients, relu=relu, end=layer)
        views = {name: plan.gradient_of(name) for name in to}
        results = _make_results(views, len(inputs))
        for rows in self._run(plan, inputs):
            n = rows.stop - rows.start
            answers, dy = (_as_rows(values[:n]) for values in (plan.output, plan.output_gradient))
            scores = answers.sum(axis=1) if layer is None else answers.max(axis=1)
            chosen = scores.argmax(axis=1) if outputs is None else outputs[rows]
            dy[:] = 0
            if layer is None:
                dy[np.arange(n), :, chosen] = 1
            else:
                places = answers[np.arange(n), :, chosen].argmax(axis=1)
                dy[np.arange(n), places, chosen] = 1
            plan.backward(n)
            for name, gradient in views.items():
                results[name][rows] = gradient[:n]
        return results

    def _run(self, plan: Plan, inputs: Array) -> Iterator[slice]:
        """Run the network batch by batch; yield which inputs the plan holds."""
        for start in range(0, len(inputs), plan.setup.batch):
            rows = slice(start, min(start + plan.setup.batch, len(inputs)))
            n = rows.stop - rows.start
            plan.input[:n] = inputs[rows]
            plan.forward(n)
            yield rows

    def _check(self, names: Collection[str], known: list[str]) -> None:
        for name in names:
            if name not in known:
                hint = did_you_mean(name, known) or ";"
                raise UsageError(f"no layer {name!r}{hint} there are {', '.join(known)}")

    def _plan(
        self,
        count: int,
        keep: tuple[str, ...] = (),
        gradients: tuple[str, ...] = (),
        relu: ReluGradient = "true",
        end: str | None = None,
    ) -> Plan:
        """Return a plan, kept or new, for as many of the inputs as are best together."""
        most = max(1, min(count, MOST_INPUTS))
        key = (most, keep, gradients, relu, end)
        if key not in self._plans:
            if len(self._plans) >= MOST_PLANS:
                del self._plans[next(iter(self._plans))]
            setup = Setup(most, self.threads)
            self._plans[key] = Plan(
                self.graph,
                self.weights,
                replace(setup, batch=choose_batch(self.graph, setup)),
                keep=keep,
                gradients=gradients,
                relu_gradient=relu,
                end=end,
            )
        return self._plans[key]


def _make_results(values: dict[str, Array], count: int) -> dict[str, Array]:
    return {name: np.empty((count, *value.shape[1:]), np.float32) for name, value in values.items()}


def _as_rows(values: Array) -> Array:
    """Return a view (N, positions, K) of values (N, ..., K)."""
    return values.reshape(len(values), -1, values.shape[-1])
