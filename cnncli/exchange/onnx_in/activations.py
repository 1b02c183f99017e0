"""The same function of every value."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from cnncli.exchange.onnx_in.arithmetic import add_scale, find_by_channel, join
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
from cnncli.layers.junction import Add
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


@reads("Elu", "Selu")
def read_elu(network: Network, call: Call) -> Flow:
    """Add an elu; with a relu beside it where what is below 0 is larger by alpha.

    elu(x, alpha) = alpha elu(x) + (1 - alpha) relu(x); a selu is that times gamma.
    """
    usual = (1.67326319, 1.05070102) if call.operation.operator == "Selu" else (1.0, 1.0)
    alpha, gamma = (
        call.get(name, value) for name, value in zip(("alpha", "gamma"), usual, strict=True)
    )
    flow = network.settle(call.flow())
    curved = move(network, network.add_between(LAYERS["elu"](), flow), alpha * gamma, 0)
    if alpha == 1:
        return curved
    straight = move(network, network.add_between(Relu(), flow), (1 - alpha) * gamma, 0)
    return join(network, [straight, curved], Add())


@reads("Celu")
def read_celu(network: Network, call: Call) -> Flow:
    """Add an elu of x / alpha, times alpha."""
    alpha = call.get("alpha", 1.0)
    if alpha == 0:
        raise UnsupportedError("alpha=0 is not read")
    within = move(network, call.flow(), 1 / alpha, 0)
    return move(network, network.add_between(LAYERS["elu"](), within), alpha, 0)


@reads("Abs")
def read_abs(network: Network, call: Call) -> Flow:
    """Add relu(x) and relu(-x)."""
    flow = network.settle(call.flow())
    parts = [flow, move(network, flow, -1, 0)]
    return join(network, [network.add_between(Relu(), part) for part in parts], Add())


@reads("Gelu")
def read_gelu(network: Network, call: Call) -> Flow:
    """Add a gelu in its exact form."""
    if call.get("approximate", "none") != "none":
        raise UnsupportedError("it approximates the function by tanh; the exact form is read")
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
    low, high = (float(limit[0] if isinstance(limit, list) else limit) for limit in (low, high))
    return bound(network, call.flow(), low, high)


@reads("Max", "Min")
def read_extremum(network: Network, call: Call) -> Flow:
    """Bound a value by numbers, or by others: max(x, y) is x + relu(y - x)."""
    sign = 1 if call.operation.operator == "Max" else -1
    flows = [network.settle(value) for value in call.values if isinstance(value, Flow)]
    bounds = [value for value in call.values if isinstance(value, np.ndarray)]
    if any(value.size != 1 for value in bounds):
        raise UnsupportedError("its bound is not a single number")
    flow, *others = flows
    for other in others:  # min(x, y) is -max(-x, -y)
        excess = join(
            network, [move(network, other, sign, 0), move(network, flow, -sign, 0)], Add()
        )
        larger = move(network, network.add_between(Relu(), excess), sign, 0)
        flow = join(network, [flow, larger], Add())
    for value in bounds:
        low, high = (value.item(), math.inf) if sign == 1 else (-math.inf, value.item())
        flow = bound(network, flow, low, high)
    return flow


def bound(network: Network, flow: Flow, low: float, high: float) -> Flow:
    """Add what keeps a value between two numbers."""
    if low >= high:
        raise UnsupportedError(f"its bounds, {low:g} and {high:g}, leave a constant")
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


@reads("Softmax", "LogSoftmax")
def read_softmax(network: Network, call: Call) -> Flow:
    """Add a softmax along the channels, also for logarithms of it at the end of a network.

    Before opset 13 it was over all axes from `axis` on.
    """
    flow = network.settle(call.flow())
    if call.operation.operator == "LogSoftmax" and call.operation.outputs[0] not in network.ends:
        raise UnsupportedError("no layer takes logarithms, other than at the end of a network")
    rank = len(flow.shape) + 1
    axis = call.get("axis", -1 if network.opset >= 13 else 1) % rank
    if network.opset < 13 and math.prod(flow.shape[axis:]) != 1:
        raise UnsupportedError(f"before opset 13 it sums over all axes from {axis} on")
    kept = flow.shape == flow.moved and axis > 0 and flow.order[axis - 1] == len(flow.held) - 1
    if not kept and not (axis == rank - 1 and flow.ends_in_channels):
        flow = network.make_plain(flow)
        if axis != 1:
            raise UnsupportedError("it is along another axis than the channels")
    made = network.add(LAYERS["softmax"](), flow)
    return replace(flow, step=made.step)
