"""The network in the making: layers with their weights, and the values between them.

ONNX has images as (N, C, H, W), our layers as (H, W, C). A `Flow` is a value of the network as ONNX
sees it: transposed and reshaped, without a layer that would do so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ArchitectureError
from cnncli.exchange.onnx_in.reading import Operation
from cnncli.layers.base import Array, Layer, Shape, volume
from cnncli.layers.dense import Flatten, Reshape
from cnncli.layers.zeropad import ZeroPad
from cnncli.registry import Registry
from cnncli.value import Value

Constant = NDArray[Any]
Chances = Literal["of a class", "of labels"]  # what sigmoids at the end of a network make


class UnsupportedError(Exception):
    """What a node does that no layer does."""


class Step(Value):
    """A layer with its weights, and the steps it reads."""

    layer: Layer
    inputs: tuple[int, ...]  # places in the list of steps, or INPUT
    weights: Mapping[str, Array]


class Padding(Value):
    """Rows and columns around a value that a Pad has added, for the next layer to add itself."""

    before: Shape
    after: Shape
    fill: str  # zero, reflect or edge


class Flow(Value):
    """A value of the network: what a step makes, and how ONNX sees it.

    The axes of `held` in the `order` that ONNX has them, then reshaped to `shape`.
    """

    step: int
    held: Shape  # (H, W, C), (L, C) or (units,)
    order: tuple[int, ...]
    shape: Shape  # without the number of samples
    padding: Padding | None = None

    @property
    def moved(self) -> Shape:
        """The shape with the axes in ONNX's order, before it is reshaped."""
        return tuple(self.held[axis] for axis in self.order)

    @property
    def padded(self) -> Shape:
        """The shape with the rows and columns around it."""
        if self.padding is None:
            return self.shape
        around = map(sum, zip(self.padding.before, self.padding.after, strict=True))
        channels, *sides = self.shape
        return (channels, *map(sum, zip(sides, around, strict=True)))

    @property
    def is_plain(self) -> bool:
        """Whether ONNX has it as (C, H, W), (C, L) or (units,)."""
        return self.shape == self.moved and self.order == put_channels_first(self.held)

    @property
    def ends_in_channels(self) -> bool:
        """Whether its last axis is the channels', however the others were put together."""
        return self.order[-1] == len(self.held) - 1 and self.shape[-1:] == self.held[-1:]

    @property
    def runs_by_channel(self) -> bool:
        """Whether its values come channel by channel, as ours do where they are flattened."""
        first = put_channels_first(self.held)
        return [axis for axis in self.order if self.held[axis] > 1] == [
            axis for axis in first if self.held[axis] > 1
        ]


class Network:
    """The steps, in the order in which they were added."""

    def __init__(self, input_shape: Shape, samples: int, opset: int) -> None:
        self.input_shape = input_shape
        self.samples = samples  # N, where the file fixes it
        self.opset = opset
        self.ends: set[str] = set()  # outputs of the file that no node reads
        self.chances: Chances | None = None  # that the file answers with, and we with their logits
        self.steps: list[Step] = []
        self.readings: Counter[int] = Counter()  # how many nodes read what a step makes

    def add(self, layer: Layer, *flows: Flow, **weights: Constant | None) -> Flow:
        """Append a layer; return what it makes, as (C, H, W), (C, L) or (units,).

        Raises UnsupportedError where it does not fit.
        """
        flows = tuple(self.settle(flow) for flow in flows)
        shapes = tuple(flow.held for flow in flows)
        try:
            held = layer.output_shape(*shapes)
            needed = layer.parameters(*shapes)
        except ArchitectureError as error:
            raise UnsupportedError(str(error)) from error
        arrays = {}
        for name, parameter in needed.items():
            constant = weights[name]
            assert constant is not None
            array = np.asarray(constant, np.float32)
            if array.size != volume(parameter.shape):
                raise UnsupportedError(f"its {name} is of another size than its input takes")
            if not np.isfinite(array).all():
                raise UnsupportedError(f"its {name} has values that are not finite")
            arrays[name] = np.ascontiguousarray(array.reshape(parameter.shape))
        self.steps.append(Step(layer, tuple(flow.step for flow in flows), arrays))
        order = put_channels_first(held)
        return Flow(len(self.steps) - 1, held, order, tuple(held[axis] for axis in order))

    def add_between(self, layer: Layer, *flows: Flow, **weights: Constant | None) -> Flow:
        """Append a layer whose output is shaped as its first input, and seen by ONNX like that."""
        flow = self.settle(flows[0])
        added = self.add(layer, flow, *flows[1:], **weights)
        return replace(flow, step=added.step)

    def settle(self, flow: Flow, padding: Padding | None = None) -> Flow:
        """Return a value with zeros around it: these, or those that a Pad has asked for."""
        padding = padding or flow.padding
        if padding is None:
            return flow
        if padding.fill != "zero":
            raise UnsupportedError(
                "its padding repeats pixels, which only convolutions do, alike on both sides"
            )
        return self.add(ZeroPad(padding.before, padding.after), replace(flow, padding=None))

    def count_readers(self, flow: Flow) -> int:
        """Return how many nodes read what a step makes."""
        return self.readings[flow.step]

    def make_plain(self, flow: Flow) -> Flow:
        """Return a value as (C, H, W), (C, L) or (units,), with layers that make it so."""
        flow = self.settle(flow)
        if flow.is_plain:
            return flow
        if not flow.runs_by_channel:
            raise UnsupportedError("its input has its axes in an order that no layer makes")
        vector = flow if len(flow.held) == 1 else self.add(Flatten(), flow)
        if len(flow.shape) == 1:
            return vector
        if len(flow.shape) > 3:
            raise UnsupportedError(f"its input has {len(flow.shape)} axes beside the samples")
        channels, *sides = flow.shape
        return self.add(Reshape((*sides, channels)), vector)


