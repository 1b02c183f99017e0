"""What our networks answer with, where a file answers with probabilities of yes: logits."""

from __future__ import annotations

import numpy as np

from cnncli.exchange.onnx_in.network import Flow, Network
from cnncli.graph.nodes import INPUT
from cnncli.layers.base import Layer
from cnncli.layers.conv import Conv
from cnncli.layers.dense import Dense


def take_logits(network: Network, flow: Flow) -> Flow:
    """Return what a sigmoid at the end of a network reads, in the shape in which we answer.

    A single one, of a sample or of each pixel, tells two classes apart: softmax([0, z]) is
    (1 - sigmoid(z), sigmoid(z)). Several of a sample are labels. Several of each pixel stay as they
    are, for the class of a pixel is that of the largest.
    """
    if not _is_sigmoid(network, flow):
        return flow
    channels, is_vector = flow.held[-1], set(flow.held[:-1]) <= {1}
    if channels > 1 and not is_vector:
        return flow
    network.chances = "of labels" if channels > 1 else "of a class"
    (source,) = network.steps[flow.step].inputs
    order = tuple(range(len(flow.held)))
    logits = Flow(source, flow.held, order, flow.held)
    if channels > 1:
        return logits
    layer: Layer = Dense(2) if is_vector else Conv(2, (1,), bias=False)
    return network.add(
        layer, logits, weight=np.array([0, 1], np.float32), bias=np.zeros(2, np.float32)
    )


def _is_sigmoid(network: Network, flow: Flow) -> bool:
    """Say whether a value is that of a sigmoid, with its rows and columns in order."""
    if (
        flow.step == INPUT
        or flow.padding is not None
        or network.steps[flow.step].layer.kind != "sigmoid"
    ):
        return False
    return flow.held[-1] > 1 or flow.runs_by_channel
