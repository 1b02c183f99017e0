"""What the layers of a network answer to a sample: their feature maps."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, ClassVar

from cnncli.graph.receptive_field import find_centers, find_fields
from cnncli.inspection.base import MapFindings, Method, Subject, number_labels
from cnncli.inspection.figures import (
    Array,
    are_dead,
    find_peaks,
    measure_values,
    share_of_zeros,
)
from cnncli.inspection.layer_choice import choose_layer, find_activation, list_filter_layers
from cnncli.layers.base import image_shape

if TYPE_CHECKING:
    from cnncli.trained.model import Trained
    from cnncli.trained.sample import Sample


class Activations(Method, name="activations"):
    """The feature maps of a layer, of the first activation behind filters without a name.

    Their figures are norm, mean, min, max, the share of `zeros`, and whether a map is `dead`: of
    which nothing but zeros reaches the layers behind, after the activation. `at` is the row and
    column of its maximum, `field` what that sees of the sample: top, left, bottom, right.
    """

    needs: ClassVar = frozenset({"image"})
    takes: ClassVar = frozenset({"layer", "filter", "overlay"})

    def find(self, trained: Trained, subject: Subject) -> MapFindings:
        """Return the maps of a layer, any of the network's."""
        assert subject.sample is not None
        graph = trained.graph
        if subject.layer is None and (filter_layers := list_filter_layers(graph)):
            node = find_activation(graph, filter_layers[0])
        else:
            node = choose_layer(subject.layer, graph.nodes, "an output")
        last = find_activation(graph, node).name
        maps = read_maps(trained, subject.sample, {node.name, last})
        values = maps[node.name]
        index, peaks = graph.nodes.index(node), find_peaks(values)
        figures = {
            **measure_values(values),
            "zeros": share_of_zeros(values),
            "dead": are_dead(maps[last]),
            "at": peaks,
            "field": find_fields(graph, index, peaks),
        }
        findings = MapFindings(
            node.name,
            number_labels(len(values)),
            values,
            figures,
            node.output_shape,
            (find_centers(graph, index, 0), find_centers(graph, index, 1)),
            chosen=subject.filters is not None,
        )
        return findings.select(subject.filters)


def read_maps(trained: Trained, sample: Sample, layers: Collection[str]) -> dict[str, Array]:
    """Return the maps (channels, height, width) of layers by name.

    A signal's maps are single rows, the units of a vector maps of a single pixel.
    """
    values = trained.run(sample.input, keep=layers)
    return {
        name: values[name].reshape(image_shape(values[name].shape)).transpose(2, 0, 1)
        for name in layers
    }
