"""Sums and products: of values of the network, or with constants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from cnncli.exchange.onnx_in.network import (
    Call,
    Constant,
    Flow,
    Network,
    Step,
    UnsupportedError,
    reads,
)
from cnncli.graph.nodes import INPUT
from cnncli.layers.conv import Conv
from cnncli.layers.deconv import Deconv
from cnncli.layers.dense import Dense
from cnncli.layers.depthwise import Depthwise
from cnncli.layers.junction import Add, Multiply
from cnncli.layers.norm import BatchNorm

SHIFTING = (Conv, Depthwise, Deconv, Dense, BatchNorm)  # layers whose bias can take a sum


@reads("Add", "Sum")
def read_add(network: Network, call: Call) -> Flow:
    """Add a junction, or a constant for each channel."""
    return _read(network, call, Add(), lambda flow, by: add_scale(network, flow, shift=by))


@reads("Mean")
def read_mean(network: Network, call: Call) -> Flow:
    """Add a junction, and divide by the number of what it joins."""
    share = np.array(1 / len(call.values), np.float32)
    total = _read(network, call, Add(), lambda flow, by: add_scale(network, flow, shift=by))
    return total if share == 1 else add_scale(network, total, scale=share)


@reads("Mul")
def read_mul(network: Network, call: Call) -> Flow:
    """Add a junction, or a factor for each channel."""
    return _read(network, call, Multiply(), lambda flow, by: add_scale(network, flow, scale=by))


@reads("Sub")
def read_sub(network: Network, call: Call) -> Flow:
    """Take a constant or a value of the network away from another."""
    left, right = call.values
    if isinstance(left, Flow) and isinstance(right, Flow):
        negative = add_scale(network, right, scale=np.array(-1.0, np.float32))
        return join(network, [left, negative], Add())
    if isinstance(right, np.ndarray):
        return add_scale(network, call.flow(), shift=-right)
    assert isinstance(left, np.ndarray)
    return add_scale(network, call.flow(1), scale=np.array(-1.0, np.float32), shift=left)


@reads("Div")
def read_div(network: Network, call: Call) -> Flow:
    """Divide by a constant for each channel."""
    if not isinstance(call.values[1], np.ndarray):
        raise UnsupportedError("no layer divides by a value of the network")
    return add_scale(network, call.flow(), scale=1 / call.need(1).astype(np.float64))


@reads("Neg")
def read_neg(network: Network, call: Call) -> Flow:
    """Multiply by -1."""
    return add_scale(network, call.flow(), scale=np.array(-1.0, np.float32))


def _read(
    network: Network, call: Call, junction: Any, combine: Callable[[Flow, Constant], Flow]
) -> Flow:
    """Join values of the network, then combine what comes of that with constants."""
    flows = [value for value in call.values if isinstance(value, Flow)]
    constants = [value for value in call.values if isinstance(value, np.ndarray)]
    flow = flows[0]
    if len(flows) > 1:
        flow = join(network, flows, junction)
    return reduce(combine, constants, flow)


def join(network: Network, flows: list[Flow], junction: Any) -> Flow:
    """Add a junction; smaller values are spread over larger ones where it can do that."""
    flows = [network.settle(flow) for flow in flows]
    whole = max(flows, key=lambda flow: len(flow.shape))
    views = {(flow.held, flow.order, flow.shape) for flow in flows}
    if len(views) == 1:
        return network.add_between(junction, *flows)
    if len({len(flow.shape) for flow in flows}) > 1 or len(whole.shape) == 1:
        raise UnsupportedError("its inputs differ in their number of axes")
    return network.add(junction, *(_trim(network, flow) for flow in flows))


def _trim(network: Network, flow: Flow) -> Flow:
    """Return a value as junctions take it: a vector with a number per channel as it is."""
    channels, *sides = flow.shape
    if len(flow.held) == 1 and flow.held == (channels,) and set(sides) == {1}:
        return flow
    return network.make_plain(flow)


def add_scale(
    network: Network, flow: Flow, *, scale: Constant | None = None, shift: Constant | None = None
) -> Flow:
    """Multiply and add constants for each channel: in the bias before, or by a bn."""
    flow = network.settle(flow)
    factor = None if scale is None else find_by_channel(flow, scale)
    summand = None if shift is None else find_by_channel(flow, shift)
    if factor is None and summand is not None and _can_shift(network, flow):
        return _shift(network, flow, summand)
    channels = flow.held[-1]
    ones, zeros = np.ones(channels, np.float32), np.zeros(channels, np.float32)
    return network.add_between(
        BatchNorm(),
        flow,
        weight=ones if factor is None else factor,
        bias=zeros if summand is None else summand,
        running_mean=zeros,
        running_var=ones - np.float32(BatchNorm().eps),
    )


def find_by_channel(flow: Flow, constant: Constant) -> Constant:
    """Return the numbers of a constant for each channel; raise UnsupportedError."""
    shape = (1, *flow.shape)
    try:
        if np.broadcast_shapes(constant.shape, shape) != shape:
            raise ValueError(constant.shape)
        whole = np.broadcast_to(constant, shape)
    except ValueError as error:
        raise UnsupportedError("its constant does not fit its input") from error
    moved = whole.reshape(flow.moved).transpose(np.argsort(flow.order))
    rows = moved.reshape(-1, flow.held[-1])
    if not (rows == rows[0]).all():
        raise UnsupportedError("its constant differs between places of a channel")
    return np.asarray(rows[0], np.float32)


def _can_shift(network: Network, flow: Flow) -> bool:
    """Say whether the layer before has a bias, and nothing else reads what it makes."""
    if flow.step == INPUT or not isinstance(network.steps[flow.step].layer, SHIFTING):
        return False
    return network.count_readers(flow) == 1


def _shift(network: Network, flow: Flow, by: Constant) -> Flow:
    """Return the value of a layer with a larger bias, which takes the place of that before."""
    before = network.steps[flow.step]
    layer = before.layer if "bias" in before.weights else replace(before.layer, bias=True)  # type: ignore[call-arg]
    bias = before.weights.get("bias", np.float32(0)) + by
    network.steps.append(Step(layer, before.inputs, {**before.weights, "bias": bias}))
    return replace(flow, step=len(network.steps) - 1)
