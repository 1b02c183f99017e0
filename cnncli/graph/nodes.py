"""A network on an input of a given size: its layers in order, with shapes and costs."""

from __future__ import annotations

from cnncli.layers.base import Axes, Layer, Shape, volume
from cnncli.value import Value

INPUT = -1  # stands for the input of the network where the index of a node is expected


class Node(Value):
    """One layer in its place."""

    name: str  # its kind, counted: conv1, conv2
    layer: Layer
    inputs: tuple[int, ...]  # indices of nodes, or INPUT
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    params: int  # numbers it learns
    macs: int  # multiply-accumulates for an image
    receptive_field: Axes  # rows and columns of the network's input that an output position sees
    jump: tuple[float, float]  # pixels of that input from an output position to the next
    lost: Axes  # rows and columns of the layer's input that no window reaches


class Graph(Value):
    """A network as a list of nodes, each behind the nodes it takes its input from."""

    text: str  # the canonical architecture
    input_shape: Shape
    nodes: tuple[Node, ...]
    output: int  # index of the node whose output is the network's, or INPUT

    @property
    def output_shape(self) -> Shape:
        return self.input_shape if self.output == INPUT else self.nodes[self.output].output_shape

    @property
    def classes(self) -> int:
        """Units of the last vector, or channels of the last image."""
        return self.output_shape[-1]

    @property
    def params(self) -> int:
        """Numbers the network learns."""
        return sum(node.params for node in self.nodes)

    @property
    def macs(self) -> int:
        """Multiply-accumulates for an image."""
        return sum(node.macs for node in self.nodes)

    @property
    def stored(self) -> int:
        """Numbers in its model file: what it learns, and running statistics."""
        return sum(
            volume(parameter.shape)
            for node in self.nodes
            for parameter in node.layer.parameters(*node.input_shapes).values()
        )
