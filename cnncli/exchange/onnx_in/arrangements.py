"""Values stacked, taken apart, moved or left as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnncli.exchange.onnx_in.activations import move
from cnncli.exchange.onnx_in.blocks import find_block, put_side_by_side
from cnncli.exchange.onnx_in.cropping import add_crop
from cnncli.exchange.onnx_in.folding import read_axes, read_slice, resolve_shape
from cnncli.exchange.onnx_in.network import (
    Call,
    Flow,
    Network,
    Padding,
    UnsupportedError,
    reads,
)
from cnncli.layers.base import Shape, volume
from cnncli.layers.junction import Stack
from cnncli.layers.shuffle import Shuffle
from cnncli.layers.slice_of_channels import Take


@reads("Identity", "Cast")
def read_identity(network: Network, call: Call) -> Flow:
    """Leave a value as it is."""
    if call.operation.operator == "Cast" and call.get("to") not in (1, 10, 11, 16):
        raise UnsupportedError("it makes whole numbers")
    return call.flow()


@reads("Dropout")
def read_dropout(network: Network, call: Call) -> list[Flow]:
    """Leave a value as it is, as in every prediction."""
    ratio, training = call.constant(1), call.constant(2)
    if training is not None and training.any() and (ratio is None or ratio.any()):
        raise UnsupportedError("it drops values at random (training_mode=1)")
    return [call.flow()]


@reads("Concat")
def read_concat(network: Network, call: Call) -> Flow:
    """Add a stack of the channels."""
    flows = [network.settle(call.flow(place)) for place in range(len(call.values))]
    if len(flows) == 1:
        return flows[0]
    axis = call.get("axis", 1) % (len(flows[0].shape) + 1)
    first = flows[0]
    alike = all(
        flow.shape == flow.moved and flow.order == first.order and len(flow.held) == len(first.held)
        for flow in flows
    )
    if alike and axis > 0 and first.order[axis - 1] == len(first.held) - 1:
        made = network.add(Stack(), *flows)
        shape = tuple(made.held[place] for place in first.order)
        return replace(made, order=first.order, shape=shape)
    if axis != 1:
        raise UnsupportedError("it is along another axis than the channels")
    return network.add(Stack(), *map(network.make_plain, flows))


@reads("Slice")
def read_part(network: Network, call: Call) -> Flow:
    """Add a take of channels, and a crop to some rows and columns."""
    flow = network.settle(call.flow())
    if flow.shape != flow.moved:
        flow = network.make_plain(flow)
    bounds = tuple(call.constant(place) for place in range(1, len(call.values)))
    kept = [range(size) for size in (network.samples, *flow.shape)]
    for start, end, axis, step in zip(*read_slice(call.operation.attributes, bounds), strict=True):
        kept[axis] = kept[axis][slice(start, end, step)]
    samples, *parts = kept
    if len(samples) < network.samples:
        raise UnsupportedError("it leaves samples out")
    if any(part.step != 1 for part in kept):
        raise UnsupportedError("what it takes does not stand side by side (steps)")
    if not all(parts):
        raise UnsupportedError("it takes nothing")
    *lines, channels = (parts[flow.order.index(axis)] for axis in range(len(flow.held)))
    made = flow
    if len(channels) < flow.held[-1]:
        made = network.add(Take(len(channels), channels[0]), made)
    before = [line[0] for line in lines]
    after = [size - line[-1] - 1 for size, line in zip(flow.held, lines, strict=False)]
    made = add_crop(network, made, before, after)
    shape = tuple(made.held[axis] for axis in flow.order)
    return replace(made, order=flow.order, shape=shape)


@reads("Split")
def read_split(network: Network, call: Call) -> list[Flow]:
    """Add a take for each part."""
    flow, count = network.make_plain(call.flow()), len(call.operation.outputs)
    if call.get("axis", 0) % (len(flow.shape) + 1) != 1:
        raise UnsupportedError("it is along another axis than the channels")
    width = -(-flow.shape[0] // count)
    widths = call.read("split", 1) or [width] * (count - 1) + [flow.shape[0] - width * (count - 1)]
    if sum(widths) != flow.shape[0] or min(widths) < 1 or len(widths) != count:
        raise UnsupportedError("its parts are not all of its input")
    firsts = np.cumsum([0, *widths]).tolist()
    return [
        network.add(Take(width, first), flow) for width, first in zip(widths, firsts, strict=False)
    ]


@reads("Flatten")
def read_flatten(network: Network, call: Call) -> Flow:
    """See a value as a vector."""
    flow = network.settle(call.flow())
    if call.get("axis", 1) % (len(flow.shape) + 1) != 1:
        raise UnsupportedError("it flattens more or less than each sample")
    return _see_as(flow, (volume(flow.shape),))


@reads("Reshape")
def read_reshape(network: Network, call: Call) -> Flow:
    """See a value in another shape."""
    flow = network.settle(call.flow())
    wanted = call.read("shape", 1)
    before = (network.samples, *flow.shape)
    try:
        sizes = resolve_shape(before, wanted, call.get("allowzero", 0))
    except (ValueError, IndexError, TypeError) as error:
        raise UnsupportedError("its shape is not one of its input") from error
    if not sizes or sizes[0] != network.samples or len(sizes) < 2:
        raise UnsupportedError("it brings values of several samples together")
    return _see_as(flow, tuple(sizes[1:]))


@reads("Squeeze", "Unsqueeze")
def read_squeeze(network: Network, call: Call) -> Flow:
    """See a value with fewer axes, or more."""
    flow = network.settle(call.flow())
    axes = read_axes(call.operation.attributes, call.constant(1))
    whole = np.broadcast_to(np.float32(0), (network.samples, *flow.shape))
    try:
        if call.operation.operator == "Unsqueeze":
            shape = np.expand_dims(whole, tuple(axes or ())).shape
        else:
            shape = np.squeeze(whole, None if axes is None else tuple(axes)).shape
    except (ValueError, TypeError) as error:
        raise UnsupportedError("its axes do not fit its input") from error
    if len(shape) < 2 or shape[0] != network.samples or (axes and 0 in axes):
        raise UnsupportedError("it changes the axis of the samples")
    return _see_as(flow, shape[1:])


def _see_as(flow: Flow, shape: Shape) -> Flow:
    return replace(flow, shape=shape)


@reads("Transpose")
def read_transpose(network: Network, call: Call) -> Flow:
    """See a value with its axes in another order."""
    flow = network.settle(call.flow())
    usual = [*range(len(flow.shape), -1, -1)]
    order = call.get("perm", usual)
    if sorted(order) != sorted(usual) or order[0] != 0:
        raise UnsupportedError("it moves the axis of the samples")
    places = [place - 1 for place in order[1:]]
    shape = tuple(flow.shape[place] for place in places)
    if flow.shape == flow.moved:
        return replace(flow, order=tuple(flow.order[place] for place in places), shape=shape)
    moved = [place for place in places if flow.shape[place] > 1]
    if moved == sorted(moved):
        return replace(flow, shape=shape)
    groups = _find_groups(flow, places)
    if groups is not None:
        shuffled = network.add(Shuffle(groups), flow)
        return replace(shuffled, order=flow.order, shape=shape)
    block = find_block(flow, places)
    if block is not None:
        return replace(put_side_by_side(network, flow, block, "CRD"), shape=shape)
    plain = network.make_plain(flow)
    return replace(plain, order=tuple(plain.order[place] for place in places), shape=shape)


def _find_groups(flow: Flow, places: list[int]) -> int | None:
    """Return the groups of channels that a Transpose of these axes shuffles, None for no shuffle.

    The channels have become two axes, of groups and of the channels in each, that change places.
    """
    at = flow.order.index(len(flow.held) - 1)
    divided = flow.shape[at : at + 2]
    if volume(divided) != flow.held[-1] or volume(flow.shape[:at]) != volume(flow.moved[:at]):
        return None
    swapped = [*range(at), at + 1, at, *range(at + 2, len(flow.shape))]
    return divided[0] if places == swapped else None


@reads("Pad")
def read_pad(network: Network, call: Call) -> Flow:
    """Leave rows and columns to the layer that reads what is padded."""
    flow = network.make_plain(call.flow())
    pads = call.read("pads", 1) or []
    mode = call.get("mode", "constant")
    value = call.read("value", 2, 0.0)
    rank = len(flow.shape) + 1
    axes = call.constant(3)
    if axes is not None:
        whole = [0] * (2 * rank)
        for place, axis in enumerate(axes.reshape(-1).tolist()):
            whole[axis % rank] = pads[place]
            whole[rank + axis % rank] = pads[axes.size + place]
        pads = whole
    if len(pads) != 2 * rank:
        raise UnsupportedError("its pads are not read")
    if not any(pads):
        return flow
    if mode not in ("constant", "reflect", "edge"):
        raise UnsupportedError(f"mode={mode} is not read")
    before, after = pads[:rank], pads[rank:]
    if any((*before[:2], *after[:2])):
        raise UnsupportedError("it pads samples or channels")
    if min(pads) < 0:
        if mode != "constant":
            raise UnsupportedError(f"its pads are negative, with mode={mode}")
        flow = add_crop(
            network, flow, *([max(0, -pad) for pad in ends[2:]] for ends in (before, after))
        )
        before, after = ([max(0, pad) for pad in ends] for ends in (before, after))
    fill = "zero" if mode == "constant" else mode
    padding = Padding(tuple(before[2:]), tuple(after[2:]), fill)
    level = float(np.reshape(value, -1)[0]) if mode == "constant" and np.size(value) else 0.0
    if level == 0:
        return replace(flow, padding=padding)
    lowered = move(network, flow, 1, -level)  # so that zeros stand for the level
    return move(network, network.settle(lowered, padding), 1, level)
