"""Pooling: one number for each window of each channel."""

from __future__ import annotations

from typing import Any, ClassVar

from cnncli.errors import ArchitectureError
from cnncli.kernels import pool as kernels
from cnncli.layers.base import Axes, Layer, Pass, Reach, Shape, Site, flat, image_shape, step_of
from cnncli.layers.geometry import Windows, need_image, windows, with_channels
from cnncli.settings import PADDING, SIZE, SWITCH, Padding, Size, setting


class Pool(Layer):
    """What the pools share: windows, side by side unless a stride is given."""

    size: Size = setting(SIZE, (2,))
    stride: Size | None = setting(SIZE, None)
    pad: Padding = setting(PADDING, (0,))
    ceil: bool = setting(SWITCH, False)

    passes: ClassVar[tuple[Any, Any]]
    sees_values: ClassVar[bool] = True  # whether its backward kernel reads x and y
    reads_within = True

    def windows(self, x: Shape) -> Windows:
        """Return where the windows stand on an input of this shape."""
        stride = self.stride or self.size
        found = windows(x, self.kind, self.size, stride, self.pad, ceil=self.ceil)
        if any(pad >= size for pad, size in zip(found.before, found.size, strict=True)):
            raise ArchitectureError(
                f"its padding of {max(found.before)} would make windows of padding alone; "
                f"use a pad of {min(found.size) - 1} or less"
            )
        return found

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return with_channels(x, self.windows(x).output, x[-1])

    def reach(self, *inputs: Shape) -> Reach:
        return self.windows(inputs[0]).reach

    def lost(self, *inputs: Shape) -> Axes:
        return self.windows(inputs[0]).lost

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        shape = site.x[0].shape[1:]
        found = self.windows(shape)
        steps = (*found.size, *found.stride, *found.before, *found.after)
        sizes = (*found.input, shape[-1], *found.output, *steps)
        pool_forward, pool_backward = self.passes
        x, y, step = flat(site.x[0]), site.y.reshape(-1), step_of(site.x[0])

        def forward(n: int) -> None:
            pool_forward(n, *sizes, x, y, site.threads, step)

        if site.dy is None or site.dx[0] is None:
            return forward, None
        dy, dx = site.dy.reshape(-1), site.dx[0].reshape(-1)
        seen = (x, y) if self.sees_values else ()

        def backward(n: int) -> None:
            pool_backward(n, *sizes, *seen, dy, dx, site.threads)

        return forward, backward


class MaxPool(Pool, kind="maxpool"):
    """Largest value of each window; of equal ones the first gets the gradient."""

    passes = (kernels.maxpool_forward, kernels.maxpool_backward)

    def halves(self, *inputs: Shape) -> bool:
        found = self.windows(inputs[0])
        plain = found.size == found.stride == (2, 2) and found.before == (0, 0)
        height, width = found.input
        return plain and found.output == (height // 2, width // 2)


class AvgPool(Pool, kind="avgpool"):
    """Mean of each window; zeros of the padding count, what `ceil` adds beyond it does not."""

    passes = (kernels.avgpool_forward, kernels.avgpool_backward)
    sees_values = False
    backward_reads = frozenset()


class L2Pool(Pool, kind="l2pool"):
    """Root of the sum of squares of each window (Sermanet et al. 2012, arXiv:1204.3968)."""

    passes = (kernels.l2pool_forward, kernels.l2pool_backward)


class GlobalPool(Layer):
    """What the global pools share: one window, the whole image."""

    passes: ClassVar[tuple[Any, Any]]
    sees_values: ClassVar[bool] = True

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        need_image(x)
        return (*(1 for _ in x[:-1]), x[-1])

    def reach(self, *inputs: Shape) -> Reach:
        return Reach(everything=True)

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        height, width, channels = image_shape(site.x[0].shape[1:])
        pixels = height * width
        pool_forward, pool_backward = self.passes
        x, y = site.x[0].reshape(-1), site.y.reshape(-1)

        def forward(n: int) -> None:
            pool_forward(n, pixels, channels, x, y, site.threads)

        if site.dy is None or site.dx[0] is None:
            return forward, None
        dy, dx = site.dy.reshape(-1), site.dx[0].reshape(-1)
        seen = (x, y) if self.sees_values else ()

        def backward(n: int) -> None:
            pool_backward(n, pixels, channels, *seen, dy, dx, site.threads)

        return forward, backward


class GlobalAvgPool(GlobalPool, kind="global_avgpool"):
    """Mean of each whole feature map: x (H, W, C) -> y (1, 1, C)."""

    passes = (kernels.global_avgpool_forward, kernels.global_avgpool_backward)
    sees_values = False
    backward_reads = frozenset()


class GlobalMaxPool(GlobalPool, kind="global_maxpool"):
    """Largest value of each whole feature map: x (H, W, C) -> y (1, 1, C)."""

    passes = (kernels.global_maxpool_forward, kernels.global_maxpool_backward)
