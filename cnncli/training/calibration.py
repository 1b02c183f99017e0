"""Confidence to be believed: the logits of a trained network, divided by a temperature.

Label smoothing, which helps small sets, makes a network less sure of itself than it may be; a long
training without it makes it too sure. A temperature found on the validation part mends both (Guo et
al. 2017, arXiv:1706.04599, section 4.2). It is divided into the weights of the last layer, so that
whatever reads the model file has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnncli.graph import Graph
from cnncli.graph.nodes import INPUT
from cnncli.layers.base import Array
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.tasks import Task


class Calibrated(Value):
    """A network with the temperature in its weights, and what it has got then."""

    temperature: float  # by which the last layer's weights have been divided
    weights: dict[str, Array]  # by name, in the shapes of the model file
    judged: Any
    task: Task  # with what it learns from a validation


def calibrate(graph: Graph, weights: dict[str, Array], task: Task, judged: Any) -> Calibrated:
    """Find a temperature on what a network got, and divide it into its weights.

    It is 1 where no weights can take it.
    """
    temperature, calibrated = task.calibrate(judged)
    divided = divide_logits(graph, weights, temperature)
    if divided is None:
        return Calibrated(1.0, weights, judged, task.learn_from_validation(judged))
    return Calibrated(temperature, divided, calibrated, task.learn_from_validation(calibrated))


def divide_logits(
    graph: Graph, weights: dict[str, Array], temperature: float
) -> dict[str, Array] | None:
    """Return weights of which the network gives its logits over `temperature`.

    `weights` are by name, in the shapes of the model file. None: no layer with weights can do so,
    since others that do not scale stand between it and the end.
    """
    index = graph.output
    if graph.nodes[index].layer.kind == "softmax":  # behind the logits
        index = graph.nodes[index].inputs[0]
    while index != INPUT and graph.nodes[index].layer.scales:
        index = graph.nodes[index].inputs[0]
    last = "" if index == INPUT else graph.nodes[index].name
    names = [f"{last}/{name}" for name in ("weight", "bias")]
    if names[0] not in weights:
        return None
    divided = {name: weights[name] / np.float32(temperature) for name in names if name in weights}
    return {**weights, **divided}
