"""Windows as ONNX describes them, and the settings of our layers that lay the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncli.exchange.onnx_in.network import Call, UnsupportedError
from cnncli.layers.base import Shape
from cnncli.settings import Padding
from cnncli.value import Value

LARGEST = 1 << 24


class Axis(Value):
    """Windows along an axis."""

    length: int  # of the input
    size: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def span(self) -> int:
        """From the first place of a window to its last."""
        return self.dilation * (self.size - 1) + 1

    def count(self, before: int, after: int, *, ceil: bool = False) -> int:
        """Return how many windows fit with so much padding."""
        room = self.length + before + after - self.span
        if room < 0:
            return 0
        count = room // self.stride + 1
        more = ceil and room % self.stride and count * self.stride < self.length + before
        return count + bool(more)

    @property
    def same(self) -> tuple[int, int]:
        """The padding before and behind with which there are length / stride windows."""
        count = -(-self.length // self.stride)
        total = max(0, (count - 1) * self.stride + self.span - self.length)
        return total // 2, total - total // 2


def read_axes(call: Call, lengths: Shape, sizes: Shape) -> list[Axis]:
    """Return the windows of a node along each axis of its input; raise UnsupportedError."""
    count = len(lengths)
    if call.get("kernel_shape", [*sizes]) != [*sizes] or len(sizes) != count:
        raise UnsupportedError("kernel_shape is not the size of its weight")
    strides, gaps = (read_numbers(call, name, count, 1) for name in ("strides", "dilations"))
    pads = read_numbers(call, "pads", 2 * count, 0)
    axes = [
        Axis(*figures)
        for figures in zip(lengths, sizes, strides, gaps, pads[:count], pads[count:], strict=True)
    ]
    if any(max(vars(axis).values()) > LARGEST for axis in axes) or min(pads) < 0:
        raise UnsupportedError("its sizes are not those of windows")
    if any(min(axis.length, axis.size, axis.stride, axis.dilation) < 1 for axis in axes):
        raise UnsupportedError("its sizes are not those of windows")
    match call.get("auto_pad", "NOTSET"):
        case "SAME_UPPER":
            return [_pad(axis, *axis.same) for axis in axes]
        case "SAME_LOWER":
            return [_pad(axis, *reversed(axis.same)) for axis in axes]
        case "VALID":
            return [_pad(axis, 0, 0) for axis in axes]
        case "NOTSET":
            return axes
        case other:
            raise UnsupportedError(f"auto_pad={other} is not read")


def read_numbers(call: Call, name: str, count: int, usual: int) -> list[int]:
    """Return so many whole numbers of an attribute; raise UnsupportedError."""
    numbers = call.get(name, [usual] * count)
    if not isinstance(numbers, list) or len(numbers) != count:
        raise UnsupportedError(f"{name} does not have {count} numbers")
    return numbers


def _pad(axis: Axis, before: int, after: int) -> Axis:
    return Axis(axis.length, axis.size, axis.stride, axis.dilation, before, after)


def list_paddings(axes: Sequence[Axis], counts: Sequence[int]) -> list[tuple[Padding, bool]]:
    """Return the settings pad and ceil that lay so many windows from the same places on."""
    alike = tuple(axis.before for axis in axes)
    pads: list[tuple[Padding, bool]] = []
    for ceil in (False, True):
        if [axis.count(axis.before, axis.before, ceil=ceil) for axis in axes] == list(counts):
            pads.append((shorten_pad(alike), ceil))
    first = axes[0]
    causal = len(axes) == 1 and first.before == first.span - 1
    if causal and first.count(first.before, 0) == counts[0]:
        pads.append(("causal", False))
    same = all(
        axis.same[0] == axis.before and -(-axis.length // axis.stride) == count
        for axis, count in zip(axes, counts, strict=True)
    )
    return [*pads, ("same", False)] if same else pads


def count_windows(axes: Sequence[Axis], *, ceil: bool = False) -> list[int]:
    """Return how many windows there are along each axis; raise UnsupportedError for none."""
    counts = [axis.count(axis.before, axis.after, ceil=ceil) for axis in axes]
    if 0 in counts:
        raise UnsupportedError("its window is larger than its input")
    return counts


def shorten_pad(pad: tuple[int, ...]) -> Padding:
    """Return a padding as the setting has it, once where it is alike on every axis."""
    return pad[:1] if len(set(pad)) == 1 else pad


def choose_padding(axes: list[Axis]) -> Padding | None:
    """Return the pad of a convolution, None where it differs between two sides."""
    counts = count_windows(axes)
    return next((pad for pad, ceil in list_paddings(axes, counts) if not ceil), None)


def choose_enlarging(
    call: Call, lengths: Shape, sizes: Shape
) -> tuple[Padding, list[tuple[int, int]], list[Axis]]:
    """Return the pad of a transposed convolution, the zeros around its filters, and its windows."""
    count = len(lengths)
    auto = call.get("auto_pad", "NOTSET")
    if auto not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        raise UnsupportedError(f"auto_pad={auto} is not read")
    operation = call.operation
    plain = {key: x for key, x in operation.attributes.items() if key != "auto_pad"}
    axes = read_axes(Call(_with(operation, plain), call.values), lengths, sizes)
    beyond = read_numbers(call, "output_padding", count, 0)
    asked = call.get("output_shape")
    pads, more = [], []
    for place, axis in enumerate(axes):
        more_behind = beyond[place]
        whole = (axis.length - 1) * axis.stride + axis.span + more_behind
        before, after = axis.before, axis.after
        if asked is not None or auto.startswith("SAME"):
            output = asked[-count:][place] if asked is not None else axis.length * axis.stride
            total = max(0, whole - output)
            more_behind += max(0, output - whole)
            before, after = total // 2, total - total // 2
            if auto == "SAME_LOWER" or (asked is not None and auto != "SAME_UPPER"):
                before, after = after, before
        lacking, rest = divmod(abs(before - after + more_behind), axis.dilation)
        if rest:
            raise UnsupportedError("its padding differs between two sides")
        if before - after + more_behind >= 0:
            pads.append(before)
            more.append((0, lacking))
        else:
            pads.append(before + lacking * axis.dilation)
            more.append((lacking, 0))
    whole_pad = tuple(pads)
    same = [
        max(0, axis.span - axis.stride) // 2 == before
        and (axis.length - 1) * axis.stride
        + axis.dilation * (axis.size + sum(extra) - 1)
        + 1
        - 2 * pad
        == axis.length * axis.stride
        for axis, pad, extra, before in zip(axes, pads, more, pads, strict=True)
    ]
    if any(map(any, more)) and all(same) and not any(first for first, _ in more):
        return "same", [(0, 0) for _ in axes], axes
    return shorten_pad(whole_pad), more, axes


def _with(operation: Any, attributes: dict[str, Any]) -> Any:
    from dataclasses import replace

    return replace(operation, attributes=attributes)
