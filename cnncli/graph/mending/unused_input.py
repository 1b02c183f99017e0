"""Unused input: rows and columns that no window of a layer reaches."""

from __future__ import annotations

from cnncli.errors import ArchitectureError
from cnncli.graph.mending.variants import read_settings, resize
from cnncli.layers.base import Axes, Layer, Shape
from cnncli.layers.geometry import Windowed, Windows, is_pool, slides


def count_unused(layer: Layer, x: Shape) -> Axes:
    """Return the rows and columns that no window reaches: behind the last one or between windows.

    Zero along an axis on which a window is a single pixel: such a layer, as the 1x1 convolution
    with a stride in a ResNet's shortcut, skips pixels on purpose.
    """
    if not slides(layer):
        return (0, 0)
    windows = layer.windows(x)
    rows, columns = (
        0 if size == 1 else lost for size, lost in zip(windows.size, windows.lost, strict=True)
    )
    return rows, columns


def describe_fault(layer: Windowed, x: Shape) -> str:
    """Return why a layer leaves something unused, in words."""
    windows, unused = layer.windows(x), count_unused(layer, x)
    behind = all(unused[axis] in (0, count_behind(windows, axis)) for axis in (0, 1))
    return "its stride does not fit" if behind else "its windows leave gaps"


def count_behind(windows: Windows, axis: int) -> int:
    """Return the rows or columns behind the last window."""
    last = (windows.output[axis] - 1) * windows.stride[axis]
    return max(0, windows.input[axis] - (last + windows.span[axis] - windows.before[axis]))


def list_remedies(layer: Windowed, x: Shape) -> list[Layer]:
    """Return the nearest layers that leave nothing unused: by another pad, stride, and size.

    The size of a convolution comes last, for it changes the weights.
    """
    remedies: dict[str, Layer] = {}
    for variant in resize(layer):
        name = _find_difference(layer, variant)
        if name in ("pad", "stride", "size") and name not in remedies and _fits(variant, layer, x):
            remedies[name] = variant
    if not is_pool(layer) and "size" in remedies:
        remedies["size"] = remedies.pop("size")
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
