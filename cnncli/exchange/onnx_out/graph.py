"""An ONNX graph in the making: nodes and constants, each with a name of its own.

Images are (N, C, H, W) in it, signals (N, C, L), vectors (N, units), as other tools have them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.exchange.onnx_library import onnx
from cnncli.exchange.placed_layer import PlacedLayer
from cnncli.layers.base import Array, Shape
from cnncli.registry import Registry

AXES_AS_INPUT = 18  # the opset from which ReduceMean takes its axes so


class OnnxGraph:
    """Nodes and constants in the order in which they were added.

    Whatever is added while `scope` is the name of a layer is named after it: conv1/Conv.
    """

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self.scope = ""
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._names: Counter[str] = Counter()

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Append a node; return the name of the value it makes. An input "" is left out."""
        name = self._name(operator)
        self.nodes.append(onnx.helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    def add_constant(self, name: str, values: NDArray[Any] | Sequence[int]) -> str:
        """Append an array, integers as int64; return its name."""
        array = np.ascontiguousarray(values)
        self.constants.append(onnx.numpy_helper.from_array(array, name := self._name(name)))
        return name

    def add_number(self, name: str, value: float) -> str:
        """Append a float32 scalar; return its name."""
        return self.add_constant(name, np.array(value, np.float32))

    def add_mean(self, value: str, axes: list[int]) -> str:
        """Append a ReduceMean along some axes, which are kept with a length of 1."""
        if self.opset >= AXES_AS_INPUT:
            return self.add("ReduceMean", value, self.add_constant("axes", axes))
        return self.add("ReduceMean", value, axes=axes)

    def rename(self, value: str, name: str) -> None:
        """Give a value that a node makes another name."""
        for node in self.nodes:
            for names in (node.input, node.output):
                for place, known in enumerate(names):
                    if known == value:
                        names[place] = name

    def _name(self, what: str) -> str:
        name = f"{self.scope}/{what}" if self.scope else what
        self._names[name] += 1
        return name if self._names[name] == 1 else f"{name}_{self._names[name]}"


class Place(PlacedLayer):
    """A layer in its place, ready to be written."""

    weights: Mapping[str, Array]  # by their own names, as in the model file


Form = Callable[[OnnxGraph, Place], str]

FORMS: Registry[Form] = Registry("layer")


def writes(*kinds: str) -> Callable[[Form], Form]:
    """Register the function that adds layers of these kinds to a graph.

    It returns the name of the value that holds what the layer answers.
    """

    def register(form: Form) -> Form:
        for kind in kinds:
            FORMS.add(kind, form)
        return form

    return register


def spell_axes(shape: Shape, *axes: tuple[int, int]) -> list[int]:
    """Return figures of rows and columns as ONNX lists them: for a signal, those of columns."""
    return [figure for pair in axes for figure in (pair if len(shape) == 3 else pair[1:])]
