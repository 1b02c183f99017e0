"""Answers for every pixel of images of any size, in tiles of which nothing shows in the answer.

Every pixel is computed with all the context its answer depends on, so it is the same in any tile.
Beyond the borders of the image its pixels are repeated in reverse order. Tiles begin at multiples
of the network's stride, so that pools and strided convolutions look at the same windows, and of
its layers' grain, so that even what is rounded is rounded alike. Where an answer depends on all
pixels of an image, the whole image is the only tile.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cnncli.engine.borders import reflect_indices
from cnncli.engine.buffers import count_memory_bytes
from cnncli.engine.copies import AS_IT_IS, Copy, average
from cnncli.engine.plan import Plan
from cnncli.engine.weights import Weights
from cnncli.errors import ArchitectureError, UsageError, setting
from cnncli.graph import Graph, build_graph
from cnncli.graph.context import Context, measure_context
from cnncli.layers.base import Array, Axes, Setup
from cnncli.notation import parse

LARGEST = 1024  # rows or columns of a tile, its context apart
MEMORY = 1 << 30  # bytes a plan should do with

FIRST = np.zeros(1, np.int64)
Place = tuple[slice, slice]  # rows and columns of an image

# Writes images[indices], normalized, into out: (M,H,W,C) uint8, (n,) int64, (n,H,W,C) float32.
Normalize = Callable[[NDArray[np.uint8], NDArray[np.int64], Array], None]


class Tiled:
    """A network that answers for every pixel, ready for images of any size.

    `tile`: rows and columns computed at a time, at most, rounded up to what the network's stride
    allows; None: as many as a plan of a gigabyte takes, up to 1024, or the whole image, where
    every answer depends on it. With `copies`, every answer is the mean over these copies of the
    image.
    """

    def __init__(
        self,
        graph: Graph,
        weights: Weights,
        setup: Setup,
        *,
        tile: Axes | None = None,
        copies: Sequence[Copy] = (),
    ) -> None:
        """Raise ArchitectureError for a network that cannot take images of another size.

        Raises UsageError for a tile where every answer depends on the whole image.
        """
        self.graph, self.weights, self.copies = graph, weights, copies
        self.setup = replace(setup, batch=1)
        context = measure_context(graph)
        self.context = _widen(context) if copies else context
        grains = () if context.everything else (node.layer.grain for node in graph.nodes)
        self.grain = math.lcm(*grains)
        if context.everything and tile:
            raise UsageError(f"{setting('tile')}: the network sees whole images; leave it out")
        self.limit = None if context.everything else self._find_largest_tile(tile)
        self._plans: dict[Axes, Plan] = {}

    def refresh(self) -> None:
        """Take note that the weights have changed."""
        for plan in self._plans.values():
            plan.refresh()

    def count_bytes(self, size: Axes) -> int:
        """Return the bytes that the plan for an image of this size takes."""
        return count_memory_bytes(self._lay_out(self._choose_tile(size)), self.setup)

    def __call__(self, pixels: NDArray[np.uint8], normalize: Normalize) -> Array:
        """Return the logits (H, W, classes) of an image, uint8 (H, W, C)."""
        answer = np.empty((*pixels.shape[:2], self.graph.classes), np.float32)
        for place, logits in self.answer_tiles(pixels, normalize):
            answer[place] = logits
        return answer

    def answer_tiles(
        self, pixels: NDArray[np.uint8], normalize: Normalize
    ) -> Iterator[tuple[Place, Array]]:
        """Yield the rows and columns of a tile with its logits, good until the next, by and by."""
        height, width = pixels.shape[:2]
        tile = self._choose_tile((height, width))
        plan, before = self._make_plan(tile), self._round_up(self.context.before)
        for top in range(0, height, tile[0]):
            for left in range(0, width, tile[1]):
                place = (
                    slice(top, min(top + tile[0], height)),
                    slice(left, min(left + tile[1], width)),
                )
                corner = (top - before[0], left - before[1])
                logits = self._answer_part(plan, pixels, corner, normalize)
                inner = logits[before[0] :, before[1] :]
                yield place, inner[: place[0].stop - top, : place[1].stop - left]

    def _answer_part(
        self, plan: Plan, pixels: NDArray[np.uint8], corner: Axes, normalize: Normalize
    ) -> Array:
        """Return the logits of as much of an image as the plan takes, from this corner on.

        Those within the context of its edges are not those of the image.
        """

        def answer(copy: Copy) -> Array:
            rows, columns = (
                reflect_indices(start - copy.shift, count, length)
                for start, count, length in zip(
                    corner, plan.input.shape[1:3], pixels.shape[:2], strict=True
                )
            )
            normalize(copy.mirror(pixels[np.ix_(rows, columns)])[None], FIRST, plan.input)
            plan.forward(1)
            return copy.bring_back(plan.output[0])

        return average(self.copies, answer) if self.copies else answer(AS_IT_IS)

    def _choose_tile(self, size: Axes) -> Axes:
        """Return the size of the tiles of an image: the whole image, if that is small enough."""
        rows, columns = self._round_up(size)
        if self.limit is None:
            return rows, columns
        return min(rows, self.limit[0]), min(columns, self.limit[1])

    def _make_plan(self, tile: Axes) -> Plan:
        if tile not in self._plans:
            plan = Plan(self._lay_out(tile), self.weights, self.setup)
            if plan.bytes + sum(kept.bytes for kept in self._plans.values()) > MEMORY:
                self._plans.clear()
            self._plans[tile] = plan
        return self._plans[tile]

    def _lay_out(self, tile: Axes) -> Graph:
        """Return the network on a tile and what lies around it."""
        before, after = self._round_up(self.context.before), self._round_up(self.context.after)
        height, width = (sum(parts) for parts in zip(before, tile, after, strict=True))
        shape = (height, width, self.graph.input_shape[2])
        graph = build_graph(parse(self.graph.text), shape)
        if graph.output_shape[:2] != (height, width):
            rows, columns = graph.output_shape[:2]
            raise ArchitectureError(
                f"the network makes {rows}x{columns} of images of {height}x{width}; "
                "give it a multiple of its stride, and pad=same or pad=1 for its convolutions"
            )
        return graph

    def _find_largest_tile(self, wanted: Axes | None) -> Axes:
        if wanted:
            return self._round_up(wanted)
        side = LARGEST
        while True:
            tile = self._round_up((side, side))
            smallest = tile == self._round_up((1, 1))
            if smallest or count_memory_bytes(self._lay_out(tile), self.setup) <= MEMORY:
                return tile
            side //= 2

    def _round_up(self, size: Axes) -> Axes:
        steps = (self.grain * stride for stride in self.context.stride)
        rows, columns = (
            -(-length // step) * step for length, step in zip(size, steps, strict=True)
        )
        return rows, columns


def _widen(context: Context) -> Context:
    """Return the context of an answer that is the mean over mirrored and shifted copies."""
    rows, columns = (1 + max(sides) for sides in zip(context.before, context.after, strict=True))
    return replace(context, before=(rows, columns), after=(rows, columns))
