"""Pools."""

from __future__ import annotations

from cnncli.exchange.c_source.source import CSource, Place, count_pixels, write_windows, writes
from cnncli.layers.base import image_shape
from cnncli.layers.geometry import Windows
from cnncli.layers.pool import AvgPool, Pool


@writes("maxpool", "l2pool")
def write_pool(source: CSource, place: Place) -> None:
    """Add a pool in whose windows the padding does not count."""
    address, _ = _add_windows(source, place)
    source.call(place.layer.kind, address, place.shape[-1], place.x, place.y)


@writes("avgpool")
def write_avgpool(source: CSource, place: Place) -> None:
    """Add a mean, for which the padding counts or not."""
    address, windows = _add_windows(source, place)
    assert isinstance(place.layer, AvgPool)
    counted = (int(place.layer.include_pad), *windows.after)
    source.call("avgpool", address, *counted, place.shape[-1], place.x, place.y)


@writes("global_avgpool")
def write_global_avgpool(source: CSource, place: Place) -> None:
    """Add the mean of whole feature maps."""
    source.call("global_avgpool", *image_shape(place.shape), place.x, place.y)


@writes("global_maxpool")
def write_global_maxpool(source: CSource, place: Place) -> None:
    """Add the largest values of whole feature maps."""
    pixels = count_pixels(place.shape)
    source.call("global_maxpool", pixels, place.shape[-1], place.x, place.y)


def _add_windows(source: CSource, place: Place) -> tuple[str, Windows]:
    """Add where the windows of a pool stand; return the address of that, and the same here."""
    assert isinstance(place.layer, Pool)
    windows = place.layer.windows(place.shape)
    return source.add_struct("windows", place.name, write_windows(windows)), windows
