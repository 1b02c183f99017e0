"""The weights that a training begins with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cnncli.engine import Plan, Weights
from cnncli.engine.fusion import INPUT
from cnncli.graph import Graph
from cnncli.layers.base import Array, Setup
from cnncli.training.settings import Settings

if TYPE_CHECKING:
    from cnncli.data.dataset import DataSet
    from cnncli.graph.nodes import Node

FITTED_TO = 2000  # samples that a layer is fitted to: millions of windows


def begin_weights(
    graph: Graph,
    train: DataSet,
    settings: Settings,
    inherited: Mapping[str, Array] | None = None,
) -> Weights:
    """Return the weights of a training, those of frozen layers apart from what is learned.

    `inherited` are parameters of another network by name, in the shapes of the model file. All
    others are drawn by the seed, or found in the samples by the layers that fit them. Raises
    DataError where the samples cannot be read again.
    """
    inherited = inherited or {}
    weights = Weights(graph, settings.find_frozen(graph))
    weights.initialize(settings.init, settings.seed)
    weights.take(inherited)
    for node in graph.nodes:
        if node.layer.fits and not any(name.startswith(f"{node.name}/") for name in inherited):
            fitted = node.layer.fit(_list_inputs(node, weights, train, settings))
            weights.take({f"{node.name}/{name}": values for name, values in fitted.items()})
    return weights


def _list_inputs(
    node: Node, weights: Weights, train: DataSet, settings: Settings
) -> Iterator[Array]:
    """Yield what a layer gets for the first samples of the first epoch, without augmentation."""
    batches = train.batches(settings.batch_size, seed=settings.seed)
    graph, source = weights.graph, node.inputs[0]
    name = INPUT if source < 0 else graph.nodes[source].name
    setup = Setup(settings.batch_size, settings.threads, conv_algo=settings.conv_algo)
    plan = None if name == INPUT else Plan(graph, weights, setup, keep=[name])
    count = 0
    for batch in batches.epoch(0):
        n = len(batch.inputs)
        if plan is None:
            yield batch.inputs
        else:
            plan.input[:n] = batch.inputs
            plan.forward(n)
            yield plan.value(name)[:n]
        count += n
        if count >= FITTED_TO:
            return
