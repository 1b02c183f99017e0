"""Junctions: where branches on the same input come together again."""

from __future__ import annotations

from itertools import accumulate

from cnncli.errors import ArchitectureError
from cnncli.kernels import elementwise
from cnncli.layers.base import Layer, Pass, Setup, Shape, Site, flat, is_same, step_of


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape))


class Alike(Layer):
    """What + and * share: branches of one shape."""

    inputs = None

    def output_shape(self, *inputs: Shape) -> Shape:
        for other in inputs[1:]:
            if other != inputs[0]:
                raise ArchitectureError(
                    f"its branches end as {_text(inputs[0])} and {_text(other)}, which differ; "
                    "give them the same strides, pads and filters (for instance conv(filters, 1, "
                    "stride) in the shorter one)"
                )
        return inputs[0]


class Add(Alike, kind="add"):
    """a + b: the sum of the branches (He et al. 2015, arXiv:1512.03385)."""

    backward_reads = frozenset()
    sums = True
    dx_over_dy = True

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        first, second, *others = (x.reshape(-1) for x in site.x)
        y, each, threads = site.y.reshape(-1), site.y[0].size, site.threads

        def forward(n: int) -> None:
            elementwise.add(n * each, first, second, y, threads)
            for other in others:
                elementwise.add(n * each, y, other, y, threads)

        if site.dy is None:
            return forward, None
        dy = site.dy.reshape(-1)
        wanted = [dx.reshape(-1) for dx in site.dx if dx is not None and not is_same(dx, site.dy)]

        def backward(n: int) -> None:
            for dx in wanted:
                elementwise.copy(n * each, dy, dx, threads)

        return forward, backward


class Multiply(Alike, kind="multiply"):
    """a * b: the product of the branches, a gate (van den Oord et al. 2016, arXiv:1609.03499)."""

    backward_reads = frozenset({"x"})

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        branches = [x.reshape(-1) for x in site.x]
        y, each, threads = site.y.reshape(-1), site.y[0].size, site.threads

        def product(size: int, factors: list, out) -> None:  # type: ignore[no-untyped-def,type-arg]
            elementwise.multiply(size, factors[0], factors[1], out, threads)
            for factor in factors[2:]:
                elementwise.multiply(size, out, factor, out, threads)

        def forward(n: int) -> None:
            product(n * each, branches, y)

        if site.dy is None:
            return forward, None
        dy = site.dy.reshape(-1)
        wanted = [
            (dx.reshape(-1), [dy, *branches[:i], *branches[i + 1 :]])
            for i, dx in enumerate(site.dx)
            if dx is not None
        ]

        def backward(n: int) -> None:
            for dx, factors in wanted:
                product(n * each, factors, dx)

        return forward, backward


class Stack(Layer, kind="stack"):
    """a | b: the channels of the branches one behind the other (Szegedy et al. 2014)."""

    inputs = None
    backward_reads = frozenset()
    stacks = True
    reads_within = True

    def output_shape(self, *inputs: Shape) -> Shape:
        for other in inputs[1:]:
            if other[:-1] != inputs[0][:-1]:
                raise ArchitectureError(
                    f"its branches end as {_text(inputs[0])} and {_text(other)}; only the last "
                    "number, the channels, may differ: give them the same strides and pads"
                )
        return (*inputs[0][:-1], sum(x[-1] for x in inputs))

    def writes_within(self, setup: Setup, *inputs: Shape) -> bool:
        return True

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        width, threads = site.y.shape[-1], site.threads
        rows, y, step = site.y[0].size // width, flat(site.y), step_of(site.y)
        widths = [x.shape[-1] for x in site.x]
        offsets = list(accumulate(widths, initial=0))
        copied = [
            (flat(x), step_of(x), offset, own)
            for x, own, offset in zip(site.x, widths, offsets, strict=False)
            if not is_same(x, site.y[..., offset:])
        ]

        def forward(n: int) -> None:
            for x, apart, offset, own in copied:
                elementwise.copy_channels(n * rows, apart, 0, step, offset, own, x, y, threads)

        if site.dy is None:
            return forward, None
        dy = site.dy.reshape(-1)
        wanted = [None if dx is None else dx.reshape(-1) for dx in site.dx]

        def backward(n: int) -> None:
            for dx, own, offset in zip(wanted, widths, offsets, strict=False):
                if dx is not None:
                    elementwise.copy_channels(n * rows, width, offset, own, 0, own, dy, dx, threads)

        return forward, backward
