"""Places in a network: a filter of a layer, and a position in its map."""

from __future__ import annotations

from collections.abc import Sequence

from cnncli.errors import UsageError
from cnncli.graph import Node
from cnncli.inspection.figures import Array
from cnncli.layers.base import Axes, image_shape
from cnncli.value import Value

NUMBERS = (("unit",), ("filter", "position"), ("filter", "row", "column"))  # of vectors, signals, …


class Place(Value):
    """A neuron's place in its layer; a signal is a single row, a vector a single pixel."""

    filter: int
    row: int
    column: int

    @property
    def index(self) -> tuple[int, int, int]:
        """Where its value is in the layer's output (H, W, C)."""
        return self.row, self.column, self.filter

    @property
    def axes(self) -> Axes:
        """Row and column."""
        return self.row, self.column


class Area(Value):
    """Rows and columns of an image; of a signal (1 axis) columns count, of a vector (0) neither."""

    rows: range
    columns: range
    axes: int


def find_place(node: Node, numbers: Sequence[int], values: Array) -> Place:
    """Return the place that numbers in the order FILTER, ROW, COLUMN mean.

    A signal has no rows, a vector no columns either. The filter alone is the place of the largest
    of its values, which are (H, W, C). Raises UsageError where there is none.
    """
    names = NUMBERS[len(node.output_shape) - 1]
    height, width, channels = image_shape(node.output_shape)
    if len(numbers) not in (1, len(names)):
        raise UsageError(
            f"{node.name}: {len(numbers)} numbers for a place; "
            f"give {node.name}:{','.join(names).upper()}"
        )
    sizes = (channels, height, width)[: len(names)] if len(names) == 3 else (channels, width)
    for name, size, number in zip(names, sizes, numbers, strict=False):
        if number >= size:
            raise UsageError(f"{node.name} has no {name} {number}; its {name}s are 0 to {size - 1}")
    filter_, *position = numbers
    if len(numbers) < len(names):
        largest = int(values[..., filter_].argmax())
        return Place(filter_, *divmod(largest, width))
    return Place(filter_, *((0,) * (2 - len(position))), *position)
