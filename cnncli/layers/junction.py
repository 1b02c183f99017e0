"""Junctions: where branches on the same input come together again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from cnncli.errors import ArchitectureError
from cnncli.kernels import elementwise
from cnncli.layers.arrays import NOTHING, Array, begin_together, flat, step_of
from cnncli.layers.base import Example, Layer, Memory, Passes, Setup, Shape, Site, volume
from cnncli.layers.fusing import Fusing
from cnncli.value import Value

Sizes = tuple[int, int, int, int]  # pixels and channels of a whole map, and of what is spread over


class Branch(Value):
    """A branch as the kernels take it."""

    x: Array
    dx: Array | None
    spread: Sizes | None  # None: it is as large as the output


def _write_shape(shape: Shape) -> str:
    return "x".join(map(str, shape))


def find_largest(inputs: Sequence[Shape]) -> Shape:
    """Return the shape of the branch that has the most values; rather an image than a vector."""
    return max(inputs, key=lambda shape: (volume(shape), len(shape)))


def find_spread(whole: Shape, small: Shape) -> Sizes | None:
    """Return how a branch is spread over one of another shape; None where it does not fit.

    It has a number for each channel, (1, 1, C) or (C,) as a dense layer answers; or one for each
    pixel, (H, W, 1); or a single one.
    """
    *sides, channels = whole
    pixels, ones = math.prod(sides), (1,) * len(sides)
    fitting = {
        (1,): (1, 1),
        (*ones, 1): (1, 1),
        (*sides, 1): (pixels, 1),
        (channels,): (1, channels),
        (*ones, channels): (1, channels),
    }
    return (pixels, channels, *fitting[small]) if small in fitting else None


class Spreading(Layer):
    """What + and * share: branches alike, or smaller ones that are spread over the largest."""

    inputs = None

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        shape = (4, 3, 5)
        return (
            (cls.kind, shape, shape),
            (cls.kind, shape, shape, shape),
            (cls.kind, shape, (1, 1, 5)),
            (cls.kind, (4, 3, 70), (4, 3, 1), (70,), (4, 3, 70)),
            (cls.kind, (9, 2), (1, 2), (1, 1)),
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        largest = find_largest(inputs)
        for other in inputs:
            if other != largest and find_spread(largest, other) is None:
                first, second = map(_write_shape, sorted((largest, other), key=inputs.index))
                raise ArchitectureError(
                    f"its branches end as {first} and {second}, which differ; give them the "
                    "same strides, pads and filters (for instance conv(filters, 1, stride) in the "
                    "shorter one), or one of them a single pixel"
                )
        return largest

    def list_branches(self, site: Site) -> list[Branch]:
        """Return the branches of a site, those as large as the output first."""
        gradients = [None] * len(site.x) if site.gradients is None else site.gradients.dx
        whole = site.y.shape[1:]
        branches = [
            Branch(
                flat(x),
                None if dx is None else flat(dx),
                None if x.shape[1:] == whole else find_spread(whole, x.shape[1:]),
            )
            for x, dx in zip(site.x, gradients, strict=True)
        ]
        return sorted(branches, key=lambda branch: branch.spread is not None)


class Add(Spreading, kind="add"):
    """a + b: the sum of the branches, where one of a single pixel is added to all of them.

    He et al. 2015, arXiv:1512.03385. What is added to all pixels has a number for each channel;
    what is added to all channels, one for each pixel.
    """

    family = "add"
    backward_reads = frozenset()

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        alike = len(inputs) == 2 and inputs[0] == inputs[1]
        return Fusing(
            runs_as="residual" if alike else None, dx_over_dy=inputs[0] == find_largest(inputs)
        )

    def build(self, site: Site) -> Passes:
        first, *others = branches = self.list_branches(site)
        y, size, threads = flat(site.y), site.y[0].size, site.threads

        def forward(n: int) -> None:
            total = first.x
            for branch in others:
                if branch.spread is None:
                    elementwise.add(n * size, total, branch.x, y, threads)
                else:
                    elementwise.spread_add(n, *branch.spread, total, branch.x, y, threads)
                total = y

        if site.gradients is None:
            return Passes(forward)
        dy = flat(site.gradients.dy)

        def backward(n: int) -> None:
            for branch in reversed(branches):
                if branch.dx is None or begin_together(branch.dx, dy):
                    continue
                if branch.spread is None:
                    elementwise.copy(n * size, dy, branch.dx, threads)
                else:
                    elementwise.spread_sums(n, *branch.spread, dy, NOTHING, branch.dx, threads)

        return Passes(forward, backward)


class Multiply(Spreading, kind="multiply"):
    """a * b: the product of the branches, where one of a single pixel weighs the channels.

    A gate (van den Oord et al. 2016, arXiv:1609.03499); squeeze and excitation (Hu et al. 2017,
    arXiv:1709.01507). A branch of one channel weighs the pixels.
    """

    family = "multiply"
    backward_reads = frozenset({"x"})

    def memory(self, setup: Setup, *inputs: Shape) -> Memory:
        spread = len(inputs) > 2 and any(shape != find_largest(inputs) for shape in inputs)
        floats = setup.batch * volume(find_largest(inputs))
        return Memory(scratch=floats if spread and setup.backward else 0)

    def build(self, site: Site) -> Passes:
        branches = self.list_branches(site)
        y, size, threads = flat(site.y), site.y[0].size, site.threads

        def multiply(n: int, first: Array, factors: Sequence[Branch], product: Array) -> None:
            for factor in factors:
                if factor.spread is None:
                    elementwise.multiply(n * size, first, factor.x, product, threads)
                else:
                    elementwise.spread_multiply(
                        n, *factor.spread, first, factor.x, product, threads
                    )
                first = product

        def forward(n: int) -> None:
            multiply(n, branches[0].x, branches[1:], y)

        if site.gradients is None:
            return Passes(forward)
        dy, scratch = flat(site.gradients.dy), site.scratch

        def backward(n: int) -> None:
            for i, branch in enumerate(branches):
                factors = [*branches[:i], *branches[i + 1 :]]
                if branch.dx is None:
                    continue
                if branch.spread is None:
                    multiply(n, dy, factors, branch.dx)
                else:
                    multiply(n, dy, factors[1:], scratch)
                    gradient = scratch if factors[1:] else dy
                    elementwise.spread_sums(
                        n, *branch.spread, gradient, factors[0].x, branch.dx, threads
                    )

        return Passes(forward, backward)


class Stack(Layer, kind="stack"):
    """a | b: the channels of the branches side by side (Szegedy et al. 2014)."""

    inputs = None
    family = "stack"
    backward_reads = frozenset()

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("stack", (4, 3, 3), (4, 3, 5)),
            ("stack", (4, 3, 1), (4, 3, 16), (4, 3, 4)),
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        for other in inputs[1:]:
            if other[:-1] != inputs[0][:-1]:
                raise ArchitectureError(
                    f"its branches end as {_write_shape(inputs[0])} and {_write_shape(other)}; "
                    "only the last number, the channels, may differ: give them the same strides "
                    "and pads"
                )
        return (*inputs[0][:-1], sum(x[-1] for x in inputs))

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(stacks=True, reads_slices=True, writes_slices=True)

    def build(self, site: Site) -> Passes:
        width, threads = site.y.shape[-1], site.threads
        rows, y, step = site.y[0].size // width, flat(site.y), step_of(site.y)
        widths = [x.shape[-1] for x in site.x]
        offsets = list(accumulate(widths, initial=0))
        copies = [
            (flat(x), step_of(x), offset, channels)
            for x, channels, offset in zip(site.x, widths, offsets, strict=False)
            if not begin_together(x, site.y[..., offset:])
        ]

        def forward(n: int) -> None:
            for x, x_step, offset, channels in copies:
                elementwise.copy_channels(
                    n * rows, x_step, 0, step, offset, channels, x, y, threads
                )

        if site.gradients is None:
            return Passes(forward)
        dy = flat(site.gradients.dy)
        parts = [
            (flat(dx), channels, offset)
            for dx, channels, offset in zip(site.gradients.dx, widths, offsets, strict=False)
            if dx is not None
        ]

        def backward(n: int) -> None:
            for dx, channels, offset in parts:
                elementwise.copy_channels(
                    n * rows, width, offset, channels, 0, channels, dy, dx, threads
                )

        return Passes(forward, backward)
