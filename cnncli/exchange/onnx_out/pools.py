"""Pools. ONNX's own rounding up (ceil_mode) is never used: runtimes disagree on it."""

from __future__ import annotations

from cnncli.exchange.onnx_out.graph import OnnxGraph, Place, spell_axes, writes
from cnncli.layers.pool import AvgPool, Pool


@writes("maxpool")
def write_maxpool(graph: OnnxGraph, place: Place) -> str:
    """Add a MaxPool; its padding is never the largest."""
    return _write_windows(graph, place, "MaxPool")


@writes("l2pool")
def write_l2pool(graph: OnnxGraph, place: Place) -> str:
    """Add an LpPool of squares, to which zeros add nothing."""
    return _write_windows(graph, place, "LpPool", p=2)


@writes("avgpool")
def write_avgpool(graph: OnnxGraph, place: Place) -> str:
    """Add an AveragePool that counts the zeros of the padding, or the image alone.

    What `ceil` adds beyond the padding does not count: there the padding is a Pad of its own.
    """
    assert isinstance(place.layer, AvgPool)
    windows = place.layer.windows(place.shape)
    if not place.layer.include_pad:
        return _write_windows(graph, place, "AveragePool", count_include_pad=0)
    if windows.needed_after == windows.after:
        return _write_windows(graph, place, "AveragePool", count_include_pad=1)
    before = spell_axes(place.shape, windows.before)
    after = spell_axes(place.shape, windows.after)
    pads = graph.add_constant("pads", [0, 0, *before, 0, 0, *after])
    beyond = [end - pad for end, pad in zip(windows.needed_after, windows.after, strict=True)]
    return graph.add(
        "AveragePool",
        graph.add("Pad", place.x, pads),
        kernel_shape=spell_axes(place.shape, windows.size),
        strides=spell_axes(place.shape, windows.stride),
        pads=spell_axes(place.shape, (0, 0), (beyond[0], beyond[1])),
        count_include_pad=0,
    )


@writes("global_avgpool")
def write_global_avgpool(graph: OnnxGraph, place: Place) -> str:
    """Add a GlobalAveragePool."""
    return graph.add("GlobalAveragePool", place.x)


@writes("global_maxpool")
def write_global_maxpool(graph: OnnxGraph, place: Place) -> str:
    """Add a GlobalMaxPool."""
    return graph.add("GlobalMaxPool", place.x)


def _write_windows(graph: OnnxGraph, place: Place, operator: str, **attributes: int) -> str:
    """Add a pool with all its padding explicit, what `ceil` adds included."""
    assert isinstance(place.layer, Pool)
    windows = place.layer.windows(place.shape)
    return graph.add(
        operator,
        place.x,
        kernel_shape=spell_axes(place.shape, windows.size),
        strides=spell_axes(place.shape, windows.stride),
        pads=spell_axes(place.shape, windows.before, windows.needed_after),
        **attributes,
    )
