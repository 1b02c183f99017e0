"""The weights of a layer as filters: what each of its outputs looks for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cnncli.errors import UsageError, setting
from cnncli.graph import INPUT, Graph, Node
from cnncli.inspection.base import (
    FilterFindings,
    Method,
    Subject,
    check_filters,
    number_labels,
)
from cnncli.inspection.figures import Array, Figures, are_dead, measure_values
from cnncli.inspection.layer_choice import choose_layer, find_activation, list_filter_layers
from cnncli.inspection.methods.activations import read_maps
from cnncli.inspection.selectivity import measure_selectivity
from cnncli.inspection.similarity import compare_filters, find_largest, sort_by_similarity
from cnncli.inspection.words import Words, describe_filters
from cnncli.layers.base import Shape, image_shape

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


class Filters(Method, name="filters"):
    """The weights of a layer as filters, and words for them: edges, lines, blobs, colors and more.

    Their figures are norm, mean, min and max; the largest `similarity`, as a cosine, to another
    one; their words, and in them the kind and the angle; with a sample also whether they are `dead`
    over it: of a dead filter nothing but zeros comes out, behind its activation; with a labeled set
    their class selectivity there, and the class they prefer.
    """

    takes: ClassVar = frozenset({"image", "layer", "filter", "sort", "data"})

    def find(self, trained: Trained, subject: Subject) -> FilterFindings:
        """Return the filters of a layer that has some."""
        graph = trained.graph
        node = choose_layer(subject.layer, list_filter_layers(graph), "filters")
        filters = shape_filters(graph, trained.model.weights, node)
        color = are_in_color(graph, node)
        last = find_activation(graph, node).name
        figures, dead = measure_values(filters), None
        if subject.sample is not None:
            figures["dead"] = dead = are_dead(read_maps(trained, subject.sample, [last])[last])
        chosen: Sequence[int] = subject.filters or range(len(filters))
        check_filters(chosen, len(filters), node.name)
        cosines = compare_filters(filters)
        figures["similarity"] = find_largest(cosines)
        if subject.data is not None:
            figures |= measure_selectivity(trained, last, subject.data)
        elif subject.sort == "selectivity":
            raise UsageError(
                f"{setting('sort')} selectivity needs labeled samples; give a set with "
                f"{setting('data')}"
            )
        figures |= _list_words(
            describe_filters(_shape_windows(filters, graph, node), color=color, dead=dead)
        )
        labels = number_labels(len(filters))
        findings = FilterFindings(node.name, labels, filters, figures, color)
        if subject.sort is not None:
            sizes = figures["selectivity" if subject.sort == "selectivity" else "norm"]
            chosen = sorted(chosen, key=lambda index: -sizes[index])
        if subject.sort == "similarity":
            chosen = sort_by_similarity(cosines, chosen)
        return findings.select(chosen)


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


def _shape_windows(filters: Array, graph: Graph, node: Node) -> Array:
    """Return filters with the inputs of a vector as channels: they lie in no order in space."""
    is_vector = len(node.input_shapes[0]) == 1 and _image_before(graph, node)[:-1] in ((), (1, 1))
    return filters.reshape(len(filters), -1, 1, 1) if is_vector else filters


def _list_words(words: Sequence[Words]) -> Figures:
    """Return kind, angle (degrees, NaN where there is none) and text of the words."""
    angles = [math.nan if each.angle is None else each.angle for each in words]
    return {
        "kind": np.array([each.kind for each in words]),
        "angle": np.array(angles, np.float32),
        "words": np.array(list(map(str, words))),
    }


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