def put_channels_first(shape: Shape) -> tuple[int, ...]:
    """Return the axes of (H, W, C) in the order of (C, H, W); of others alike."""
    last = len(shape) - 1
    return (last, *range(last))


def shorten_number(value: float) -> float:
    """Return a float32 as a setting: 1e-5 is 9.9999997e-06 in most files, or 1.0000001e-05."""
    return float(f"{value:.7g}")


class Call(Value):
    """An operation with what it reads at hand."""

    operation: Operation
    values: tuple[Flow | Constant | None, ...]

    def get(self, name: str, default: Any = None) -> Any:
        """Return an attribute; raise UnsupportedError for one of another type than the default."""
        held = self.operation.attributes.get(name, default)
        alike = (int, float) if isinstance(default, float) else type(default)
        if default is not None and not isinstance(held, alike):
            raise UnsupportedError(f"{name} is of a type that it cannot have")
        return held

    def flow(self, place: int = 0) -> Flow:
        """Return an input that is a value of the network; raise UnsupportedError."""
        held = self.values[place] if place < len(self.values) else None
        if not isinstance(held, Flow):
            raise UnsupportedError("a constant stands where it needs a value of the network")
        return held

    def constant(self, place: int) -> Constant | None:
        """Return an input that is constant, None where it is left out; raise UnsupportedError."""
        held = self.values[place] if place < len(self.values) else None
        if isinstance(held, Flow):
            raise UnsupportedError(f"its input {place + 1} is computed, where a constant is needed")
        return held

    def need(self, place: int) -> Constant:
        """Return a constant that may not be left out."""
        held = self.constant(place)
        if held is None:
            raise UnsupportedError(f"its input {place + 1} is missing")
        return held

    def read(self, name: str, place: int, default: Any = None) -> Any:
        """Return an attribute of older opsets that is an input of newer ones, as a list."""
        held = self.constant(place)
        if held is not None:
            return held.reshape(-1).tolist()
        given = self.get(name, default)
        if not isinstance(given, (int, float, list, type(None))):
            raise UnsupportedError(f"{name} is of a type that it cannot have")
        return given

    def refuse_others(self, **usual: Any) -> None:
        """Raise UnsupportedError for an attribute that has another value than the usual one."""
        for name, value in usual.items():
            if (held := self.get(name, value)) != value:
                raise UnsupportedError(f"{name}={held} is not read")


Form = Callable[[Network, Call], "Flow | list[Flow]"]

FORMS: Registry[Form] = Registry("operator")


def reads(*operators: str) -> Callable[[Form], Form]:
    """Register the function that adds what these operators do to a network.

    It returns the value that the node makes, or a list of several, and raises UnsupportedError.
    """

    def register(form: Form) -> Form:
        for operator in operators:
            FORMS.add(operator, form)
        return form

    return register
