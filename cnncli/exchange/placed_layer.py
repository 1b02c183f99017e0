"""A layer in its place in a network that is written in another language."""

from __future__ import annotations

from cnncli.layers.base import Layer, Shape
from cnncli.value import Value


class PlacedLayer(Value):
    """A layer and what it reads: values by their names in what is written."""

    layer: Layer
    inputs: tuple[str, ...]
    shapes: tuple[Shape, ...]  # of the inputs, for a sample: (H, W, C), (L, C) or (units,)

    @property
    def x(self) -> str:
        """The name of the first input, which most layers have alone."""
        return self.inputs[0]

    @property
    def shape(self) -> Shape:
        """The shape of x for a sample."""
        return self.shapes[0]
