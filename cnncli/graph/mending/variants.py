"""Variants of a layer: the same kind with other settings, the nearest first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import singledispatch
from typing import Any

from cnncli.layers.base import Layer, Shape, volume
from cnncli.layers.dense import Flatten, Reshape
from cnncli.layers.geometry import Windowed, is_pool, slides
from cnncli.notation.expression import Expression, Identity, Leaf, Sequence
from cnncli.settings import settings_of

FARTHEST = 12  # by which a pad, a stride or a size is changed at most


def vary(layer: Layer, x: Shape) -> Iterator[Expression]:
    """Yield what could stand where a layer does not fit an input of shape x."""
    yield from _reshape_input(layer, x)
    if is_pool(layer) and volume(x[:-1]) == 1:
        yield Identity()
    yield from map(Leaf, _change_axes(layer, x))
    if settings_of(type(layer)).keys() >= {"filters", "groups"}:
        yield from map(Leaf, _change_groups(layer, x))
    if isinstance(layer, Windowed):
        yield from map(Leaf, resize(layer))
    if is_pool(layer):
        yield Identity()


def resize(layer: Windowed) -> Iterator[Layer]:
    """Yield a layer with other pads, strides and sizes.

    With a pool the size comes first, and its stride stays, so that its output keeps its size; with
    a convolution the size comes last, for it changes the weights.
    """
    order = ("size", "pad", "stride") if is_pool(layer) else ("pad", "stride", "size")
    settings = read_settings(layer)
    for step in range(1, FARTHEST + 1):
        for name in order:
            for change in (step, -step):
                value = _shift(settings[name], change, 0 if name == "pad" else 1)
                if value is not None and not (name == "size" and _is_idle(layer, value)):
                    yield with_settings(layer, {**settings, name: value})
    usual: dict[str, Any] = {"pad": "same", "dilation": (1,)}
    for name, value in usual.items():
        if settings.get(name, value) != value:
            yield with_settings(layer, {**settings, name: value})


def keep_size(layer: Windowed) -> Layer:
    """Return a layer with the pad by which its output has as many rows and columns as its input.

    A stride divides them, as everywhere.
    """
    pairs = zip(_pair(layer.size), _pair(getattr(layer, "dilation", (1,))), strict=True)
    spans = [dilation * (size - 1) + 1 for size, dilation in pairs]
    pad: dict[str, Any] = {"pad": "same"}
    if all(span % 2 for span in spans):
        pads = tuple(span // 2 for span in spans)
        pad = {"pad": pads[:1] if len(set(pads)) == 1 else pads}
    return replace(layer, **pad)


def read_settings(layer: Layer) -> dict[str, Any]:
    """Return the settings of a layer by name, the size for a stride that is as large as it."""
    settings = {name: getattr(layer, name) for name in settings_of(type(layer))}
    return settings | {"stride": layer.steps} if isinstance(layer, Windowed) else settings


def with_settings(layer: Layer, settings: Mapping[str, Any]) -> Layer:
    """Return a layer with other settings; the stride is left out where the size says the same."""
    changed = replace(layer, **settings)
    if not isinstance(changed, Windowed) or changed.stride != changed.size:
        return changed
    stride = settings_of(type(layer))["stride"].default
    return replace(changed, **{"stride": None}) if stride is None else changed


def _pair(size: Shape) -> Shape:
    return size * 2 if len(size) == 1 else size


def _shift(value: Any, change: int, least: int) -> Shape | None:
    """Return a setting moved on all axes, None where it is a word or would be too small."""
    if not isinstance(value, tuple) or min(value) + change < least:
        return None
    return tuple(number + change for number in value)


def _is_idle(layer: Layer, size: Shape) -> bool:
    """Say whether this would be a pool of single pixels."""
    return is_pool(layer) and max(size) == 1


@singledispatch
def _reshape_input(layer: Layer, x: Shape) -> Iterator[Expression]:
    """Yield a layer behind the image of a single pixel that a vector can be seen as."""
    if len(x) == 1:
        kept = keep_size(layer) if slides(layer) else layer
        yield Sequence((Leaf(Reshape((1, 1, volume(x)))), Leaf(kept)))


@_reshape_input.register
def _(layer: Reshape, x: Shape) -> Iterator[Expression]:
    """Yield a reshape of an image behind flatten, that of a vector to a shape it can have."""
    if len(x) > 1:
        yield Sequence((Leaf(Flatten()), Leaf(layer)))
        return
    *image, _ = layer.shape
    if not volume(x) % math.prod(image):
        yield Leaf(Reshape((*image, volume(x) // math.prod(image))))
    yield Leaf(Reshape((1, 1, volume(x))))


def _change_axes(layer: Layer, x: Shape) -> Iterator[Layer]:
    """Yield a layer with one size per axis for a signal, or a causal layer for an image."""
    settings = {name: getattr(layer, name) for name in settings_of(type(layer))}
    if len(x) == 2:
        changed: dict[str, Any] = {
            name: value[-1:]
            for name, value in settings.items()
            if name != "shape" and isinstance(value, tuple) and len(value) == 2
        }
    else:
        changed = {name: "same" for name, value in settings.items() if value == "causal"}
    if changed:
        yield replace(layer, **changed)


def _change_groups(layer: Layer, x: Shape) -> Iterator[Layer]:
    """Yield a convolution with groups that divide, or with filters that the groups divide."""
    settings = read_settings(layer)
    groups, filters, channels = settings["groups"], settings["filters"], x[-1]
    if not channels % groups:
        multiple = max(1, round(filters / groups)) * groups
        if multiple != filters:
            yield with_settings(layer, {"filters": multiple})
    common = math.gcd(filters, channels)
    divisors = [number for number in range(1, common + 1) if not common % number]
    for divisor in sorted(divisors, key=lambda number: (abs(number - groups), -number)):
        if divisor != groups:
            yield with_settings(layer, {"groups": divisor})
