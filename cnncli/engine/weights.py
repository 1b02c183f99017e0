"""A network's learned arrays and running statistics, in the layout of the kernels."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ModelFileError
from cnncli.graph import Graph, Node
from cnncli.layers.base import Parameter
from cnncli.randomness import stream

Array = NDArray[np.float32]
CONSTANTS = {"zeros": 0.0, "quarters": 0.25, "ones": 1.0}  # what arrays begin with, if not random
METHODS = ("he", "glorot", "lecun", "normal", "identity")


class Weights:
    """All arrays of a network.

    `learned` holds everything that is learned in a flat block, first what weight decay applies to
    (`decaying` floats), then the rest, so that an optimizer is a single pass over it. `arrays` has
    a view per parameter, `layer/name`; running statistics have arrays of their own, and so has all
    that belongs to layers in `frozen`, which learn nothing.
    """

    def __init__(self, graph: Graph, frozen: Collection[str] = ()) -> None:
        self.graph, self.frozen = graph, frozenset(frozen)
        self.parameters: dict[str, Parameter] = {
            f"{node.name}/{name}": parameter
            for node in graph.nodes
            for name, parameter in node.layer.parameters(*node.input_shapes).items()
        }
        learned = {
            name: parameter
            for name, parameter in self.parameters.items()
            if parameter.learned and name.partition("/")[0] not in self.frozen
        }
        ordered = sorted(learned, key=lambda name: not learned[name].decays)
        self.decaying = sum(parameter.size for parameter in learned.values() if parameter.decays)
        size = sum(parameter.size for parameter in learned.values())
        self.learned: Array = np.zeros(size, np.float32)
        self.offsets: dict[str, int] = {}
        position = 0
        for name in ordered:
            self.offsets[name] = position
            position += learned[name].size
        self.arrays = self.views(self.learned)
        for name, parameter in self.parameters.items():
            if name not in learned:
                self.arrays[name] = np.zeros(parameter.size, np.float32)

    def views(self, block: Array) -> dict[str, Array]:
        """Return the part of a block laid out as `learned` that belongs to each parameter."""
        return {
            name: block[start : start + self.parameters[name].size]
            for name, start in self.offsets.items()
        }

    def of(self, node: str) -> dict[str, Array]:
        """Return the arrays of a layer by their own names, in the kernels' layout."""
        return {
            name.partition("/")[2]: array
            for name, array in self.arrays.items()
            if name.partition("/")[0] == node
        }

    def dump(self) -> dict[str, Array]:
        """Return copies of all arrays in the shapes of the model file."""
        return {
            name: np.array(
                parameter.unpack(self.arrays[name], parameter.shape), np.float32, order="C"
            )
            for name, parameter in self.parameters.items()
        }

    def load(self, arrays: Mapping[str, Array]) -> None:
        """Take all arrays from a model file; raise ModelFileError where one does not fit."""
        for name, parameter in self.parameters.items():
            if name not in arrays or arrays[name].shape != parameter.shape:
                raise ModelFileError(
                    f"{name}: {'missing' if name not in arrays else 'of another shape'}; "
                    "the weights belong to another network"
                )
        self.take(arrays)

    def take(self, arrays: Mapping[str, Array]) -> None:
        """Take some arrays, in the shapes of the model file."""
        for name, values in arrays.items():
            self.arrays[name][:] = self.parameters[name].pack(np.asarray(values, np.float32))

    def initialize(self, method: str | None = None, seed: int = 0) -> None:
        """Fill in the values a training starts from.

        he: normal, variance 2/fan_in (He et al. 2015, arXiv:1502.01852); glorot: uniform, variance
        2/(fan_in + fan_out) (Glorot & Bengio 2010); lecun: normal, variance 1/fan_in (LeCun et al.
        1998); normal: standard deviation 0.01; identity: uniform, variance 1/(3 fan_in), and the
        first filters of a convolution pass on a channel each (Jordan 2024, arXiv:2404.00498,
        section 3.3). Without a method each layer gets what the activation behind it prefers. Each
        array depends on the seed and its own name alone.
        """
        for node in self.graph.nodes:
            node_method = method or _choose_method(self.graph, node)
            for name, parameter in node.layer.parameters(*node.input_shapes).items():
                full = f"{node.name}/{name}"
                if parameter.initial == "random":
                    values = _draw(node_method, parameter, stream(seed, full))
                else:
                    values = np.full(parameter.shape, CONSTANTS[parameter.initial], np.float32)
                self.arrays[full][:] = parameter.pack(values)


def _draw(method: str, parameter: Parameter, numbers: np.random.Generator) -> Array:
    """Return random weights in the shape of the model file."""
    fan_in, fan_out, shape = parameter.fan_in, parameter.fan_out, parameter.shape
    if method in ("glorot", "identity"):
        bound = math.sqrt(6 / (fan_in + fan_out) if method == "glorot" else 1 / fan_in)
        values = (numbers.random(shape, np.float32) * 2 - 1) * np.float32(bound)
        if method == "identity" and len(shape) > 2:
            _pass_channels_on(values)
        return values
    deviation = {"he": math.sqrt(2 / fan_in), "lecun": math.sqrt(1 / fan_in)}.get(method, 0.01)
    return numbers.standard_normal(shape, np.float32) * np.float32(deviation)


def _pass_channels_on(filters: Array) -> None:
    """Let the first filters (K, C, ...) answer with one channel each, at their middle."""
    middle = tuple(size // 2 for size in filters.shape[2:])
    count = min(filters.shape[:2])
    filters[:count] = 0
    for channel in range(count):
        filters[(channel, channel, *middle)] = 1


def _choose_method(graph: Graph, node: Node) -> str:
    """Return the method for the first activation behind a layer; glorot where none follows."""
    seen = {graph.nodes.index(node)}
    for index in _walk_behind(graph, seen):
        layer = graph.nodes[index].layer
        if layer.prefers:
            return layer.prefers
        if not layer.macs(*graph.nodes[index].input_shapes):
            seen.add(index)
    return "glorot"


def _walk_behind(graph: Graph, seen: set[int]) -> Iterator[int]:
    """Yield, in order, the nodes that read any of the `seen` nodes, which may grow meanwhile."""
    for index, node in enumerate(graph.nodes):
        if seen.intersection(node.inputs):
            yield index
