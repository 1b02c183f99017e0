"""Pools over windows, and over whole images."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from cnncli.errors import ArchitectureError
from cnncli.exchange.onnx_in.arithmetic import add_scale
from cnncli.exchange.onnx_in.cropping import add_crop
from cnncli.exchange.onnx_in.filters import shorten
from cnncli.exchange.onnx_in.folding import read_axes as read_reduced
from cnncli.exchange.onnx_in.network import (
    Call,
    Flow,
    Network,
    Padding,
    UnsupportedError,
    reads,
)
from cnncli.exchange.onnx_in.windows import (
    Axis,
    count_windows,
    list_paddings,
    read_axes,
    shorten_pad,
)
from cnncli.layers.base import Layer
from cnncli.layers.conv import Conv
from cnncli.layers.dense import Dense
from cnncli.layers.geometry import Windows
from cnncli.layers.pool import AvgPool, GlobalAvgPool, GlobalMaxPool, L2Pool, MaxPool, Pool


@reads("MaxPool")
def read_maxpool(network: Network, call: Call) -> Flow:
    """Add a maxpool."""
    if len(call.operation.outputs) > 1 and call.operation.outputs[1]:
        raise UnsupportedError("its places of the largest values are not read")
    call.refuse_others(storage_order=0)
    return _add_pool(network, call, MaxPool)


@reads("AveragePool")
def read_average_pool(network: Network, call: Call) -> Flow:
    """Add an avgpool."""
    return _add_pool(network, call, AvgPool)


@reads("LpPool")
def read_lp_pool(network: Network, call: Call) -> Flow:
    """Add an l2pool."""
    if call.get("p", 2) != 2:
        raise UnsupportedError(f"p={call.get('p')} is not read; 2 is")
    return _add_pool(network, call, L2Pool)


def _add_pool(network: Network, call: Call, kind: type[Pool]) -> Flow:
    """Add a pool whose windows are those of the node, and whose means count the same places.

    Zeros that count in a mean may also be put around its input before it.
    """
    flow = network.make_plain(call.flow())
    sizes = call.get("kernel_shape")
    if not isinstance(sizes, list):
        raise UnsupportedError("kernel_shape is missing")
    if len(flow.shape) - 1 != len(sizes):
        raise UnsupportedError("it is of another number of axes than its input")
    axes = read_axes(call, flow.shape[1:], tuple(sizes))
    if any(axis.dilation > 1 and axis.size > 1 for axis in axes):
        raise UnsupportedError("its windows have gaps (dilations)")
    ceil = bool(call.get("ceil_mode", 0)) and call.get("auto_pad", "NOTSET") in ("NOTSET", "VALID")
    counts = count_windows(axes, ceil=ceil)
    included = bool(call.get("count_include_pad", 0)) or kind is L2Pool
    size, strides = shorten(axis.size for axis in axes), shorten(axis.stride for axis in axes)
    steps, paddings = None if strides == size else strides, list_paddings(axes, counts)
    pools = [kind(size, steps, pad, rounding) for pad, rounding in paddings]
    layers: list[Layer] = [pool for pool in pools if _lays_same(pool, flow, axes, counts, included)]
    make: Callable[..., Pool] = partial(kind, size, steps)
    if kind is AvgPool and not included:
        if all(map(_sees_all, axes, counts)):
            layers.append(GlobalAvgPool())
        make = partial(AvgPool, size, steps, include_pad=False)
        means = [make(pad, rounding) for pad, rounding in paddings]
        layers += [pool for pool in means if _lays_same(pool, flow, axes, counts, included)]
    if layers:
        return network.add(layers[0], flow)
    if not included:
        return _add_cropped(network, flow, axes, counts, make)
    if not ceil:
        before, after = (tuple(getattr(axis, end) for axis in axes) for end in ("before", "after"))
        padded = network.settle(flow, Padding(before, after, "zero"))
        return network.add(kind(size, steps), padded)
    raise UnsupportedError("its padding differs between two sides")


def _add_cropped(
    network: Network, flow: Flow, axes: list[Axis], counts: list[int], make: Callable[..., Pool]
) -> Flow:
    """Add a pool with as much padding behind as before, and take its last windows away again."""
    before = tuple(axis.before for axis in axes)
    for ceil in (False, True):
        made = [axis.count(axis.before, axis.before, ceil=ceil) for axis in axes]
        more = [m - count for m, count in zip(made, counts, strict=True)]
        if min(more) >= 0:
            pooled = network.add(make(shorten_pad(before), ceil), flow)
            return add_crop(network, pooled, [0] * len(axes), more)
    raise UnsupportedError("its padding differs between two sides")


def _sees_all(axis: Axis, count: int) -> bool:
    """Say whether there is a single window along an axis, with all of its input in it."""
    return count == 1 and axis.size - axis.before >= axis.length


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
        _count_places(windows, first + place, windows.after[first + place], layer.include_pad)
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


@reads("ReduceMean", "ReduceMax", "ReduceSum")
def read_reduction(network: Network, call: Call) -> Flow:
    """Add pools for a mean, sum or largest value over rows and columns, a conv for channels."""
    flow = network.settle(call.flow())
    axes = read_reduced(call.operation.attributes, call.constant(1))
    if not axes and call.get("noop_with_empty_axes", 0):
        return flow
    places = {axis % (len(flow.shape) + 1) - 1 for axis in axes or range(len(flow.shape) + 1)}
    if -1 in places:
        raise UnsupportedError("it brings several samples together")
    if flow.shape != flow.moved:
        raise UnsupportedError("it is over axes that have been put together")
    reduced = {flow.order[place] for place in places}
    made, channels = flow, len(flow.held) - 1
    operator = call.operation.operator
    if sides := reduced - {channels}:
        made = _pool_along(network, made, sides, largest=operator == "ReduceMax")
    if channels in reduced:
        if operator == "ReduceMax":
            raise UnsupportedError("no layer takes the largest of all channels")
        mean = np.full(flow.held[-1], 1 / flow.held[-1], np.float32)
        layer: Any = Conv(1, (1,), bias=False) if channels else Dense(1)
        made = network.add(layer, made, weight=mean, bias=np.zeros(1, np.float32))
    if operator == "ReduceSum":
        count = np.array(math.prod(flow.held[axis] for axis in reduced), np.float32)
        made = add_scale(network, made, scale=count)
    kept = tuple(made.held[axis] for axis in flow.order)
    if not call.get("keepdims", 1):
        kept = tuple(size for place, size in enumerate(kept) if place not in places)
    return replace(made, order=flow.order, shape=kept)


def _pool_along(network: Network, flow: Flow, axes: set[int], *, largest: bool) -> Flow:
    """Add a pool over whole rows, whole columns or both."""
    if len(axes) == len(flow.held) - 1:
        return network.add(GlobalMaxPool() if largest else GlobalAvgPool(), flow)
    sides = range(len(flow.held) - 1)
    size = tuple(flow.held[axis] if axis in axes else 1 for axis in sides)
    return network.add(MaxPool(size) if largest else AvgPool(size), flow)
