"""What the class activation maps share: a layer's maps, put together and laid over the sample.

Legend: H W size of the sample, P Q of the maps, C how many there are. A signal is a single row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import DataError, UsageError, setting
from cnncli.graph import Graph, Node
from cnncli.graph.receptive_field import find_centers
from cnncli.inspection.attribution import Attribution, PixelMap, as_image
from cnncli.inspection.base import AttributionFindings, Subject
from cnncli.inspection.figures import Array
from cnncli.inspection.layer_choice import choose_layer, has_places
from cnncli.inspection.target import Target, choose_output
from cnncli.layers.base import image_shape
from cnncli.render.overlay import spread
from cnncli.tasks.base import NOT_FINITE
from cnncli.trained.answers import are_finite

if TYPE_CHECKING:
    from cnncli.trained.model import Trained

Floats = NDArray[np.float64]

PASSED = ("norm", "activation", "dropout", "add", "multiply", "stack")  # families behind a conv


class Cam(Attribution):
    """A method whose map is made of the maps of a layer, usually those of the last convolution."""

    takes: ClassVar = frozenset({"class", "layer", "score"})

    def find(self, trained: Trained, subject: Subject) -> AttributionFindings:
        """Return the map of an output; raise UsageError for a network or a layer without maps."""
        assert subject.sample is not None
        node = self.choose_layer(trained.graph, subject.layer)
        target = self.choose_target(trained, subject, node)
        x = subject.sample.input
        values = trained.run(x, [node.name])[node.name]
        if not are_finite(values):
            raise DataError(NOT_FINITE, place=subject.sample.name)
        maps = as_image(values).astype(np.float64)
        combined = self.combine(trained, x, target, node, maps)
        pixels = PixelMap(lay_over_input(trained.graph, node, combined[None])[0])
        return self.join([pixels], [target], node.name)

    def choose_layer(self, graph: Graph, name: str | None) -> Node:
        """Return the layer of a name, or the last with maps; raise UsageError."""
        if name is not None:
            among = [node for node in graph.nodes if has_places(node)]
            return choose_layer(name, among, "maps over the image")
        node = find_last_maps(graph)
        if node is None:
            raise UsageError(
                f"{setting('method')} {self.name} needs the maps of a convolution, and the network "
                "has none of more than a pixel; occlusion works with any network"
            )
        return node

    def choose_target(self, trained: Trained, subject: Subject, node: Node) -> Target:
        """Return what is explained."""
        return choose_output(trained, subject)

    def combine(
        self, trained: Trained, x: Array, target: Target, node: Node, maps: Floats
    ) -> Floats:
        """Return a map (P, Q), zero or more, from those of a layer (P, Q, C) for an input."""
        raise NotImplementedError


class GradientCam(Cam):
    """A map made of a layer's maps and of the gradients of the answer with respect to them."""

    def combine(
        self, trained: Trained, x: Array, target: Target, node: Node, maps: Floats
    ) -> Floats:
        """Return what `weigh` makes of maps and gradients."""
        gradients = trained.gradients(x, of=target.label, to=[node.name])[node.name]
        return self.weigh(maps, as_image(gradients).astype(np.float64))

    def weigh(self, maps: Floats, gradients: Floats) -> Floats:
        """Return a map (P, Q) from maps and their gradients (P, Q, C)."""
        raise NotImplementedError


def find_last_maps(graph: Graph) -> Node | None:
    """Return the layer with the last maps before the answer is made; None where there are none.

    It is the last of the activations and junctions behind the last convolution that other weights
    are behind, in the size of its maps. A convolution without weights behind it makes the answer
    itself; it is taken where there is no other.
    """
    weighted = [index for index, node in enumerate(graph.nodes) if node.params and _learns(node)]
    convolutions = [
        index for index in weighted if graph.nodes[index].layer.family in ("conv", "enlarge")
    ]
    candidates = [index for index in convolutions if has_places(graph.nodes[index])]
    inner = [index for index in candidates if index != weighted[-1]] or candidates
    if not inner:
        return None
    last, behind = inner[-1], {inner[-1]}
    for index in range(last + 1, len(graph.nodes)):
        node = graph.nodes[index]
        keeps_size = node.output_shape[:-1] == graph.nodes[last].output_shape[:-1]
        if keeps_size and node.layer.family in PASSED and not behind.isdisjoint(node.inputs):
            behind.add(index)
            last = index
    return graph.nodes[last]


def lay_over_input(graph: Graph, node: Node, maps: Floats) -> Array:
    """Return maps (n, P, Q) of a layer at each pixel of the network's input: (n, H, W).

    Each value lies at the center of its receptive field, and in between they are interpolated
    bilinearly. For a layer that keeps the borders, and whose positions are the middles of equal
    parts of the input, that is the usual enlargement.
    """
    index = graph.nodes.index(node)
    rows, columns = (find_centers(graph, index, axis) for axis in (0, 1))
    height, width, _ = image_shape(graph.input_shape)
    return spread(maps, rows, columns, (height, width)).astype(np.float32)


def _learns(node: Node) -> bool:
    """Say whether a layer has weights that are filters or units, not factors of a norm."""
    return any(len(p.shape) > 1 for p in node.layer.parameters(*node.input_shapes).values())
