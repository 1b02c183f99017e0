"""Channels put side by side as blocks of pixels, and blocks of pixels made channels."""

from __future__ import annotations

import numpy as np

from cnncli.exchange.onnx_in.network import (
    Call,
    Constant,
    Flow,
    Network,
    UnsupportedError,
    reads,
)
from cnncli.layers.conv import Conv
from cnncli.layers.deconv import Deconv

MOST = 1 << 12  # channels of blocks; their filters are as many squared


@reads("DepthToSpace")
def read_depth_to_space(network: Network, call: Call) -> Flow:
    """Put the channels of each pixel side by side."""
    flow, block = network.make_plain(call.flow()), call.get("blocksize", 0)
    if block < 1 or len(flow.shape) != 3 or flow.shape[0] % block**2:
        raise UnsupportedError("its channels are no whole blocks of an image")
    return put_side_by_side(network, flow, block, call.get("mode", "DCR"))


def put_side_by_side(network: Network, flow: Flow, block: int, mode: str) -> Flow:
    """Add a deconv that makes a block of pixels of each, in the order of a DepthToSpace."""
    filters = flow.held[-1] // block**2
    layer = Deconv(filters, (block,), (block,), (0,), bias=False)
    return network.add(layer, flow, weight=_spread_blocks(filters, block, mode))


@reads("SpaceToDepth")
def read_space_to_depth(network: Network, call: Call) -> Flow:
    """Add a conv that brings the pixels of each block into channels."""
    flow, block = network.make_plain(call.flow()), call.get("blocksize", 0)
    if block < 1 or len(flow.shape) != 3 or any(side % block for side in flow.shape[1:]):
        raise UnsupportedError("its image is no whole number of blocks")
    channels = flow.shape[0]
    weight = _spread_blocks(channels, block, call.get("mode", "DCR"))
    layer = Conv(channels * block**2, (block,), (block,), bias=False)
    return network.add(layer, flow, weight=weight)


def _spread_blocks(channels: int, block: int, mode: str) -> Constant:
    """Return filters (C b b, C, b, b) with a 1 each, between channels and the pixels of blocks."""
    count = channels * block**2
    if count > MOST:
        raise UnsupportedError(f"its {count} channels are too many")
    ones = np.eye(count, dtype=np.float32)
    if mode == "CRD":
        return ones.reshape(count, channels, block, block)
    if mode == "DCR":  # the pixels of a block come first, then channels
        return ones.reshape(count, block, block, channels).transpose(0, 3, 1, 2)
    raise UnsupportedError(f"mode={mode} is not read")


def find_block(flow: Flow, places: list[int]) -> int | None:
    """Return the rows of the blocks in which a Transpose puts channels side by side, or None.

    PyTorch's PixelShuffle sees (C, H, W) as (C / b^2, b, b, H, W), and makes C / b^2, H, b, W, b of
    it.
    """
    if places != [0, 3, 1, 4, 2] or flow.order != (2, 0, 1):
        return None
    filters, block = flow.shape[:2]
    blocks = (filters, block, block, *flow.held[:2])
    return block if flow.shape == blocks and filters * block**2 == flow.held[2] else None
