"""Branches that end in different sizes, made to end alike."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from cnncli.graph.mending.variants import keep_size, resize, with_settings
from cnncli.layers.base import Shape
from cnncli.layers.conv import Conv
from cnncli.layers.geometry import Windowed, slides
from cnncli.notation.expression import Expression, Identity, Joined, Leaf, Stack
from cnncli.notation.places import Place, find_places, get_part, replace_part
from cnncli.settings import settings_of

NEAR = 24  # variants of a layer that are tried
Edits = dict[Place, Expression]  # what is to stand where, in the joined branches


def vary_branches(joined: Joined, ends: tuple[Shape, ...]) -> Iterator[Expression]:
    """Yield the branches with changes that may make their ends (shapes) meet, the nearest first.

    First pads that keep sizes, then a shortcut with a stride, then other pads, strides and sizes.
    """
    sizes_differ = len({end[:-1] for end in ends}) > 1
    channels_differ = len({end[-1] for end in ends}) > 1 and not isinstance(joined, Stack)
    widening = [*_add_shortcuts(joined, ends, strided=False), *_widen(joined, ends)]
    wider = widening if channels_differ else [{}]
    if not sizes_differ:
        yield from (_edit(joined, edits) for edits in wider)
        return
    for kept in _keep_sizes(joined):
        yield from (_edit(joined, {**kept, **edits}) for edits in wider)
    for edits in _add_shortcuts(joined, ends, strided=True):
        yield _edit(joined, edits)
    for resized in _resize_layers(joined):
        yield from (_edit(joined, {**resized, **edits}) for edits in wider)


def _edit(joined: Joined, edits: Edits) -> Expression:
    expression: Expression = joined
    for place, part in edits.items():
        expression = replace_part(expression, place, part)
    return expression


def _keep_sizes(joined: Joined) -> Iterator[Edits]:
    """Yield pads that keep sizes: in a single layer, in all of a branch, in all branches."""
    branches: list[Edits] = [
        {
            place: Leaf(keep_size(layer))
            for place, layer in _find_sliding(joined, branch)
            if layer.pad != "causal" and keep_size(layer) != layer
        }
        for branch in range(len(joined.parts))
    ]
    everywhere = {place: part for edits in branches for place, part in edits.items()}
    for place, part in everywhere.items():
        yield {place: part}
    yield from filter(None, branches)
    yield everywhere


def _resize_layers(joined: Joined) -> Iterator[Edits]:
    """Yield other changes of single layers, from the ends of the branches."""
    for branch in range(len(joined.parts)):
        for place, layer in reversed(list(_find_sliding(joined, branch))):
            for variant in islice(resize(layer), NEAR):
                yield {place: Leaf(variant)}


def _find_sliding(joined: Joined, branch: int) -> Iterator[tuple[Place, Windowed]]:
    """Yield the layers with windows in a branch; those of a repetition once."""
    seen = set()
    for below in find_places(joined.parts[branch]):
        part = get_part(joined.parts[branch], below)
        if isinstance(part, Leaf) and slides(part.layer) and id(part) not in seen:
            seen.add(id(part))
            yield (branch, *below), part.layer


def _add_shortcuts(joined: Joined, ends: tuple[Shape, ...], *, strided: bool) -> Iterator[Edits]:
    """Yield a 1x1 convolution for the branch that does nothing, as He et al. 2015 have it."""
    for branch, (part, end) in enumerate(zip(joined.parts, ends, strict=True)):
        if not isinstance(part, Identity) or len(end) == 1:
            continue
        for goal in ends:
            if goal != end and len(goal) == len(end):
                filters = end[-1] if isinstance(joined, Stack) else goal[-1]
                stride = -(-end[0] // goal[0]) if strided else 1
                yield {(branch,): Leaf(Conv(filters, (1,), (stride,)))}


def _widen(joined: Joined, ends: tuple[Shape, ...]) -> Iterator[Edits]:
    """Yield filters for the last convolution of a branch that end it as wide as another."""
    for branch in reversed(range(len(joined.parts))):
        for below in reversed(list(find_places(joined.parts[branch]))):
            part = get_part(joined.parts[branch], below)
            if isinstance(part, Leaf) and "filters" in settings_of(type(part.layer)):
                for filters in sorted({end[-1] for end in ends} - {ends[branch][-1]}):
                    yield {(branch, *below): Leaf(with_settings(part.layer, {"filters": filters}))}
                break
