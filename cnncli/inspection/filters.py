"""The weights of a layer as filters: what each of its outputs looks for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cnncli.graph import INPUT, Graph, Node
from cnncli.inspection.activations import feature_maps
from cnncli.inspection.choice import chosen, passed_on, with_filters
from cnncli.inspection.figures import Findings, dead, value_figures
from cnncli.layers.base import Shape, image_shape

Array = NDArray[np.float32]


def filter_findings(
    graph: Graph, weights: Mapping[str, Array], layer: str | None, image: Array | None
) -> Findings:
    """Return a layer's filters with norm, mean, min and max; the first layer's without a name.

    With an image (H, W, C), normalized as in training, also whether they are `dead` over it: of a
    dead filter nothing but zeros comes out, behind its activation.
    """
    node = chosen(layer, with_filters(graph), "filters")
    filters = filters_of(graph, weights, node)
    figures = value_figures(filters)
    if image is not None:
        last = passed_on(graph, node).name
        figures["dead"] = dead(feature_maps(graph, weights, image, [last])[last])
    return Findings(node.name, filters, figures, in_color(graph, node))


def filters_of(graph: Graph, weights: Mapping[str, Array], node: Node) -> Array:
    """Return a layer's weights as filters (filters, channels, rows, columns).

    `weights` are those of the model file. A dense layer's units are filters as large as the image
    it reads, also through flatten; on a vector they are a single row.
    """
    weight = weights[f"{node.name}/weight"]
    if node.layer.kind == "deconv":
        return _transposed(weight, node.layer.groups)  # type: ignore[attr-defined]
    if weight.ndim == 2:
        height, width, channels = image_shape(_image_before(graph, node))
        if height * width == 1:
            height, width, channels = 1, channels, 1
        return weight.reshape(len(weight), channels, height, width)
    return weight


def in_color(graph: Graph, node: Node) -> bool:
    """Say whether the filters' channels are the red, green and blue of the network's input."""
    return graph.input_shape[-1:] == (3,) and _source(graph, node) == INPUT


def _transposed(weight: Array, groups: int) -> Array:
    """Return (channels, filters/groups, ...) as (filters, channels/groups, ...)."""
    channels, each, *size = weight.shape
    grouped = weight.reshape(groups, channels // groups, each, *size)
    return grouped.swapaxes(1, 2).reshape(groups * each, channels // groups, *size)


def _image_before(graph: Graph, node: Node) -> Shape:
    source = _source(graph, node)
    return graph.input_shape if source == INPUT else graph.nodes[source].output_shape


def _source(graph: Graph, node: Node) -> int:
    """Return what a layer reads, seen through layers that only flatten it or pass it on."""
    (source,) = node.inputs
    while source != INPUT:
        before = graph.nodes[source]
        if not (before.layer.family == "dropout" or before.layer.kind == "flatten"):
            break
        (source,) = before.inputs
    return source
