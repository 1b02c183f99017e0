"""What the layers of a network answer to one image."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from cnncli.engine import Plan, Weights
from cnncli.graph import Graph
from cnncli.inspection.choice import chosen, passed_on, with_filters
from cnncli.inspection.figures import Findings, dead, value_figures, zeros
from cnncli.layers.base import Setup, image_shape

Array = NDArray[np.float32]


def map_findings(
    graph: Graph, weights: Mapping[str, Array], layer: str | None, image: Array
) -> Findings:
    """Return a layer's feature maps of an image (H, W, C), normalized as in training.

    Their figures are norm, mean, min, max, the share of `zeros`, and whether a map is `dead`: of
    which nothing but zeros reaches the layers behind, after the activation. Without a name it is
    what the first layer with filters passes on.
    """
    if layer is None and with_filters(graph):
        node = passed_on(graph, with_filters(graph)[0])
    else:
        node = chosen(layer, graph.nodes, "an output")
    last = passed_on(graph, node).name
    found = feature_maps(graph, weights, image, {node.name, last})
    maps = found[node.name]
    figures = {**value_figures(maps), "zeros": zeros(maps), "dead": dead(found[last])}
    return Findings(node.name, maps, figures)


def feature_maps(
    graph: Graph, weights: Mapping[str, Array], image: Array, names: Collection[str]
) -> dict[str, Array]:
    """Return the maps (channels, height, width) of the layers named, for one image (H, W, C).

    `weights` are those of the model file, and the image is normalized as in training. A signal's
    maps are one row, the units of a vector maps of one pixel.
    """
    loaded = Weights(graph)
    loaded.load(weights)
    plan = Plan(graph, loaded, Setup(1), keep=tuple(names))
    plan.input[0] = image
    plan.forward(1)
    return {
        name: plan.value(name).reshape(image_shape(plan.value(name).shape[1:])).transpose(2, 0, 1)
        for name in names
    }
