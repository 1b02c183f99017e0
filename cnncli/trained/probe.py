"""Runs a network on inputs and keeps what its layers make of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np

from cnncli.engine import Plan, Weights, images_together
from cnncli.errors import UsageError, did_you_mean
from cnncli.graph import Graph
from cnncli.layers.base import Array, Setup

MOST_INPUTS = 64  # of a pass
LOGITS = "logits"


class Probe:
    """A network whose layers can be read. It keeps the latest plan, for the next call alike."""

    def __init__(self, graph: Graph, weights: Weights, threads: int) -> None:
        self.graph, self.weights, self.threads = graph, weights, threads
        self._latest: tuple[tuple[object, ...], Plan] | None = None

    def run(self, inputs: Array, keep: Collection[str]) -> dict[str, Array]:
        """Return `logits` and the values of the layers in `keep`, by name.

        Inputs are (N, *input shape), values (N, *output shape of the layer). Raises UsageError for
        a layer that there is not.
        """
        self._check(keep)
        plan = self._plan(tuple(dict.fromkeys(keep)), len(inputs))
        values = {LOGITS: plan.output, **{name: plan.value(name) for name in keep}}
        results = {
            name: np.empty((len(inputs), *value.shape[1:]), np.float32)
            for name, value in values.items()
        }
        for rows in _cut(len(inputs), plan.setup.batch):
            n = rows.stop - rows.start
            plan.input[:n] = inputs[rows]
            plan.forward(n)
            for name, value in values.items():
                results[name][rows] = value[:n]
        return results

    def _check(self, names: Collection[str]) -> None:
        layers = [node.name for node in self.graph.nodes]
        for name in names:
            if name not in layers:
                hint = did_you_mean(name, layers) or ";"
                raise UsageError(f"no layer {name!r}{hint} there are {', '.join(layers)}")

    def _plan(self, keep: tuple[str, ...], count: int) -> Plan:
        """Return a plan that keeps these layers, for as many inputs as are best together."""
        key = (keep, min(count, MOST_INPUTS))
        if self._latest is None or self._latest[0] != key:
            setup = Setup(max(1, min(count, MOST_INPUTS)), self.threads)
            setup = replace(setup, batch=images_together(self.graph, setup))
            self._latest = key, Plan(self.graph, self.weights, setup, keep=keep)
        return self._latest[1]


def _cut(count: int, size: int) -> Iterator[slice]:
    """Yield the rows of each batch of at most `size`."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
