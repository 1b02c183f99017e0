"""The same function of every value."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from cnncli.exchange.onnx_in.arithmetic import add_scale, find_by_channel
from cnncli.exchange.onnx_in.network import (
    Call,
    Constant,
    Flow,
    Network,
    UnsupportedError,
    reads,
    shorten_number,
)
from cnncli.layers import LAYERS
from cnncli.layers.activation import Clip, HardSigmoid, LeakyRelu, Relu, Relu6
from cnncli.layers.prelu import Prelu

MOST = 1e30  # what is beyond is no bound

PLAIN = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "HardSwish": "hard_swish",
    "HardSigmoid6": "hard_sigmoid",  # as recognition.py calls that of slope 1/6
    "Swish": "silu",
}


@reads(*PLAIN)
def read_plain(network: Network, call: Call) -> Flow:
    """Add an activation without settings."""
    call.refuse_others(alpha=1.0)
    return network.add_between(LAYERS[PLAIN[call.operation.operator]](), call.flow())


@reads("LeakyRelu")
def read_leaky_relu(network: Network, call: Call) -> Flow:
    """Add a leaky_relu."""
    return network.add_between(LeakyRelu(shorten_number(call.get("alpha", 0.01))), call.flow())


@reads("PRelu")
def read_prelu(network: Network, call: Call) -> Flow:
    """Add a prelu, or a leaky_relu for a slope that all channels share."""
    flow, slopes = network.settle(call.flow()), call.need(1)
    if slopes.size == 1:
        return network.add_between(LeakyRelu(shorten_number(slopes.item())), flow)
    return network.add_between(Prelu(), flow, weight=find_by_channel(flow, slopes))


@reads("Elu")
def read_elu(network: Network, call: Call) -> Flow:
    """Add an elu of slope 1."""
    call.refuse_others(alpha=1.0)
    return network.add_between(LAYERS["elu"](), call.flow())


@reads("Gelu")
def read_gelu(network: Network, call: Call) -> Flow:
    """Add a gelu in its exact form."""
    call.refuse_others(approximate="none")
    return network.add_between(LAYERS["gelu"](), call.flow())


@reads("HardSigmoid")
def read_hard_sigmoid(network: Network, call: Call) -> Flow:
    """Add a hard_sigmoid, or a clip from 0 to 1 of what has another slope than 1/6."""
    alpha, beta = call.get("alpha", 0.2), call.get("beta", 0.5)
    flow = call.flow()
    if not math.isclose(alpha, 1 / 6, rel_tol=1e-6) or beta != 0.5:
        return network.add_between(Clip(), move(network, flow, alpha, beta))
    return network.add_between(HardSigmoid(), flow)


@reads("Clip")
def read_clip(network: Network, call: Call) -> Flow:
    """Add a clip, relu6 or relu, which is moved where there is one bound."""
    low, high = (
        call.read(name, place, usual)
        for name, place, usual in (("min", 1, -math.inf), ("max", 2, math.inf))
    )
    low, high = (float(bound[0] if isinstance(bound, list) else bound) for bound in (low, high))
    flow = call.flow()
    if low < -MOST and high > MOST:
        return flow
    if low < -MOST:  # min(x, high) = high - relu(high - x)
        return move(network, network.add_between(Relu(), move(network, flow, -1, high)), -1, high)
    if high > MOST:
        return move(network, network.add_between(Relu(), move(network, flow, 1, -low)), 1, low)
    layer = Relu6() if (low, high) == (0, 6) else Clip(shorten_number(low), shorten_number(high))
    return network.add_between(layer, flow)


def number(value: float) -> Constant:
    """Return a number as a constant."""
    return np.array([value], np.float32)


def move(network: Network, flow: Flow, scale: float, shift: float) -> Flow:
    """Return scale*x + shift, without a layer where that is x."""
    if (scale, shift) == (1, 0):
        return flow
    factor = None if scale == 1 else number(scale)
    return add_scale(network, flow, scale=factor, shift=number(shift))


@reads("Softmax")
def read_softmax(network: Network, call: Call) -> Flow:
    """Add a softmax along the channels. Before opset 13 it was over all axes from `axis` on."""
    flow = call.flow()
    rank = len(flow.shape) + 1
    axis = call.get("axis", -1 if network.opset >= 13 else 1) % rank
    if network.opset < 13 and math.prod(flow.shape[axis:]) != 1:
        raise UnsupportedError(f"before opset 13 it sums over all axes from {axis} on")
    channel = flow.shape == flow.moved and axis > 0 and flow.order[axis - 1] == len(flow.held) - 1
    if not channel:
        flow = network.make_plain(flow)
        if axis != 1:
            raise UnsupportedError("it is along another axis than the channels")
    made = network.add(LAYERS["softmax"](), flow)
    return replace(flow, step=made.step)
