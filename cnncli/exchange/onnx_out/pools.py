"""Pools. ONNX's own rounding up (ceil_mode) is never used: runtimes disagree on it."""

from __future__ import annotations

from cnncli.exchange.onnx_out.graph import OnnxGraph, Place, spell_axes, writes
from cnncli.layers.base import Axes
from cnncli.layers.geometry import Windows
from cnncli.layers.pool import Pool


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
    """Add an AveragePool that counts the zeros of the padding.

    What `ceil` adds beyond the padding does not count: there the padding is a Pad of its own.
    """
    assert isinstance(place.layer, Pool)
    windows = place.layer.windows(place.shape)
    if _measure_end(windows) == windows.after:
        return _write_windows(graph, place, "AveragePool", count_include_pad=1)
    before = spell_axes(place.shape, windows.before)
    after = spell_axes(place.shape, windows.after)
    pads = graph.add_constant("pads", [0, 0, *before, 0, 0, *after])
    beyond = [end - pad for end, pad in zip(_measure_end(windows), windows.after, strict=True)]
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
        pads=spell_axes(place.shape, windows.before, _measure_end(windows)),
        **attributes,
    )


def _measure_end(windows: Windows) -> Axes:
    """Return the padding below and to the right with which all windows fit, and no more of them."""
    rows, columns = (
        max(after, (count - 1) * stride + span - before - length)
        for after, count, stride, span, before, length in zip(
            windows.after,
            windows.output,
            windows.stride,
            windows.span,
            windows.before,
            windows.input,
            strict=True,
        )
    )
    return rows, columns
