"""Activations, spelled out where an opset has no operator for them."""

from __future__ import annotations

import math

from cnncli.exchange.onnx_out.graph import OnnxGraph, Place, writes
from cnncli.layers.activation import Clip, LeakyRelu

GELU, HARD_SWISH = 20, 14  # the opsets that began to have them


@writes("relu")
def write_relu(graph: OnnxGraph, place: Place) -> str:
    """Add a Relu."""
    return graph.add("Relu", place.x)


@writes("leaky_relu")
def write_leaky_relu(graph: OnnxGraph, place: Place) -> str:
    """Add a LeakyRelu."""
    assert isinstance(place.layer, LeakyRelu)
    return graph.add("LeakyRelu", place.x, alpha=place.layer.slope)


@writes("relu6")
def write_relu6(graph: OnnxGraph, place: Place) -> str:
    """Add a Clip."""
    return graph.add("Clip", place.x, graph.add_number("low", 0), graph.add_number("high", 6))


@writes("clip")
def write_clip(graph: OnnxGraph, place: Place) -> str:
    """Add a Clip."""
    assert isinstance(place.layer, Clip)
    low, high = place.layer.low, place.layer.high
    return graph.add("Clip", place.x, graph.add_number("low", low), graph.add_number("high", high))


@writes("prelu")
def write_prelu(graph: OnnxGraph, place: Place) -> str:
    """Add a PRelu; its slopes are spread from the last axis on, so they are (C, 1, 1)."""
    slopes = place.weights["weight"].reshape(-1, *[1] * (len(place.shape) - 1))
    return graph.add("PRelu", place.x, graph.add_constant("slope", slopes))


@writes("elu")
def write_elu(graph: OnnxGraph, place: Place) -> str:
    """Add an Elu."""
    return graph.add("Elu", place.x, alpha=1.0)


@writes("gelu")
def write_gelu(graph: OnnxGraph, place: Place) -> str:
    """Add a Gelu, or x * (1 + erf(x / sqrt(2))) / 2."""
    if graph.opset >= GELU:
        return graph.add("Gelu", place.x)
    scaled = graph.add("Div", place.x, graph.add_number("root", math.sqrt(2)))
    doubled = graph.add("Add", graph.add("Erf", scaled), graph.add_number("one", 1))
    return graph.add("Mul", graph.add("Mul", place.x, doubled), graph.add_number("half", 0.5))


@writes("silu")
def write_silu(graph: OnnxGraph, place: Place) -> str:
    """Add x * sigmoid(x)."""
    return graph.add("Mul", place.x, graph.add("Sigmoid", place.x))


@writes("sigmoid")
def write_sigmoid(graph: OnnxGraph, place: Place) -> str:
    """Add a Sigmoid."""
    return graph.add("Sigmoid", place.x)


@writes("tanh")
def write_tanh(graph: OnnxGraph, place: Place) -> str:
    """Add a Tanh."""
    return graph.add("Tanh", place.x)


@writes("hard_sigmoid")
def write_hard_sigmoid(graph: OnnxGraph, place: Place) -> str:
    """Add a HardSigmoid of PyTorch's slope, 1/6; ONNX's default is another."""
    return graph.add("HardSigmoid", place.x, alpha=1 / 6, beta=0.5)


@writes("hard_swish")
def write_hard_swish(graph: OnnxGraph, place: Place) -> str:
    """Add a HardSwish, or x * hard_sigmoid(x)."""
    if graph.opset >= HARD_SWISH:
        return graph.add("HardSwish", place.x)
    return graph.add("Mul", place.x, write_hard_sigmoid(graph, place))


@writes("softmax")
def write_softmax(graph: OnnxGraph, place: Place) -> str:
    """Add a Softmax along the channels."""
    return graph.add("Softmax", place.x, axis=1)
