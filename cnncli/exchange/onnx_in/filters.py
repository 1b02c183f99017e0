"""Convolutions and fully connected layers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from cnncli.exchange.onnx_in.network import (
    Call,
    Constant,
    Flow,
    Network,
    Padding,
    UnsupportedError,
    put_channels_first,
    reads,
)
from cnncli.exchange.onnx_in.windows import Axis, choose_enlarging, choose_padding, read_axes
from cnncli.layers.base import Layer, volume
from cnncli.layers.conv import Conv
from cnncli.layers.deconv import Deconv
from cnncli.layers.dense import Dense
from cnncli.layers.depthwise import Depthwise
from cnncli.settings import Size


@reads("Conv")
def read_conv(network: Network, call: Call) -> Flow:
    """Add a conv, or a depthwise where each channel has a filter of its own."""
    flow, weight, bias = call.flow(), call.need(1), call.constant(2)
    padding, flow = flow.padding, network.make_plain(replace(flow, padding=None))
    if weight.ndim != len(flow.shape) + 1 or weight.ndim < 3:
        raise UnsupportedError("it is of another number of axes than its input")
    axes = read_axes(call, flow.shape[1:], weight.shape[2:])
    fill = "zero"
    if padding is not None:
        if padding.fill != "zero" and any(axis.before or axis.after for axis in axes):
            raise UnsupportedError("its own padding is of another kind than that of the Pad")
        fill = padding.fill
        axes = [
            replace(axis, before=axis.before + before, after=axis.after + after)
            for axis, before, after in zip(axes, padding.before, padding.after, strict=True)
        ]
    groups, channels, filters = call.get("group", 1), flow.shape[0], weight.shape[0]
    if groups < 1 or weight.shape[1] * groups != channels or filters % groups:
        raise UnsupportedError("its weight does not fit its groups and its input")
    pad = choose_padding(axes)
    if pad is None:
        before, after = (tuple(getattr(axis, end) for axis in axes) for end in ("before", "after"))
        flow, pad, fill = network.settle(flow, Padding(before, after, fill)), (0,), "zero"
    size, stride, dilation = _list_sizes(axes, weight)
    settings = (stride, pad, fill, dilation)
    has_bias = bias is not None
    layer: Layer
    if groups == channels == filters and channels > 1:
        layer = Depthwise(size, *settings, has_bias)
    else:
        layer = Conv(filters, size, *settings, groups, has_bias)
    return network.add(layer, flow, weight=weight, bias=bias)


@reads("ConvTranspose")
def read_conv_transpose(network: Network, call: Call) -> Flow:
    """Add a deconv."""
    flow, weight, bias = network.make_plain(call.flow()), call.need(1), call.constant(2)
    if weight.ndim != len(flow.shape) + 1 or weight.ndim < 3:
        raise UnsupportedError("it is of another number of axes than its input")
    pad, more, axes = choose_enlarging(call, flow.shape[1:], weight.shape[2:])
    weight = _widen(weight, more)
    size, stride, dilation = _list_sizes(axes, weight)
    groups = call.get("group", 1)
    filters = weight.shape[1] * groups
    layer = Deconv(filters, size, stride, pad, dilation, groups, bias is not None)
    return network.add(layer, flow, weight=weight, bias=bias)


def _list_sizes(axes: list[Axis], weight: Constant) -> tuple[Size, Size, Size]:
    """Return size, stride and dilation of a layer."""
    steps, gaps = (axis.stride for axis in axes), (axis.dilation for axis in axes)
    return shorten(weight.shape[2:]), shorten(steps), shorten(gaps)


def shorten(sizes: Any) -> Size:
    """Return sizes as settings have them, once where they are alike on every axis."""
    listed = tuple(sizes)
    return listed[:1] if len(set(listed)) == 1 else listed


def _widen(weight: Constant, more: list[tuple[int, int]]) -> Constant:
    """Return filters with rows and columns of zeros before and behind, which see padding alone."""
    return np.pad(weight, [(0, 0), (0, 0), *more]) if any(map(any, more)) else weight


@reads("Gemm")
def read_gemm(network: Network, call: Call) -> Flow:
    """Add a dense."""
    flow, weight, bias = call.flow(), call.need(1), call.constant(2)
    if call.get("transA", 0):
        raise UnsupportedError("it turns its input, so that samples become columns (transA=1)")
    if weight.ndim != 2 or len(flow.shape) != 1:
        raise UnsupportedError("its inputs are no matrices")
    weight = weight if call.get("transB", 0) else weight.T
    weight = weight * np.float32(call.get("alpha", 1.0))
    shift = np.zeros(len(weight), np.float32) if bias is None else bias
    shift = shift * np.float32(call.get("beta", 1.0))
    return add_dense(network, flow, weight, shift)


@reads("MatMul")
def read_matmul(network: Network, call: Call) -> Flow:
    """Add a dense; along the last axis of others, which has to be the channels', a conv of 1."""
    flow, weight = network.settle(call.flow()), call.need(1)
    if weight.ndim != 2:
        raise UnsupportedError("it is no product with a matrix of weights")
    zeros = np.zeros(weight.shape[1], np.float32)
    if len(flow.shape) == 1:
        return add_dense(network, flow, weight.T, zeros)
    if not flow.ends_in_channels:
        raise UnsupportedError("it is along another axis than the channels")
    columns = weight.T.reshape(*weight.T.shape, *(1 for _ in flow.held[:-1]))
    made = network.add(Conv(weight.shape[1], (1,), bias=False), flow, weight=columns)
    shape = (*flow.shape[:-1], made.held[-1])
    return replace(flow, step=made.step, held=made.held, shape=shape)


def add_dense(network: Network, flow: Flow, weight: Constant, bias: Constant) -> Flow:
    """Add a dense, its columns in the order (C, H, W) that ours has.

    ONNX's columns are those of a value that may have been transposed before it was flattened.
    """
    if weight.shape[1] != volume(flow.held):
        raise UnsupportedError(
            f"its weight is for {weight.shape[1]} values, its input has {volume(flow.held)}"
        )
    if not flow.runs_by_channel:
        first = put_channels_first(flow.held)
        places = np.arange(volume(flow.held)).reshape([flow.held[axis] for axis in first])
        moved = places.transpose([first.index(axis) for axis in flow.order]).reshape(-1)
        columns = np.empty_like(weight)
        columns[:, moved] = weight
        weight = columns
    if bias.size not in (1, len(weight)):
        raise UnsupportedError("its bias differs between samples")
    shift = np.broadcast_to(bias.reshape(-1), len(weight))
    return network.add(Dense(len(weight)), flow, weight=weight, bias=shift)
