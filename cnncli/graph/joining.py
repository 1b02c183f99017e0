"""Branches that end in different sizes, made to meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from cnncli.graph.variants import Sliding, keeping, resized
from cnncli.layers.base import Shape
from cnncli.layers.conv import Conv
from cnncli.layers.deconv import Deconv
from cnncli.notation.expression import Expression, Identity, Joined, Leaf, Stack
from cnncli.notation.places import Place, part_at, places, with_part

NEAR = 24  # variants of one layer that are tried
Edits = dict[Place, Expression]  # what is to stand where, in the joined branches


def joinable(joined: Joined, ends: tuple[Shape, ...]) -> Iterator[Expression]:
    """Yield the branches with changes that may make their ends (shapes) meet, the nearest first.

    First pads that keep sizes, then a shortcut with a stride, then other pads, strides and sizes.
    """
    sizes = len({end[:-1] for end in ends}) > 1
    channels = len({end[-1] for end in ends}) > 1 and not isinstance(joined, Stack)
    widening = [*_shortcuts(joined, ends, strided=False), *_widening(joined, ends)]
    wider = widening if channels else [{}]
    if not sizes:
        yield from (_edited(joined, edits) for edits in wider)
        return
    for kept in _keeping(joined):
        yield from (_edited(joined, {**kept, **edits}) for edits in wider)
    for edits in _shortcuts(joined, ends, strided=True):
        yield _edited(joined, edits)
    for changed in _resizing(joined):
        yield from (_edited(joined, {**changed, **edits}) for edits in wider)


def _edited(joined: Joined, edits: Edits) -> Expression:
    expression: Expression = joined
    for place, part in edits.items():
        expression = with_part(expression, place, part)
    return expression


def _keeping(joined: Joined) -> Iterator[Edits]:
    """Yield pads that keep sizes: in one layer, in all of a branch, in all branches."""
    branches: list[Edits] = [
        {
            place: Leaf(keeping(layer))
            for place, layer in _sliding(joined, branch)
            if layer.pad != "causal" and keeping(layer) != layer
        }
        for branch in range(len(joined.parts))
    ]
    everywhere = {place: part for edits in branches for place, part in edits.items()}
    for place, part in everywhere.items():
        yield {place: part}
    yield from filter(None, branches)
    yield everywhere


def _resizing(joined: Joined) -> Iterator[Edits]:
    """Yield other changes of single layers, from the ends of the branches."""
    for branch in range(len(joined.parts)):
        for place, layer in reversed(list(_sliding(joined, branch))):
            for one in islice(resized(layer), NEAR):
                yield {place: Leaf(one)}


def _sliding(joined: Joined, branch: int) -> Iterator[tuple[Place, Sliding]]:
    """Yield the layers with windows in a branch; those of a repetition once."""
    seen = set()
    for below in places(joined.parts[branch]):
        part = part_at(joined.parts[branch], below)
        if isinstance(part, Leaf) and isinstance(part.layer, Sliding) and id(part) not in seen:
            seen.add(id(part))
            yield (branch, *below), part.layer


def _shortcuts(joined: Joined, ends: tuple[Shape, ...], *, strided: bool) -> Iterator[Edits]:
    """Yield a 1x1 convolution for the branch that does nothing, as He et al. 2015 have it."""
    for branch, (part, own) in enumerate(zip(joined.parts, ends, strict=True)):
        if not isinstance(part, Identity) or len(own) == 1:
            continue
        for end in ends:
            if end != own and len(end) == len(own):
                filters = own[-1] if isinstance(joined, Stack) else end[-1]
                stride = -(-own[0] // end[0]) if strided else 1
                yield {(branch,): Leaf(Conv(filters, (1,), (stride,)))}


def _widening(joined: Joined, ends: tuple[Shape, ...]) -> Iterator[Edits]:
    """Yield filters for the last convolution of a branch that end it as wide as another one."""
    for branch in reversed(range(len(joined.parts))):
        for below in reversed(list(places(joined.parts[branch]))):
            part = part_at(joined.parts[branch], below)
            if isinstance(part, Leaf) and isinstance(part.layer, Conv | Deconv):
                for filters in sorted({end[-1] for end in ends} - {ends[branch][-1]}):
                    yield {(branch, *below): Leaf(replace(part.layer, filters=filters))}
                break
