"""One neuron taken apart: what it reads, by what it multiplies it, and what becomes of the sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnncli.engine import Plan, Weights
from cnncli.graph import INPUT, Graph, Node, build_graph
from cnncli.graph.receptive_field import find_field
from cnncli.inspection.figures import Array
from cnncli.inspection.layer_choice import (
    choose_layer,
    list_activation,
    list_filter_layers,
    list_readers,
)
from cnncli.inspection.methods.filters import shape_filters
from cnncli.inspection.place import Area, Place, find_place
from cnncli.layers.arrays import Wide
from cnncli.layers.base import Setup, image_shape
from cnncli.notation.expression import Leaf
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.trained.model import Trained
    from cnncli.trained.sample import Sample


class Window(Value):
    """What a neuron reads and by what it multiplies it.

    Legend: C channels, R S rows and columns. Their numbers are those in the layer's input, before
    it was flattened for a dense layer; -1 is a row or column of the padding.
    """

    channels: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    patch: Array  # (C, R, S), zero where it is padding
    weights: Array  # (C, R, S)


class Reader(Value):
    """A layer that reads a neuron, and where in its output that counts."""

    layer: str
    area: Area


class Neuron(Value):
    """A neuron of a network, with what it makes of a sample."""

    layer: str
    text: str  # the layer as an architecture text
    place: Place
    axes: int  # of the layer's output, the channels apart: 2 for images, 1 for signals, 0
    field: Area  # what it sees of the network's input
    window: Window
    bias: float | None
    output: float  # as the network computes it, in single precision
    activation: dict[str, float]  # by name, what the bn and activation behind it make of that
    feeds: tuple[Reader, ...]
    answers: str | None  # the class whose logit it is

    @property
    def at(self) -> tuple[int, ...]:
        """Row and column, or what there is of them in a signal and in a vector."""
        return self.place.axes[2 - self.axes :]

    @property
    def name(self) -> str:
        """The neuron as it is asked for: conv1:3,14,14."""
        return f"{self.layer}:{','.join(map(str, (self.place.filter, *self.at)))}"

    @property
    def products(self) -> Wide:
        """Patch times weights (C, R, S): of single precision, and exact in double precision."""
        return self.window.patch.astype(np.float64) * self.window.weights

    @property
    def sum(self) -> float:
        """The sum of all products, in double precision.

        Of n products, sum + bias is `output` up to (n + 1) * 2^-24 * (|bias| + sum of |products|),
        the most that a sum in single precision is off in whatever order (Higham 2002, Accuracy and
        Stability of Numerical Algorithms, section 4.2). Winograd's algorithm rounds more often.
        """
        return float(self.products.sum())


def take_apart(trained: Trained, sample: Sample, layer: str, numbers: Sequence[int]) -> Neuron:
    """Return a neuron of a layer with filters, or of a pool; `numbers` are as for `find_place`.

    Raises UsageError where there is none.
    """
    graph, weights = trained.graph, trained.model.weights
    node = choose_layer(layer, list_weighted_sums(graph), "filters or windows")
    behind = list_activation(graph, node)
    values = _read_values(trained, sample, [node, *behind])
    place = find_place(node, numbers, values[node.name])
    bias = weights.get(f"{node.name}/bias")
    top, left, bottom, right = find_field(graph, graph.nodes.index(node), place.axes)
    last = behind[-1] if behind else node
    x = values[name_source(graph, node)]
    if node.layer.family == "pool":
        window = _read_pool(node, x, place)
    else:
        window = _read_filter(node, x, place, shape_filters(graph, weights, node))
    return Neuron(
        layer=node.name,
        text=str(node.layer),
        place=place,
        axes=len(node.output_shape) - 1,
        field=Area(range(top, bottom), range(left, right), len(graph.input_shape) - 1),
        window=window,
        bias=None if bias is None else float(bias[place.filter]),
        output=float(values[node.name][place.index]),
        activation={other.name: float(values[other.name][place.index]) for other in behind},
        feeds=tuple(_find_reader(reader, place) for reader in list_readers(graph, last)),
        answers=trained.task.outputs[place.filter] if last is graph.nodes[graph.output] else None,
    )


def list_weighted_sums(graph: Graph) -> list[Node]:
    """Return the layers whose neurons are weighted sums: those with filters, and pools."""
    filtering = list_filter_layers(graph)
    return [node for node in graph.nodes if node in filtering or node.layer.family == "pool"]


def name_source(graph: Graph, node: Node) -> str:
    """Return the name of what a layer with a single source reads, "input" for the network's."""
    (source,) = node.inputs
    return "input" if source == INPUT else graph.nodes[source].name


