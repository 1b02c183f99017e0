"""Windows over an image: how many fit, what they see, what they miss; and layers that have them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Literal, TypeGuard

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ArchitectureError
from cnncli.layers.arrays import Array
from cnncli.layers.base import Axes, Layer, Reach, Shape
from cnncli.settings import Padding, Size
from cnncli.value import Value

LARGEST = 1 << 24  # pixels along an axis; far below where index arithmetic could overflow


class Windows(Value):
    """Windows of R x S, spread by dilation, moved by stride over H x W: they make P x Q outputs."""

    input: Axes
    size: Axes
    stride: Axes
    before: Axes  # padding above and to the left
    output: Axes
    dilation: Axes = (1, 1)
    after: Axes = (0, 0)  # padding below and to the right

    @property
    def count(self) -> int:
        """Windows in all: positions of the output."""
        return self.output[0] * self.output[1]

    @property
    def area(self) -> int:
        """Pixels that a window reads."""
        return self.size[0] * self.size[1]

    @property
    def span(self) -> Axes:
        """Rows and columns from a window's first pixel to its last: dilation*(size - 1) + 1."""
        return _pair(d * (k - 1) + 1 for k, d in zip(self.size, self.dilation, strict=True))

    @property
    def needed_after(self) -> Axes:
        """Padding below and to the right with which all windows fit, but not one more of them."""
        ends = zip(self.output, self.stride, self.span, self.before, self.input, strict=True)
        needed = ((count - 1) * step + span - pad - size for count, step, span, pad, size in ends)
        return _pair(map(max, self.after, needed))

    @property
    def lost(self) -> Axes:
        """Input rows and columns that no window reaches: behind the last window or in its gaps."""
        return _pair(self._lost_along(axis) for axis in (0, 1))

    def _lost_along(self, axis: int) -> int:
        length, stride, count = self.input[axis], self.stride[axis], self.output[axis]
        if self.dilation[axis] == 1 and stride <= self.size[axis]:
            end = (count - 1) * stride + self.span[axis] - self.before[axis]
            return max(0, length - end)
        seen = bytearray(length)
        for k in range(self.size[axis]):
            first = k * self.dilation[axis] - self.before[axis]
            skipped = max(0, -(first // stride))  # windows whose k-th row lies in the padding
            end = max(0, min(length, first + count * stride))  # 0: all k-th rows are padding
            touched = range(min(length, first + skipped * stride), end, stride)
            seen[touched.start : touched.stop : stride] = b"\1" * len(touched)
        return length - sum(seen)

    @property
    def reach(self) -> Reach:
        """What an output position sees."""
        after = _pair(span - 1 - pad for span, pad in zip(self.span, self.before, strict=True))
        return Reach(window=self.span, stride=self.stride, before=self.before, after=after)


def _pair(values: Iterable[int]) -> Axes:
    rows, columns = values
    return rows, columns


def spread_over_axes(size: Size, shape: Shape, along_rows: int) -> Axes:
    """Return rows and columns of a size setting.

    A signal is a single row, for which `along_rows` holds; raise ArchitectureError where the
    setting is of two axes.
    """
    if len(shape) == 2:
        if len(size) > 1:
            text = "x".join(map(str, size))
            raise ArchitectureError(f"its input is a signal, so {text} is one number too many")
        return along_rows, size[0]
    return (size[0], size[0]) if len(size) == 1 else (size[0], size[1])


class Windowed(Layer):
    """What layers share that move a window over an image: a size, a stride and a pad.

    A new one declares these settings, defines `windows`, and has its receptive field, unused input,
    explanation, repair and drawing from that.
    """

    if TYPE_CHECKING:  # settings of every subclass, each in the order it gives them

        @property
        def size(self) -> Size: ...
        @property
        def stride(self) -> Size | None: ...  # None: as the size
        @property
        def pad(self) -> Padding: ...

    slides_over: ClassVar[Literal["input", "output"]] = "input"

    @property
    def steps(self) -> Size:
        """The stride, also where it goes without saying."""
        return self.stride or self.size

    def windows(self, x: Shape) -> Windows:
        """Return where the windows stand for an input of this shape.

        A transposed convolution has the windows of the convolution from its output to its input.
        Raises ArchitectureError where not even the first fits.
        """
        raise NotImplementedError

    def reach(self, *inputs: Shape) -> Reach:
        return self.windows(inputs[0]).reach

    def find_sources(
        self, positions: NDArray[np.int64], axis: int, *inputs: Shape
    ) -> NDArray[np.int64]:
        windows = self.windows(inputs[0])
        first = positions * windows.stride[axis] - windows.before[axis]
        places = first[:, None] + windows.dilation[axis] * np.arange(windows.size[axis])
        return self.fill_padding(places, windows.input[axis])

    def fill_padding(self, places: NDArray[np.int64], length: int) -> NDArray[np.int64]:
        """Return where the padding around `length` rows or columns is read from; -1: nowhere."""
        return np.where((places >= 0) & (places < length), places, -1)

    def lost(self, *inputs: Shape) -> Axes:
        return self.windows(inputs[0]).lost

    def view_filters(self, weight: Array) -> Array:
        """Return a weight of the model file as (filters, channels/groups, rows, columns)."""
        return weight


def slides(layer: Layer) -> TypeGuard[Windowed]:
    """Say whether a layer moves windows over its input, as convolutions and pools do."""
    return isinstance(layer, Windowed) and layer.slides_over == "input"


def is_pool(layer: Layer) -> TypeGuard[Windowed]:
    """Say whether a layer sums windows up without weights, so that it can be left out."""
    return slides(layer) and layer.family == "pool"


@lru_cache(maxsize=512)  # a layer is asked about them again and again while a plan is made
def lay_windows(
    shape: Shape,
    size: Size,
    stride: Size,
    pad: Padding,
    dilation: Size = (1,),
    ceil: bool = False,
) -> Windows:
    """Lay windows over an input of this shape.

    P = floor((H + before + after - span)/stride) + 1 (Dumoulin & Visin 2016, arXiv:1603.07285).
    With `ceil` the quotient is rounded up: another window, which ends beyond the padding, wherever
    it begins in the input or the padding before it (PyTorch's rule).
    Raises ArchitectureError where not even the first window fits.
    """
    axes = (1,) if pad == "causal" else (2,) if len(size) == 2 else (2, 1)
    check_image(shape, _measure_room(size, dilation, pad), axes)
    image = (1, shape[0]) if len(shape) == 2 else (shape[0], shape[1])
    sizes, steps = spread_over_axes(size, shape, 1), spread_over_axes(stride, shape, 1)
    gaps = spread_over_axes(dilation, shape, 1)
    spans = _pair(d * (k - 1) + 1 for k, d in zip(sizes, gaps, strict=True))
    if pad == "causal" and len(shape) != 2:
        raise ArchitectureError("pad=causal is for signals (LENGTHxCHANNELS); use pad=same")
    before, after = [], []
    for axis, (length, span, step) in enumerate(zip(image, spans, steps, strict=True)):
        if max(length, span, step) > LARGEST:
            raise ArchitectureError(f"sizes end at {LARGEST:,}; use smaller ones")
        if pad == "same":
            total = max(0, (-(-length // step) - 1) * step + span - length)
            before.append(total // 2)
            after.append(total - total // 2)
        elif pad == "causal":
            before.append(span - 1)
            after.append(0)
        else:
            before.append(spread_over_axes(pad, shape, 0)[axis])
            after.append(before[axis])
    output = []
    for axis, length in enumerate(image):
        room = length + before[axis] + after[axis] - spans[axis]
        if room < 0:
            raise ArchitectureError(_describe_misfit(shape, image, spans, sizes, pad))
        step = steps[axis]
        first_without_room = (room // step + 1) * step
        more = ceil and room % step and first_without_room < length + before[axis]
        output.append(room // step + (2 if more else 1))
    return Windows(
        input=image,
        size=sizes,
        stride=steps,
        before=_pair(before),
        output=_pair(output),
        dilation=gaps,
        after=_pair(after),
    )


def _describe_misfit(shape: Shape, image: Axes, span: Axes, size: Axes, pad: Padding) -> str:
    """Return what is wrong where not even the first window fits, and what would help."""
    seen = f"{shape[0]}-long" if len(shape) == 2 else f"{image[0]}x{image[1]}"
    missing = max(k - length for k, length in zip(span, image, strict=True))
    use = f"pad={-(-missing // 2)}"
    if span == size and min(image) > 0 and len(shape) == 3:
        largest = min(image)
        use = f"a size of {largest} or {use}"
    more = "" if pad == (0,) else " even with its padding"
    return f"its window is larger than its {seen} input{more}; use {use}"


def _measure_room(size: tuple[int, ...], dilation: tuple[int, ...], pad: Padding) -> int:
    """Return how many rows and columns an input needs at least for a window to fit."""
    if isinstance(pad, str):
        return 1
    return max(d * (k - 1) + 1 for k in size for d in dilation) - 2 * min(pad)


def check_image(shape: Shape, room: int = 1, axes: tuple[int, ...] = (2, 1)) -> None:
    """Raise ArchitectureError unless the shape is that of an image or a signal.

    The error advises a shape with so much `room` along its `axes`: 2 of an image, 1 of a signal.
    """
    if len(shape) < 2:
        raise ArchitectureError(
            f"its input is a vector of {shape[0]}; put reshape(HxWxC) before it, "
            f"for instance reshape({_suggest_shape(shape[0], room, axes)})"
        )


def _suggest_shape(count: int, room: int, axes: tuple[int, ...]) -> str:
    """Return the largest square image of so many values, a signal, or the squarest image."""
    sides = range(1, math.isqrt(count) + 1)
    side = max(side for side in sides if not count % side**2)
    if 2 in axes and side >= max(room, 2):
        return f"{side}x{side}x{count // side**2}"
    if 1 in axes:
        return f"{count}x1"
    rows = max(side for side in sides if not count % side)
    return f"{rows}x{count // rows}x1"


def add_channels(shape: Shape, output: Axes, channels: int) -> Shape:
    """Return the output shape: rows only where the input has rows."""
    return (output[1], channels) if len(shape) == 2 else (*output, channels)
