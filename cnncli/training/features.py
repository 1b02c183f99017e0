"""What frozen layers answer to every sample, computed once instead of in every epoch."""

from __future__ import annotations

import math
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.allowance import Allowance
from cnncli.data.dataset import MEMORY_SHARE
from cnncli.engine import Weights
from cnncli.graph import Graph
from cnncli.graph.freezing import find_constant
from cnncli.layers.base import Shape
from cnncli.memory import measure_available_memory
from cnncli.trained.runner import open_runner
from cnncli.training.settings import Settings

if TYPE_CHECKING:
    from cnncli.data.dataset import DataSet
    from cnncli.data.source import TrainingData


class Unchanged:
    """The preprocessing of what is an input of the network already."""

    scale: tuple[float, ...] = ()  # for augmentation, of which there is none
    shift: tuple[float, ...] = ()

    def normalize(
        self,
        values: NDArray[Any],
        indices: NDArray[np.int64],
        out: NDArray[np.float32],
        threads: int = 1,
    ) -> None:
        """Write values[indices] into out."""
        np.take(values, indices, axis=0, out=out, mode="clip")


class Features:
    """The samples of a training as what a frozen layer answers to them.

    `train` and `val` have the answers for values once `compute` was called.
    """

    def __init__(self, data: TrainingData, graph: Graph, layer: str) -> None:
        (shape,) = (node.output_shape for node in graph.nodes if node.name == layer)
        self.data, self.graph, self.layer = data, graph, layer
        self.sources = (data.train, data.val)
        self.train, self.val = (_make_room(part, shape) for part in self.sources)

    def compute(self, weights: Weights, settings: Settings) -> None:
        """Run the frozen layers on all samples; raise DataError where one cannot be read."""
        runner = open_runner(
            self.graph,
            weights,
            self.data.preprocessing,
            threads=settings.threads,
            conv_algo=settings.conv_algo,
            keep=(self.layer,),
        )
        for source, part in zip(self.sources, (self.train, self.val), strict=True):
            start = 0
            for values, _ in source.in_order(runner.batch):
                runner.answer(list(values))
                end = start + len(values)
                part.values[start:end] = runner.value(self.layer)[: len(values)]
                start = end


def find_constant_layer(data: TrainingData, graph: Graph, settings: Settings) -> str | None:
    """Return the layer whose answers stay the same in all epochs and are all that others see."""
    frozen = settings.find_frozen(graph)
    same = settings.augment == "none" and all(
        part.unit == part.noun and len(part) for part in (data.train, data.val)
    )
    return find_constant(graph, frozen) if frozen and same else None


def find_kept_layer(data: TrainingData, graph: Graph, settings: Settings) -> str | None:
    """Return the constant layer if there is room for its answers: half of the available memory.

    None where users bound the memory. What a training ends with does not depend on it.
    """
    layer = find_constant_layer(data, graph, settings)
    if layer is None or Allowance.bytes is not None:
        return None
    room = measure_available_memory() * MEMORY_SHARE
    return layer if count_feature_bytes(data, graph, layer) <= room else None


def count_feature_bytes(data: TrainingData, graph: Graph, layer: str) -> int:
    """Return the memory that the answers of a layer to all samples take."""
    (shape,) = (node.output_shape for node in graph.nodes if node.name == layer)
    return 4 * math.prod(shape) * (len(data.train) + len(data.val))


def _make_room(samples: DataSet, shape: Shape) -> Any:
    """Return a set of the same samples with room for values of this shape, float32."""
    features: Any = copy(samples)
    features.shape, features.dtype = shape, np.float32
    features.values = np.empty((len(samples), *shape), np.float32)
    features.memory_bytes = features.values.nbytes
    features.preprocessing = Unchanged()
    return features