def _read_values(trained: Trained, sample: Sample, nodes: Sequence[Node]) -> dict[str, Array]:
    """Return the values (H, W, C) of nodes, and what the first of them reads, by name."""
    source = name_source(trained.graph, nodes[0])
    names = {source, *(node.name for node in nodes)} - {"input"}
    values = {"input": sample.input, **trained.run(sample.input, keep=names)}
    return {name: value.reshape(image_shape(value.shape)) for name, value in values.items()}


def _read_filter(node: Node, x: Array, place: Place, filters: Array) -> Window:
    """Return what a filter (C, R, S) of (K, C, R, S) reads of x (H, W, all channels)."""
    weights = filters[place.filter]
    if node.layer.reach(*node.input_shapes).everything:
        channels, rows, columns = (tuple(range(size)) for size in weights.shape)
        patch = x.transpose(2, 0, 1).reshape(weights.shape)  # as flatten has it
        return Window(channels, rows, columns, patch, weights)
    groups = x.shape[2] // len(weights)
    first = place.filter // (len(filters) // groups) * len(weights)
    channels = tuple(range(first, first + len(weights)))
    rows, columns = _find_sources(node, place)
    return Window(channels, rows, columns, _cut_out(x, channels, rows, columns), weights)


def _read_pool(node: Node, x: Array, place: Place) -> Window:
    """Return what a pool reads; its weights are its gradient, as the engine has it.

    As f(cx) = c f(x) for c > 0, f(x) is the sum of x times the gradient (Euler): a mean weighs all
    alike, a maximum the largest alone.
    """
    graph = build_graph(Leaf(node.layer), node.input_shapes[0])
    plan = Plan(graph, Weights(graph), Setup(1), gradients=["input"])
    plan.input[0] = x.reshape(node.input_shapes[0])
    plan.forward(1)
    plan.output_gradient[0] = 0
    plan.output_gradient.reshape(image_shape(node.output_shape))[place.index] = 1
    plan.backward(1)
    gradient = plan.gradient_of("input").reshape(x.shape)
    rows, columns = _find_sources(node, place)
    parts = ((place.filter,), rows, columns)
    return Window(*parts, _cut_out(x, *parts), _cut_out(gradient, *parts))


def _find_sources(node: Node, place: Place) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the rows and the columns that a place is made of."""
    rows, columns = (
        node.layer.find_sources(np.array([position]), axis, *node.input_shapes)[0]
        for axis, position in enumerate(place.axes)
    )
    return tuple(rows.tolist()), tuple(columns.tolist())


def _cut_out(
    x: Array, channels: Sequence[int], rows: Sequence[int], columns: Sequence[int]
) -> Array:
    """Return (C, R, S) of x (H, W, all channels), zero where row or column is -1."""
    patch = x[np.ix_(rows, columns, channels)].transpose(2, 0, 1)
    inside = np.logical_and.outer(np.array(rows) >= 0, np.array(columns) >= 0)
    return np.where(inside, patch, np.float32(0))


def _find_reader(reader: Node, place: Place) -> Reader:
    """Return where in the output of a layer a place of its input counts."""
    rows, columns = (
        _find_positions(reader, axis, position) for axis, position in enumerate(place.axes)
    )
    return Reader(reader.name, Area(rows, columns, len(reader.output_shape) - 1))


def _find_positions(node: Node, axis: int, source: int) -> range:
    """Return the first to the last row (axis 0) or column of the output that a source counts in."""
    positions = np.arange(image_shape(node.output_shape)[axis])
    reading = (node.layer.find_sources(positions, axis, *node.input_shapes) == source).any(axis=1)
    found = positions[reading].tolist()
    return range(found[0], found[-1] + 1) if found else range(0)
