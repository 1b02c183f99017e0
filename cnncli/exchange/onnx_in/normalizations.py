"""Normalizations over channels, groups of them, images and neighbors."""

from __future__ import annotations

import numpy as np

from cnncli.exchange.onnx_in.network import (
    Call,
    Constant,
    Flow,
    Network,
    UnsupportedError,
    reads,
    shorten_number,
)
from cnncli.layers.group_norm import GroupNorm, InstanceNorm, LayerNorm
from cnncli.layers.lrn import Lrn
from cnncli.layers.norm import BatchNorm

EPS = 1e-5


@reads("BatchNormalization")
def read_batch_normalization(network: Network, call: Call) -> Flow:
    """Add a bn."""
    call.refuse_others(training_mode=0, spatial=1)
    if network.opset < 7 and not call.get("is_test", 0):
        raise UnsupportedError("it is for training (is_test=0)")
    names = ("weight", "bias", "running_mean", "running_var")
    arrays = {name: call.need(place) for place, name in enumerate(names, 1)}
    return network.add(BatchNorm(eps=_read_eps(call)), network.make_plain(call.flow()), **arrays)


@reads("InstanceNormalization")
def read_instance_normalization(network: Network, call: Call) -> Flow:
    """Add an instance_norm; a group_norm where the channels were reshaped into groups."""
    flow, weight, bias = network.settle(call.flow()), call.need(1), call.need(2)
    if flow.is_plain:
        return network.add(InstanceNorm(_read_eps(call)), flow, weight=weight, bias=bias)
    groups, channels = flow.shape[0], flow.held[-1]
    if not flow.runs_by_channel or channels % groups or weight.size != groups:
        raise UnsupportedError("its channels are no groups of those before")
    each = channels // groups
    return network.add_between(
        GroupNorm(groups, _read_eps(call)),
        flow,
        weight=np.repeat(weight, each),
        bias=np.repeat(bias, each),
    )


@reads("GroupNormalization")
def read_group_normalization(network: Network, call: Call) -> Flow:
    """Add a group_norm; before opset 21 its weights are those of groups."""
    flow, groups = network.make_plain(call.flow()), call.get("num_groups", 0)
    if groups < 1 or flow.shape[0] % groups:
        raise UnsupportedError("its groups do not divide the channels")

    def spread(array: Constant) -> Constant:
        return np.repeat(array, flow.shape[0] // groups) if array.size == groups else array

    weight, bias = spread(call.need(1)), spread(call.need(2))
    return network.add(GroupNorm(groups, _read_eps(call)), flow, weight=weight, bias=bias)


@reads("LayerNormalization")
def read_layer_normalization(network: Network, call: Call) -> Flow:
    """Add a layer_norm along the channels, where they are the last axis."""
    flow = network.settle(call.flow())
    axis = call.get("axis", -1) % (len(flow.shape) + 1)
    if len(flow.shape) == 1:
        flow = network.make_plain(flow)
    if not flow.ends_in_channels or axis != len(flow.shape):
        raise UnsupportedError("it is along other axes than the channels")
    bias = call.constant(2)
    zeros = np.zeros(flow.held[-1], np.float32)
    return network.add_between(
        LayerNorm(_read_eps(call)), flow, weight=call.need(1), bias=zeros if bias is None else bias
    )


@reads("LRN")
def read_lrn(network: Network, call: Call) -> Flow:
    """Add an lrn."""
    size = call.get("size", 0)
    if size < 1 or size % 2 == 0:
        raise UnsupportedError(f"size={size} is not read; odd ones are")
    figures = (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0))
    settings = [shorten_number(call.get(name, usual)) for name, usual in figures]
    return network.add(Lrn(size, *settings), network.make_plain(call.flow()))


def _read_eps(call: Call) -> float:
    return shorten_number(call.get("epsilon", EPS))
