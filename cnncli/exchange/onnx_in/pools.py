"""Pools over windows, and over whole images."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cnncli.errors import ArchitectureError
from cnncli.exchange.onnx_in.filters import shorten
from cnncli.exchange.onnx_in.folding import read_axes as read_reduced
from cnncli.exchange.onnx_in.network import (
    Call,
    Flow,
    Network,
    UnsupportedError,
    reads,
    refuse_padding,
)
from cnncli.exchange.onnx_in.windows import Axis, list_paddings, read_axes
from cnncli.graph.nodes import INPUT
from cnncli.layers.geometry import Windows
from cnncli.layers.pool import AvgPool, GlobalAvgPool, GlobalMaxPool, L2Pool, MaxPool, Pool

NEVER_NEGATIVE = ("relu", "relu6", "sigmoid", "hard_sigmoid", "softmax")


@reads("MaxPool")
def read_maxpool(network: Network, call: Call) -> Flow:
    """Add a maxpool; zeros that a Pad adds are as good as none where nothing is negative."""
    if len(call.operation.outputs) > 1 and call.operation.outputs[1]:
        raise UnsupportedError("its places of the largest values are not read")
    call.refuse_others(storage_order=0)
    flow = call.flow()
    if flow.padding is not None and not _is_never_negative(network, flow):
        raise UnsupportedError("zeros that a Pad adds before it may be the largest")
    return _add_pool(network, call, MaxPool, flow)


@reads("AveragePool")
def read_average_pool(network: Network, call: Call) -> Flow:
    """Add an avgpool."""
    flow = call.flow()
    return _add_pool(network, call, AvgPool, flow, counts_padding=bool(flow.padding))


@reads("LpPool")
def read_lp_pool(network: Network, call: Call) -> Flow:
    """Add an l2pool."""
    if call.get("p", 2) != 2:
        raise UnsupportedError(f"p={call.get('p')} is not read; 2 is")
    return _add_pool(network, call, L2Pool, call.flow())


def _is_never_negative(network: Network, flow: Flow) -> bool:
    return flow.step != INPUT and network.steps[flow.step].layer.kind in NEVER_NEGATIVE


def _add_pool(
    network: Network, call: Call, kind: type[Pool], flow: Flow, *, counts_padding: bool = False
) -> Flow:
    """Add a pool whose windows are those of the node, and whose means count the same places."""
    padding, flow = flow.padding, network.make_plain(replace(flow, padding=None))
    sizes = call.get("kernel_shape")
    if not isinstance(sizes, list):
        raise UnsupportedError("kernel_shape is missing")
    if len(flow.shape) - 1 != len(sizes):
        raise UnsupportedError("it is of another number of axes than its input")
    axes = read_axes(call, flow.shape[1:], tuple(sizes))
    if any(axis.dilation > 1 and axis.size > 1 for axis in axes):
        raise UnsupportedError("its windows have gaps (dilations)")
    inner = axes
    if padding is not None:
        if padding.fill != "zero":
            raise UnsupportedError("the Pad before it does not add zeros")
        if counts_padding and any(axis.before or axis.after for axis in axes):
            raise UnsupportedError("it adds padding to that of the Pad before it")
        axes = [
            replace(axis, before=axis.before + before, after=axis.after + after)
            for axis, before, after in zip(axes, padding.before, padding.after, strict=True)
        ]
    ceil = bool(call.get("ceil_mode", 0)) and call.get("auto_pad", "NOTSET") in ("NOTSET", "VALID")
    counts = [axis.count(axis.before, axis.after, ceil=ceil) for axis in axes]
    included = counts_padding or bool(call.get("count_include_pad", 0))
    size, strides = shorten(axis.size for axis in inner), shorten(axis.stride for axis in inner)
    for pad, rounding in list_paddings(axes, counts):
        layer = kind(size, None if strides == size else strides, pad, rounding)
        if _lays_same(layer, flow, axes, counts, included):
            return network.add(layer, flow)
    raise UnsupportedError("its padding differs between two sides, or does not count in its means")


def _lays_same(
    layer: Pool, flow: Flow, axes: list[Axis], counts: list[int], included: bool
) -> bool:
    """Say whether a pool's windows stand where they should, and average the same places."""
    try:
        windows = layer.windows(flow.held)
    except ArchitectureError:
        return False
    first = 2 - len(axes)  # a signal is a single row
    if windows.output[first:] != tuple(counts) or windows.before[first:] != tuple(
        axis.before for axis in axes
    ):
        return False
    if not isinstance(layer, AvgPool):
        return True
    return all(
        _count_places(windows, first + place, windows.after[first + place], True)
        == _count_places(windows, first + place, axis.after, included)
        for place, axis in enumerate(axes)
    )


def _count_places(windows: Windows, axis: int, after: int, included: bool) -> list[int]:
    """Return of how many places the mean of each window along an axis is taken."""
    before, length = windows.before[axis], windows.input[axis]
    low, high = (-before, length + after) if included else (0, length)
    starts = [n * windows.stride[axis] - before for n in range(windows.output[axis])]
    return [min(high, start + windows.size[axis]) - max(low, start) for start in starts]


@reads("GlobalAveragePool")
def read_global_average_pool(network: Network, call: Call) -> Flow:
    """Add a global_avgpool."""
    return network.add(GlobalAvgPool(), network.make_plain(call.flow()))


@reads("GlobalMaxPool")
def read_global_max_pool(network: Network, call: Call) -> Flow:
    """Add a global_maxpool."""
    return network.add(GlobalMaxPool(), network.make_plain(call.flow()))


@reads("ReduceMean", "ReduceMax")
def read_reduction(network: Network, call: Call) -> Flow:
    """Add a global pool for a mean or largest value over all rows and columns."""
    flow = refuse_padding(call.flow())
    axes = read_reduced(call.operation.attributes, call.constant(1))
    if axes is None or flow.shape != flow.moved or len(flow.held) == 1:
        raise UnsupportedError("it is not over the rows and columns of an image")
    places = {axis % (len(flow.shape) + 1) - 1 for axis in axes}
    if -1 in places or {flow.order[place] for place in places} != {*range(len(flow.held) - 1)}:
        raise UnsupportedError("it is not over the rows and columns of an image")
    average = call.operation.operator == "ReduceMean"
    pool: Any = GlobalAvgPool() if average else GlobalMaxPool()
    made = network.add(pool, flow)
    kept = tuple(made.held[axis] for axis in flow.order)
    if not call.get("keepdims", 1):
        kept = tuple(size for place, size in enumerate(kept) if place not in places)
    return replace(made, order=flow.order, shape=kept)
