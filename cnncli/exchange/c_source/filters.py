"""Layers whose filters slide over an image, and those that see all of it."""

from __future__ import annotations

import numpy as np

from cnncli.exchange.c_source.source import NULL, CSource, Place, write_windows, writes
from cnncli.layers.base import Array, image_shape
from cnncli.layers.conv import Filtering
from cnncli.layers.deconv import Deconv
from cnncli.layers.dense import ONE_PIXEL
from cnncli.layers.geometry import Windows

PANEL = 16  # filters, as in templates/filters.c
FILLS = {"zero": "ZEROS", "reflect": "REFLECTION", "edge": "EDGE"}


@writes("conv", "whiten", "depthwise", complete=True)
def write_conv(source: CSource, place: Place) -> None:
    """Add a convolution, of channels by themselves where each has a filter of its own."""
    layer, weight = place.layer, place.weights["weight"]
    assert isinstance(layer, Filtering)
    filters, depth = weight.shape[:2]
    groups = place.shape[-1] // depth
    if filters == groups == place.shape[-1]:
        packed, function = weight.transpose(2, 3, 1, 0), "convolve_depthwise"
    else:
        packed, function = pack_panels(weight.transpose(0, 2, 3, 1), groups), "convolve"
    windows, fill = layer.windows(place.shape), FILLS[layer.fill]
    _write_filters(source, place, function, windows, packed, groups, f".fill = {fill}")


@writes("deconv", complete=True)
def write_deconv(source: CSource, place: Place) -> None:
    """Add a transposed convolution."""
    layer, weight = place.layer, place.weights["weight"]
    assert isinstance(layer, Deconv)
    adjoint = layer.windows(place.shape)  # from its output to its input
    windows = Windows(
        input=adjoint.output,
        size=adjoint.size,
        stride=adjoint.stride,
        dilation=adjoint.dilation,
        before=adjoint.before,
        output=adjoint.input,
    )
    channels, filters, *size = weight.shape
    grouped = weight.reshape(layer.groups, channels // layer.groups, filters, *size)
    swapped = grouped.transpose(0, 2, 3, 4, 1).reshape(layer.filters, *size, -1)
    packed = pack_panels(swapped, layer.groups)
    _write_filters(source, place, "convolve", windows, packed, layer.groups, ".transposed = 1")


@writes("dense", complete=True)
def write_dense(source: CSource, place: Place) -> None:
    """Add a fully connected layer, as the 1x1 convolution of a single pixel."""
    weight = place.weights["weight"]
    height, width, channels = image_shape(place.shape)
    images = weight.reshape(-1, channels, height, width)  # its inputs are in this order
    packed = pack_panels(images.transpose(0, 2, 3, 1).reshape(len(weight), 1, 1, -1), 1)
    _write_filters(source, place, "convolve", ONE_PIXEL, packed, 1, channels=weight.shape[1])


def pack_panels(weight: Array, groups: int) -> Array:
    """Return filters (K, R, S, C) as panels (groups, panels, R, S, C, PANEL).

    The last panel of a group is filled up with zeros.
    """
    filters, *shape = weight.shape
    each = filters // groups
    panels = -(-each // PANEL)
    packed = np.zeros((groups, panels * PANEL, *shape), np.float32)
    packed[:, :each] = weight.reshape(groups, each, *shape)
    return np.moveaxis(packed.reshape(groups, panels, PANEL, *shape), 2, -1)


def _write_filters(
    source: CSource,
    place: Place,
    function: str,
    windows: Windows,
    packed: Array,
    groups: int,
    *settings: str,
    channels: int | None = None,
) -> None:
    """Add the constants of a layer and the call that runs it."""
    name, bias = place.name, place.weights.get("bias")
    first, second = write_windows(windows)
    sizes = {
        "channels": channels or place.shape[-1],
        "filters": place.output_shape[-1],
        "groups": groups,
    }
    members = [*(f".{key} = {value}" for key, value in sizes.items()), *settings]
    lines = [f".windows = {{{first}", f"            {second}}}", ", ".join(members)]
    source.call(
        function,
        source.add_struct("filters", name, lines),
        source.add_array(f"{name}_weight", packed),
        NULL if bias is None else source.add_array(f"{name}_bias", bias),
        place.residual,
        place.activate,
        place.x,
        place.y,
    )
