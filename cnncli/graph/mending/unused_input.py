"""Unused input: rows and columns behind the last window, where a stride does not fit."""

from __future__ import annotations

from cnncli.errors import ArchitectureError
from cnncli.graph.mending.variants import read_settings, resize
from cnncli.layers.base import Axes, Layer, Shape
from cnncli.layers.geometry import Windowed, Windows, slides


def count_unused(layer: Layer, x: Shape) -> Axes:
    """Return the rows and columns behind the last window.

    Zero where the stride is larger than the size: such windows leave gaps anyway.
    """
    if not slides(layer):
        return (0, 0)
    windows = layer.windows(x)
    rows, columns = (
        max(0, windows.input[axis] - _find_end(windows, axis))
        if windows.stride[axis] <= windows.size[axis]
        else 0
        for axis in (0, 1)
    )
    return rows, columns


def _find_end(windows: Windows, axis: int) -> int:
    """Return where the last window ends."""
    last = (windows.output[axis] - 1) * windows.stride[axis]
    return last + windows.span[axis] - windows.before[axis]


def list_remedies(layer: Windowed, x: Shape) -> list[Layer]:
    """Return the nearest layers that leave nothing unused: by another pad, stride, and size."""
    remedies: dict[str, Layer] = {}
    for variant in resize(layer):
        name = _find_difference(layer, variant)
        if name in ("pad", "stride", "size") and name not in remedies and _fits(variant, layer, x):
            remedies[name] = variant
    return list(remedies.values())


def _find_difference(layer: Layer, variant: Layer) -> str:
    """Return the first setting that differs."""
    before, after = read_settings(layer), read_settings(variant)
    return next(name for name in before if before[name] != after[name])


def _fits(variant: Layer, original: Layer, x: Shape) -> bool:
    """Say whether a layer leaves nothing unused, and loses less than before the change."""
    try:
        lost = variant.lost(x)
    except ArchitectureError:
        return False
    return count_unused(variant, x) == (0, 0) and sum(lost) < sum(original.lost(x))
