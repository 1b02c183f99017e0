"""Rows and columns that are taken away again."""

from __future__ import annotations

from collections.abc import Sequence

from cnncli.exchange.onnx_in.filters import shorten
from cnncli.exchange.onnx_in.network import Flow, Network
from cnncli.layers.crop import Crop


def add_crop(network: Network, flow: Flow, before: Sequence[int], after: Sequence[int]) -> Flow:
    """Take away so many places at the beginning and at the end of each axis but the channels."""
    if not any((*before, *after)):
        return flow
    return network.add(Crop(shorten(before), shorten(after)), flow)
