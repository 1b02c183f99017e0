"""Junctions: where branches on the same input come together again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from cnncli.errors import ArchitectureError
from cnncli.kernels import elementwise
from cnncli.layers.arrays import Array, begin_together, flat, step_of
from cnncli.layers.base import Example, Layer, Passes, Setup, Shape, Site, volume
from cnncli.layers.fusing import Fusing


def _write_shape(shape: Shape) -> str:
    return "x".join(map(str, shape))


def _advise(*shapes: Shape) -> str:
    """Return what makes two branches alike: a weight for each channel spread over an image, say."""
    small, (*sides, channels) = sorted(shapes, key=volume)
    pixel = (*(1 for _ in sides), channels)
    if small in (pixel, (channels,)):
        reshape = "" if small == pixel else f"reshape({_write_shape(pixel)}) >> "
        return f"put {reshape}upsample({_write_shape(tuple(sides))}) behind the smaller one"
    return (
        "give them the same strides, pads and filters (for instance conv(filters, 1, stride) in "
        "the shorter one)"
    )


class Alike(Layer):
    """What + and * share: branches of the same shape."""

    inputs = None

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        shape = (4, 3, 5)
        return ((cls.kind, shape, shape), (cls.kind, shape, shape, shape))

    def output_shape(self, *inputs: Shape) -> Shape:
        for other in inputs[1:]:
            if other != inputs[0]:
                raise ArchitectureError(
                    f"its branches end as {_write_shape(inputs[0])} and {_write_shape(other)}, "
                    f"which differ; {_advise(inputs[0], other)}"
                )
        return inputs[0]


class Add(Alike, kind="add"):
    """a + b: the sum of the branches (He et al. 2015, arXiv:1512.03385)."""

    family = "add"
    backward_reads = frozenset()

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(runs_as="residual" if len(inputs) == 2 else None, dx_over_dy=True)

    def build(self, site: Site) -> Passes:
        first, second, *others = map(flat, site.x)
        y, size, threads = flat(site.y), site.y[0].size, site.threads

        def forward(n: int) -> None:
            elementwise.add(n * size, first, second, y, threads)
            for other in others:
                elementwise.add(n * size, y, other, y, threads)

        if site.gradients is None:
            return Passes(forward)
        dy = site.gradients.dy
        flat_dy = flat(dy)
        copies = [
            flat(dx) for dx in site.gradients.dx if dx is not None and not begin_together(dx, dy)
        ]

        def backward(n: int) -> None:
            for dx in copies:
                elementwise.copy(n * size, flat_dy, dx, threads)

        return Passes(forward, backward)


class Multiply(Alike, kind="multiply"):
    """a * b: the product of the branches, a gate (van den Oord et al. 2016, arXiv:1609.03499)."""

    family = "multiply"
    backward_reads = frozenset({"x"})

    def build(self, site: Site) -> Passes:
        branches = [flat(x) for x in site.x]
        y, size, threads = flat(site.y), site.y[0].size, site.threads

        def multiply(count: int, factors: Sequence[Array], product: Array) -> None:
            elementwise.multiply(count, factors[0], factors[1], product, threads)
            for factor in factors[2:]:
                elementwise.multiply(count, product, factor, product, threads)

        def forward(n: int) -> None:
            multiply(n * size, branches, y)

        if site.gradients is None:
            return Passes(forward)
        dy = flat(site.gradients.dy)
        products = [
            (flat(dx), [dy, *branches[:i], *branches[i + 1 :]])
            for i, dx in enumerate(site.gradients.dx)
            if dx is not None
        ]

        def backward(n: int) -> None:
            for dx, factors in products:
                multiply(n * size, factors, dx)

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
