"""The same function of every value."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from cnncli.exchange.onnx_in.network import Call, Flow, Network, UnsupportedError, reads
from cnncli.layers import LAYERS
from cnncli.layers.activation import LeakyRelu

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
    return network.add_between(LeakyRelu(float(f"{call.get('alpha', 0.01):.7g}")), call.flow())


@reads("PRelu")
def read_prelu(network: Network, call: Call) -> Flow:
    """Add a leaky_relu for a slope that all channels share."""
    slope = np.unique(call.need(1))
    if slope.size != 1:
        raise UnsupportedError("its slopes differ between channels")
    return network.add_between(LeakyRelu(float(f"{slope[0]:.7g}")), call.flow())


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
    """Add a hard_sigmoid, of slope 1/6."""
    alpha, beta = call.get("alpha", 0.2), call.get("beta", 0.5)
    if not math.isclose(alpha, 1 / 6, rel_tol=1e-4) or not math.isclose(beta, 0.5, rel_tol=1e-4):
        raise UnsupportedError(f"alpha={alpha:.4g}, beta={beta:.4g} is not read; 1/6 and 0.5 are")
    return network.add_between(LAYERS["hard_sigmoid"](), call.flow())


@reads("Clip")
def read_clip(network: Network, call: Call) -> Flow:
    """Add a relu or a relu6."""
    low, high = (
        call.read(name, place, usual)
        for name, place, usual in (("min", 1, -math.inf), ("max", 2, math.inf))
    )
    low, high = (bound[0] if isinstance(bound, list) else bound for bound in (low, high))
    if (low == 0 and high in (6.0, math.inf)) or (low == 0 and high > 1e30):
        return network.add_between(LAYERS["relu6" if high == 6 else "relu"](), call.flow())
    raise UnsupportedError(f"bounds {low:g} and {high:g} are not read; 0 and 6 are")


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
