"""The weights of a layer as filters: what each of its outputs looks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from cnncli.graph import INPUT, Graph, Node
from cnncli.inspection.base import FilterFindings, Method, Subject, number_labels
from cnncli.inspection.figures import Array, are_dead, measure_values
from cnncli.inspection.layer_choice import choose_layer, find_activation, list_filter_layers
from cnncli.inspection.methods.activations import read_maps
from cnncli.layers.base import Shape, image_shape

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


class Filters(Method, name="filters"):
    """The filters of a layer, of the first that has some without a name.

    Their figures are norm, mean, min and max; with a sample also whether they are `dead` over it:
    of a dead filter nothing but zeros comes out, behind its activation.
    """

    takes: ClassVar = frozenset({"image", "layer", "filter"})

    def find(self, trained: Trained, subject: Subject) -> FilterFindings:
        """Return the filters of a layer that has some."""
        graph = trained.graph
        node = choose_layer(subject.layer, list_filter_layers(graph), "filters")
        filters = shape_filters(graph, trained.model.weights, node)
        figures = measure_values(filters)
        if subject.sample is not None:
            last = find_activation(graph, node).name
            figures["dead"] = are_dead(read_maps(trained, subject.sample, [last])[last])
        labels, color = number_labels(len(filters)), are_in_color(graph, node)
        findings = FilterFindings(node.name, labels, filters, figures, color)
        return findings.select(subject.filters)


def shape_filters(graph: Graph, weights: Mapping[str, Array], node: Node) -> Array:
    """Return a layer's weights as filters (filters, channels, rows, columns).

    `weights` are those of the model file. A dense layer's units are filters as large as the image
    it reads, also through flatten; on a vector they are a single row.
    """
    weight = weights[f"{node.name}/weight"]
    if node.layer.kind == "deconv":
        return _transpose(weight, node.layer.groups)  # type: ignore[attr-defined]
    if weight.ndim == 2:
        height, width, channels = image_shape(_image_before(graph, node))
        if height * width == 1:
            height, width, channels = 1, channels, 1
        return weight.reshape(len(weight), channels, height, width)
    return weight


def are_in_color(graph: Graph, node: Node) -> bool:
    """Say whether the filters' channels are the red, green and blue of the network's input."""
    return graph.input_shape[-1:] == (3,) and _find_source(graph, node) == INPUT


def _transpose(weight: Array, groups: int) -> Array:
    """Return (channels, filters/groups, ...) as (filters, channels/groups, ...)."""
    channels, filters, *size = weight.shape
    grouped = weight.reshape(groups, channels // groups, filters, *size)
    return grouped.swapaxes(1, 2).reshape(groups * filters, channels // groups, *size)


def _image_before(graph: Graph, node: Node) -> Shape:
    source = _find_source(graph, node)
    return graph.input_shape if source == INPUT else graph.nodes[source].output_shape


def _find_source(graph: Graph, node: Node) -> int:
    """Return what a layer reads, seen through layers that only flatten it or pass it on."""
    (source,) = node.inputs
    while source != INPUT:
        before = graph.nodes[source]
        if not (before.layer.family == "dropout" or before.layer.kind == "flatten"):
            break
        (source,) = before.inputs
    return source
