"""Layers that are like another but for a setting, the nearest first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cnncli.layers.base import Layer, Shape, volume
from cnncli.layers.conv import Conv
from cnncli.layers.deconv import Deconv
from cnncli.layers.dense import Flatten, Reshape
from cnncli.layers.depthwise import Depthwise
from cnncli.layers.pool import Pool
from cnncli.notation.expression import Expression, Identity, Leaf, Sequence

FARTHEST = 12  # by which a pad, a stride or a size is changed at most

Sliding = Conv | Depthwise | Pool


def vary(layer: Layer, x: Shape) -> Iterator[Expression]:
    """Yield what could stand where a layer does not fit an input of shape x."""
    if isinstance(layer, Reshape):
        yield from _change_shape(layer, x)
    elif len(x) == 1:
        kept = keep_size(layer) if isinstance(layer, Sliding) else layer
        yield Sequence((Leaf(Reshape((1, 1, volume(x)))), Leaf(kept)))
    if isinstance(layer, Pool) and volume(x[:-1]) == 1:
        yield Identity()
    yield from map(Leaf, _change_axes(layer, x))
    if isinstance(layer, Conv | Deconv):
        yield from map(Leaf, _change_groups(layer, x))
    if isinstance(layer, Sliding | Deconv):
        yield from map(Leaf, resize(layer))
    if isinstance(layer, Pool):
        yield Identity()


def resize(layer: Sliding | Deconv) -> Iterator[Layer]:
    """Yield a layer with other pads, strides and sizes.

    With a pool the size comes first, and its stride stays, so that its output keeps its size; with
    a convolution the size comes last, for it changes the weights.
    """
    order = ("pad", "stride", "size")
    if isinstance(layer, Pool):
        order = ("size", "pad", "stride")
        layer = replace(layer, stride=layer.stride or layer.size)
    for step in range(1, FARTHEST + 1):
        for name in order:
            for change in (step, -step):
                value = _shift(getattr(layer, name), change, 0 if name == "pad" else 1)
                if value is not None and not (name == "size" and _is_idle(layer, value)):
                    yield _omit_stride(_set(layer, name, value))
    usual: tuple[tuple[str, Any], ...] = (("pad", "same"), ("dilation", (1,)))
    for name, value in usual:
        if getattr(layer, name, value) != value:
            yield _omit_stride(_set(layer, name, value))


def keep_size(layer: Sliding) -> Layer:
    """Return a layer with the pad by which its output has as many rows and columns as its input.

    A stride divides them, as everywhere.
    """
    pairs = zip(_pair(layer.size), _pair(getattr(layer, "dilation", (1,))), strict=True)
    spans = [dilation * (size - 1) + 1 for size, dilation in pairs]
    if not all(span % 2 for span in spans):
        return replace(layer, pad="same")
    pads = tuple(span // 2 for span in spans)
    return replace(layer, pad=pads[:1] if len(set(pads)) == 1 else pads)


def _pair(size: Shape) -> Shape:
    return size * 2 if len(size) == 1 else size


def _shift(value: Any, change: int, least: int) -> Shape | None:
    """Return a setting moved on all axes, None where it is a word or would be too small."""
    if not isinstance(value, tuple) or min(value) + change < least:
        return None
    return tuple(number + change for number in value)


def _is_idle(layer: Layer, size: Shape) -> bool:
    """Say whether this would be a pool of single pixels."""
    return isinstance(layer, Pool) and max(size) == 1


def _set(layer: Layer, name: str, value: Any) -> Layer:
    changed: dict[str, Any] = {name: value}
    return replace(layer, **changed)


def _omit_stride(layer: Layer) -> Layer:
    """Return a pool without a stride that says what is understood."""
    if isinstance(layer, Pool) and layer.stride == layer.size:
        return replace(layer, stride=None)
    return layer


def _change_shape(layer: Reshape, x: Shape) -> Iterator[Expression]:
    if len(x) > 1:
        yield Sequence((Leaf(Flatten()), Leaf(layer)))
        return
    *image, _ = layer.shape
    if not volume(x) % math.prod(image):
        yield Leaf(Reshape((*image, volume(x) // math.prod(image))))
    yield Leaf(Reshape((1, 1, volume(x))))


def _change_axes(layer: Layer, x: Shape) -> Iterator[Layer]:
    """Yield a layer for images as one for a signal, or one for signals as one for images."""
    given = {field.name: getattr(layer, field.name) for field in layer.settings()}
    if len(x) == 2:
        changed: dict[str, Any] = {
            name: value[-1:]
            for name, value in given.items()
            if name != "shape" and isinstance(value, tuple) and len(value) == 2
        }
    else:
        changed = {name: "same" for name, value in given.items() if value == "causal"}
    if changed:
        yield replace(layer, **changed)


def _change_groups(layer: Conv | Deconv, x: Shape) -> Iterator[Layer]:
    """Yield a convolution with groups that divide, or with filters that the groups divide."""
    groups, filters, channels = layer.groups, layer.filters, x[-1]
    if not channels % groups:
        multiple = max(1, round(filters / groups)) * groups
        if multiple != filters:
            yield replace(layer, filters=multiple)
    common = math.gcd(filters, channels)
    divisors = [number for number in range(1, common + 1) if not common % number]
    for divisor in sorted(divisors, key=lambda number: (abs(number - groups), -number)):
        if divisor != groups:
            yield replace(layer, groups=divisor)
