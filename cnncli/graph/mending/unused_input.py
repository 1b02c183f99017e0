"""Unused input: rows and columns behind the last window, where a stride does not fit."""

from __future__ import annotations

from dataclasses import replace

from cnncli.errors import ArchitectureError
from cnncli.graph.mending.variants import Sliding, resize
from cnncli.layers.base import Axes, Layer, Shape
from cnncli.layers.depthwise import Depthwise
from cnncli.layers.geometry import Windows
from cnncli.layers.pool import Pool


def windows_of(layer: Sliding, x: Shape) -> Windows:
    """Return where the windows of a layer stand."""
    return layer.as_conv(x).windows(x) if isinstance(layer, Depthwise) else layer.windows(x)


def count_unused(layer: Layer, x: Shape) -> Axes:
    """Return the rows and columns behind the last window; a stride above the size wants no fit."""
    if not isinstance(layer, Sliding):
        return (0, 0)
    found = windows_of(layer, x)
    rows, columns = (
        max(0, found.input[axis] - _end(found, axis))
        if found.stride[axis] <= found.size[axis]
        else 0
        for axis in (0, 1)
    )
    return rows, columns


def _end(found: Windows, axis: int) -> int:
    """Return where the last window ends."""
    last = (found.output[axis] - 1) * found.stride[axis]
    return last + found.span[axis] - found.before[axis]


def list_remedies(layer: Sliding, x: Shape) -> list[Layer]:
    """Return the nearest layers that leave nothing over: one each by pad, stride and size."""
    found: dict[str, Layer] = {}
    for one in resize(layer):
        name = changed(layer, one)
        if name in ("pad", "stride", "size") and name not in found and _fits(one, layer, x):
            found[name] = one
    return list(found.values())


def changed(layer: Sliding, other: Layer) -> str:
    """Return the setting that differs, a pool's stride being its size where it has none."""
    pair = [
        replace(one, stride=one.stride or one.size) if isinstance(one, Pool) else one
        for one in (layer, other)
    ]
    names = [one.name for one in layer.settings()]
    return next(name for name in names if getattr(pair[0], name) != getattr(pair[1], name))


def _fits(layer: Layer, original: Layer, x: Shape) -> bool:
    """Say whether a layer leaves nothing over, and loses less than it did before the change."""
    try:
        lost = layer.lost(x)
    except ArchitectureError:
        return False
    return count_unused(layer, x) == (0, 0) and sum(lost) < sum(original.lost(x))
