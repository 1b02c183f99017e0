"""Layers whose filters slide over an image, and those that see all of it."""

from __future__ import annotations

from cnncli.exchange.onnx_out.graph import OnnxGraph, Place, spell_axes, writes
from cnncli.layers.base import Array, Shape
from cnncli.layers.conv import Filtering
from cnncli.layers.deconv import Deconv


@writes("conv", "depthwise", "whiten")
def write_conv(graph: OnnxGraph, place: Place) -> str:
    """Add a Conv, behind a Pad of the same mode where the border is not filled with zeros."""
    layer, x, shape = place.layer, place.x, place.shape
    assert isinstance(layer, Filtering)
    windows = layer.windows(shape)
    pads = spell_axes(shape, windows.before, windows.after)
    if layer.fill != "zero" and any(pads):
        half = len(pads) // 2
        whole = [0, 0, *pads[:half], 0, 0, *pads[half:]]  # of N and C nothing
        x = graph.add("Pad", x, graph.add_constant("pads", whole), mode=layer.fill)
        pads = [0] * len(pads)
    return graph.add(
        "Conv",
        x,
        *_add_weights(graph, place),
        kernel_shape=spell_axes(shape, windows.size),
        strides=spell_axes(shape, windows.stride),
        dilations=spell_axes(shape, windows.dilation),
        group=shape[-1] // place.weights["weight"].shape[1],
        pads=pads,
    )


@writes("deconv")
def write_deconv(graph: OnnxGraph, place: Place) -> str:
    """Add a ConvTranspose; where it leaves rows at the end without a stamp, output_padding."""
    layer, shape = place.layer, place.shape
    assert isinstance(layer, Deconv)
    windows = layer.windows(shape)  # those of the convolution from its output to its input
    before, after, beyond = [], [], []
    for length, count, span, stride, pad in zip(
        windows.input, windows.output, windows.span, windows.stride, windows.before, strict=True
    ):
        behind = (count - 1) * stride + span - pad - length
        before.append(pad)
        after.append(max(0, behind))
        beyond.append(max(0, -behind))
    return graph.add(
        "ConvTranspose",
        place.x,
        *_add_weights(graph, place),
        kernel_shape=spell_axes(shape, windows.size),
        strides=spell_axes(shape, windows.stride),
        dilations=spell_axes(shape, windows.dilation),
        group=layer.groups,
        pads=spell_axes(shape, (before[0], before[1]), (after[0], after[1])),
        output_padding=spell_axes(shape, (beyond[0], beyond[1])),
    )


@writes("dense")
def write_dense(graph: OnnxGraph, place: Place) -> str:
    """Add a Gemm behind a Flatten, whose order (C, H, W) is that of the weights."""
    x = graph.add("Flatten", place.x, axis=1) if len(place.shape) > 1 else place.x
    return graph.add("Gemm", x, *_add_weights(graph, place), transB=1)


def _add_weights(graph: OnnxGraph, place: Place) -> list[str]:
    """Add weight and bias, if there is one; return their names."""
    arrays = dict(place.weights)
    arrays["weight"] = _drop_rows(arrays["weight"], place.shape)
    return [graph.add_constant(name, arrays[name]) for name in ("weight", "bias") if name in arrays]


def _drop_rows(weight: Array, shape: Shape) -> Array:
    """Return filters (K, C, R, S) as (K, C, S) where the input is a signal, of a single row."""
    return weight[:, :, 0] if weight.ndim == 4 and len(shape) == 2 else weight
