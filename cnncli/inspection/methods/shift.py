"""What becomes of a layer's maps when the sample is moved: equivariance and invariance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cnncli.engine.borders import reflect_indices
from cnncli.errors import UsageError
from cnncli.graph import Graph, Node
from cnncli.inspection.base import Method, ShiftFindings, Subject
from cnncli.inspection.figures import Array, measure_likeness, measure_movement
from cnncli.inspection.layer_choice import choose_layer, find_activation, list_filter_layers
from cnncli.inspection.target import choose_output
from cnncli.layers.base import image_shape
from cnncli.settings import COUNT, setting

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


class Shift(Method, name="shift"):
    """How far maps move along with the sample, and how much stays (Zhang 2019, arXiv:1904.11486).

    The sample is moved to the right by 0, 1, … `pixels`; its own pixels enter from the left in
    reverse order. A layer that moves along as far is equivariant, one that stays alike invariant.
    """

    pixels: int = setting(COUNT, 8)

    needs: ClassVar = frozenset({"image"})
    takes: ClassVar = frozenset({"layer", "class"})

    def find(self, trained: Trained, subject: Subject) -> ShiftFindings:
        """Return both for a layer, or all activations and pools, and the logits of an output."""
        assert subject.sample is not None
        graph, sample = trained.graph, subject.sample
        width = sample.input.shape[-2]
        if self.pixels >= width:
            noun = trained.preprocessing.noun
            raise UsageError(
                f"{self} moves all of the {noun}, which is {width} wide, out of sight; "
                f"give shift({width // 4 or 1})"
            )
        output = choose_output(trained, subject).label
        nodes = (
            _list_stages(graph)
            if subject.layer is None
            else [choose_layer(subject.layer, graph.nodes, "an output")]
        )
        names = [node.name for node in nodes]
        still = trained.run(sample.input, keep=names)
        jumps = np.array([*(node.jump[1] for node in nodes), np.nan], np.float32)
        values = np.full((len(nodes) + 1, 2, self.pixels + 1), np.nan, np.float32)
        logits = np.empty((self.pixels + 1, graph.classes), np.float32)
        for distance in range(self.pixels + 1):
            moved = trained.run(_move(sample.input, distance), keep=names)
            logits[distance] = moved["logits"].reshape(-1, graph.classes).mean(axis=0)
            for row, node in zip(values, nodes, strict=False):
                before, after = still[node.name], moved[node.name]
                row[0, distance] = _measure_pixels(node, before, after, distance)
                row[1, distance] = measure_likeness(before, after)
            values[-1, 1, distance] = measure_likeness(still["logits"], moved["logits"])
        return ShiftFindings(
            subject.layer or "network",
            (*names, "logits"),
            values,
            {"jump": jumps, "moved": values[:, 0, -1], "same": values[:, 1, -1]},
            output,
            logits[:, trained.find_output(output)],
            tuple(trained.task.outputs[number] for number in logits.argmax(axis=1)),
        )


def _list_stages(graph: Graph) -> list[Node]:
    """Return what filters answer after their activation, and pools, in the order of the network."""
    ends = {find_activation(graph, node).name for node in list_filter_layers(graph)}
    return [node for node in graph.nodes if node.name in ends or node.layer.family == "pool"]


def _move(x: Array, distance: int) -> Array:
    """Return an input (H, W, C) or (L, C) moved to the right."""
    width = x.shape[-2]
    return np.ascontiguousarray(x.take(reflect_indices(-distance, width, width), axis=-2))


def _measure_pixels(node: Node, before: Array, after: Array, distance: int) -> float:
    """Return how many pixels of the input maps have moved to the right, NaN for single columns."""
    jump = node.jump[1]
    before, after = (maps.reshape(image_shape(maps.shape)) for maps in (before, after))
    return jump * measure_movement(before, after, math.ceil(distance / jump) + 1)
