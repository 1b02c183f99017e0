"""What a stride leaves unused of a layer's input, why, and what would use it."""

from __future__ import annotations

from cnncli.graph.mending.unused_input import (
    count_behind,
    count_unused,
    describe_fault,
    list_remedies,
)
from cnncli.layers.base import Layer, Shape
from cnncli.layers.geometry import slides


def explain_unused_input(layer: Layer, x: Shape) -> list[str]:
    """Return how many rows and columns are never used and why, and what would use them."""
    if not slides(layer):
        return []
    windows, unused = layer.windows(x), count_unused(layer, x)
    lines = []
    for axis, word in ((0, "rows"), (1, "samples" if len(x) == 2 else "columns")):
        if unused[axis] and unused[axis] == count_behind(windows, axis):
            length, stride, before = windows.input[axis], windows.stride[axis], windows.before[axis]
            end = f"({windows.output[axis]} - 1)*{stride} + {windows.span[axis]} - {before}"
            lines.append(f"{word} lost = {length} - ({end}) = {unused[axis]}")
        elif windows.lost[axis]:
            lines.append(
                f"{windows.lost[axis]} {word} lost between the positions that windows of "
                f"{windows.size[axis]} see with stride {windows.stride[axis]} and dilation "
                f"{windows.dilation[axis]}"
            )
    if any(unused):
        use = " or ".join(map(str, list_remedies(layer, x))) or "another input size"
        fault = describe_fault(layer, x).replace("its", "the", 1)
        lines.append(f"{fault}: nothing is lost with {use}")
    return lines
