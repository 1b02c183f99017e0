"""Layers that normalize each sample by itself, and local response normalization."""

from __future__ import annotations

import numpy as np

from cnncli.exchange.onnx_out.graph import OnnxGraph, Place, writes
from cnncli.layers.group_norm import GroupNorm, InstanceNorm, LayerNorm
from cnncli.layers.lrn import Lrn


@writes("instance_norm")
def write_instance_norm(graph: OnnxGraph, place: Place) -> str:
    """Add an InstanceNormalization."""
    assert isinstance(place.layer, InstanceNorm)
    arrays = [graph.add_constant(name, place.weights[name]) for name in ("weight", "bias")]
    return graph.add("InstanceNormalization", place.x, *arrays, epsilon=place.layer.eps)


@writes("group_norm")
def write_group_norm(graph: OnnxGraph, place: Place) -> str:
    """Add an InstanceNormalization of groups, and a scale and shift of channels.

    ONNX has no group normalization before opset 18, and another one from 21 on.
    """
    assert isinstance(place.layer, GroupNorm)
    groups = place.layer.groups
    grouped = graph.add("Reshape", place.x, graph.add_constant("groups", [0, groups, -1]))
    ones, zeros = np.ones(groups, np.float32), np.zeros(groups, np.float32)
    normal = graph.add(
        "InstanceNormalization",
        grouped,
        graph.add_constant("ones", ones),
        graph.add_constant("zeros", zeros),
        epsilon=place.layer.eps,
    )
    restored = graph.add("Reshape", normal, graph.add("Shape", place.x))
    return _scale_and_shift(graph, place, restored)


@writes("layer_norm")
def write_layer_norm(graph: OnnxGraph, place: Place) -> str:
    """Add the arithmetic; ONNX's LayerNormalization is over the last axes, not the channels."""
    assert isinstance(place.layer, LayerNorm)
    centered = graph.add("Sub", place.x, graph.add_mean(place.x, [1]))
    variance = graph.add_mean(graph.add("Mul", centered, centered), [1])
    eps = graph.add_number("eps", place.layer.eps)
    deviation = graph.add("Sqrt", graph.add("Add", variance, eps))
    return _scale_and_shift(graph, place, graph.add("Div", centered, deviation))


@writes("lrn")
def write_lrn(graph: OnnxGraph, place: Place) -> str:
    """Add an LRN, which runtimes have for images alone: a signal becomes an image of one row."""
    assert isinstance(place.layer, Lrn)
    layer, signal, x = place.layer, len(place.shape) == 2, place.x
    if signal:
        x = graph.add("Reshape", x, graph.add_constant("image", [0, 0, 1, -1]))
    y = graph.add("LRN", x, size=layer.size, alpha=layer.alpha, beta=layer.beta, bias=layer.k)
    return graph.add("Reshape", y, graph.add_constant("signal", [0, 0, -1])) if signal else y


def _scale_and_shift(graph: OnnxGraph, place: Place, normal: str) -> str:
    """Multiply by the weight of each channel and add its bias."""
    sides = [1] * (len(place.shape) - 1)
    weight, bias = (
        graph.add_constant(name, place.weights[name].reshape(-1, *sides))
        for name in ("weight", "bias")
    )
    return graph.add("Add", graph.add("Mul", normal, weight), bias)
