"""Pooling: a number for each window of each channel."""

from __future__ import annotations

from typing import Any, ClassVar

from cnncli.errors import ArchitectureError
from cnncli.kernels import pool as kernels
from cnncli.layers.arrays import flat, step_of
from cnncli.layers.base import Example, Layer, Passes, Reach, Setup, Shape, Site, image_shape
from cnncli.layers.fusing import Fusing
from cnncli.layers.geometry import Windowed, Windows, add_channels, check_image, lay_windows
from cnncli.settings import PADDING, SIZE, SWITCH, Padding, Size, setting


class Pool(Windowed):
    """What the pools share: windows, side by side unless a stride is given."""

    size: Size = setting(SIZE, (2,))
    stride: Size | None = setting(SIZE, None)
    pad: Padding = setting(PADDING, (0,))
    ceil: bool = setting(SWITCH, False)

    kernel: ClassVar[Any]
    family = "pool"
    scales = True

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            (cls.kind, (6, 6, 3)),
            (f"{cls.kind}(3, 2, 1)", (7, 8, 4)),
            (f"{cls.kind}(2x3, ceil=yes)", (7, 7, 5)),
            (f"{cls.kind}(3, 2)", (11, 2)),
        )

    def windows(self, x: Shape) -> Windows:
        stride = self.stride or self.size
        windows = lay_windows(x, self.size, stride, self.pad, ceil=self.ceil)
        if any(pad >= size for pad, size in zip(windows.before, windows.size, strict=True)):
            raise ArchitectureError(
                f"its padding of {max(windows.before)} would make windows of padding alone; "
                f"use a pad of {min(windows.size) - 1} or less"
            )
        return windows

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return add_channels(x, self.windows(x).output, x[-1])

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(reads_slices=True)

    def make_kernel(self, *sizes: int) -> Any:
        """Return the kernel for windows of these sizes."""
        return self.kernel(*sizes)

    def build(self, site: Site) -> Passes:
        shape = site.x[0].shape[1:]
        windows = self.windows(shape)
        steps = (*windows.size, *windows.stride, *windows.before, *windows.after)
        sizes = (*windows.input, shape[-1], *windows.output, *steps)
        pooling = self.make_kernel(*sizes, site.threads)
        x, y, step = flat(site.x[0]), flat(site.y), step_of(site.x[0])

        def forward(n: int) -> None:
            pooling.forward(n, x, y, step)

        if site.gradients is None:
            return Passes(forward)
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])

        def backward(n: int) -> None:
            pooling.backward(n, x, y, dy, dx)

        return Passes(forward, backward)


class MaxPool(Pool, kind="maxpool"):
    """Largest value of each window; of equal ones the first gets the gradient."""

    kernel = kernels.MaxPooling

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        halves = self._halves(inputs[0])
        return Fusing(runs_as="pool" if halves else None, reads_slices=True)

    def _halves(self, x: Shape) -> bool:
        """Say whether it takes the largest of every 2 x 2 pixels, and no odd row beyond."""
        windows = self.windows(x)
        plain = windows.size == windows.stride == (2, 2) and windows.before == (0, 0)
        height, width = windows.input
        return plain and windows.output == (height // 2, width // 2)


class AvgPool(Pool, kind="avgpool"):
    """Mean of each window; zeros of the padding count, what `ceil` adds beyond it does not.

    Without `include_pad`, as with TensorFlow's "same", the pixels of the image alone count.
    """

    include_pad: bool = setting(SWITCH, True)

    kernel = kernels.AvgPooling
    backward_reads = frozenset()

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            *super().examples(),
            ("avgpool(3, 2, 1, include_pad=no)", (7, 8, 4)),
            ("avgpool(3x2, 1, same, include_pad=no)", (5, 6, 9)),
            ("avgpool(3, 2, 1, yes, no)", (8, 2)),
        )

    def make_kernel(self, *sizes: int) -> Any:
        return self.kernel(*sizes, include_pad=self.include_pad)


class L2Pool(Pool, kind="l2pool"):
    """Root of the sum of squares of each window (Sermanet et al. 2012, arXiv:1204.3968)."""

    kernel = kernels.L2Pooling


class GlobalPool(Layer):
    """What the global pools share: the window is the whole image."""

    functions: ClassVar[tuple[Any, Any]]  # kernels: forward and backward
    family = "pool"
    scales = True

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return ((cls.kind, (5, 4, 19)), (cls.kind, (9, 3)))

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        check_image(x)
        return (*(1 for _ in x[:-1]), x[-1])

    def reach(self, *inputs: Shape) -> Reach:
        return Reach(everything=True)

    def build(self, site: Site) -> Passes:
        height, width, channels = image_shape(site.x[0].shape[1:])
        pixels = height * width
        pool_forward, pool_backward = self.functions
        x, y = flat(site.x[0]), flat(site.y)

        def forward(n: int) -> None:
            pool_forward(n, pixels, channels, x, y, site.threads)

        if site.gradients is None:
            return Passes(forward)
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])
        values = (x, y) if self.backward_reads else ()

        def backward(n: int) -> None:
            pool_backward(n, pixels, channels, *values, dy, dx, site.threads)

        return Passes(forward, backward)


class GlobalAvgPool(GlobalPool, kind="global_avgpool"):
    """Mean of each whole feature map: x (H, W, C) -> y (1, 1, C)."""

    functions = (kernels.global_avgpool_forward, kernels.global_avgpool_backward)
    backward_reads = frozenset()


class GlobalMaxPool(GlobalPool, kind="global_maxpool"):
    """Largest value of each whole feature map: x (H, W, C) -> y (1, 1, C)."""

    functions = (kernels.global_maxpool_forward, kernels.global_maxpool_backward)
