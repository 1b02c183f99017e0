"""The layers of a network as calls of functions, and where the values between them lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cnncli.engine.fusion import INPUT, Operation, list_predicting
from cnncli.engine.placement import Buffer, place
from cnncli.errors import ArchitectureError
from cnncli.exchange.c_source.activations import ACTIVATIONS, choose_activation
from cnncli.exchange.c_source.source import (
    COMPLETE,
    FORMS,
    NULL,
    CSource,
    Place,
    copy_values,
    count_pixels,
)
from cnncli.exchange.predicting import find_weights, refuse_others
from cnncli.graph import Graph
from cnncli.layers.base import Array, Shape, volume
from cnncli.value import Value

MOST = 2**31 - 1  # what an int counts: values of a layer, or in memory


class Step(Value):
    """A layer, and what is done to its answer in its place."""

    operation: Operation
    activation: Operation | None = None

    @property
    def output(self) -> str:
        """The value it makes."""
        return (self.activation or self.operation).output

    @property
    def names(self) -> str:
        """The layers it stands for, joined by +."""
        return self.operation.name + (f"+{self.activation.name}" if self.activation else "")


class Memory(Value):
    """Where the values between layers lie, counted in floats."""

    offsets: Mapping[str, int]
    size: int


def add_network(source: CSource, graph: Graph, weights: Mapping[str, Array]) -> Memory:
    """Add the statements that make `output`, the logits, of `input`.

    A softmax at the end of the network is left out. Raises ArchitectureError for layers that have
    no function, which names them all, and for a network too large for an int to count its values.
    """
    operations, last = list_predicting(graph, fold=True, add=True)
    refuse_others(operations, {*FORMS, *ACTIVATIONS}, "C")
    if operations and operations[-1].fusing.left_to_loss and operations[-1].output == last:
        last = operations.pop().inputs[0]
    steps = list(_join_activations(operations, last))
    memory = _plan_memory(graph.input_shape, steps, last)
    if last == INPUT:
        copy_values(source, volume(graph.input_shape), "input", "output")
    places = {name: f"memory + {offset}" for name, offset in memory.offsets.items()}
    places |= {INPUT: "input", last: "output"} if last != INPUT else {INPUT: "input"}
    for step in steps:
        source.statements.append(f"/* {step.names}: {_describe_shapes(step.operation)} */")
        _add_step(source, step, places, graph, weights)
    return memory


def _join_activations(operations: Sequence[Operation], last: str) -> Iterator[Step]:
    """Yield the steps: an activation joins the layer that makes its values for it alone."""
    readers = Counter(value for operation in operations for value in operation.reads)
    waiting: dict[str, Step] = {}
    for operation in operations:
        step = Step(operation)
        if operation.layer.kind in ACTIVATIONS:
            (value,) = operation.inputs
            before = waiting.get(value)
            if before and before.activation is None and readers[value] == 1 and value != last:
                del waiting[value]
                step = replace(before, activation=operation)
        waiting[step.output] = step
    yield from waiting.values()


def _plan_memory(input_shape: Shape, steps: Sequence[Step], last: str) -> Memory:
    """Place the input and all values between layers, each from its making to its last reader."""
    buffers = {INPUT: Buffer(INPUT, volume(input_shape), -1, 0)}
    for time, step in enumerate(steps):
        size = volume(step.operation.output_shape)
        buffers[step.output] = Buffer(step.output, size, time, time)
        for value in step.operation.reads:
            buffers[value].last = time
    if last != INPUT:
        del buffers[last]
    size = place(buffers.values())
    if max(size, *(volume(step.operation.output_shape) for step in steps), 0) > MOST:
        raise ArchitectureError("the network has more values than an int counts; make it smaller")
    return Memory({name: buffer.offset for name, buffer in buffers.items()}, size)


def _add_step(
    source: CSource,
    step: Step,
    places: Mapping[str, str],
    graph: Graph,
    weights: Mapping[str, Array],
) -> None:
    """Add the statements of a step."""
    operation, activation = step.operation, step.activation
    place = Place(
        name=operation.names[0],
        layer=operation.working_layer,
        inputs=tuple(places[value] for value in operation.inputs),
        shapes=operation.input_shapes,
        y=places[step.output],
        output_shape=operation.output_shape,
        weights=find_weights(operation, graph, weights),
        residual=NULL if operation.residual is None else places[operation.residual],
    )
    if activation is not None:
        own = find_weights(activation, graph, weights)
        behind = replace(place, name=activation.name, layer=activation.layer, weights=own)
        place = replace(place, activate=choose_activation(source, behind))
    add_layer(source, place)


def add_layer(source: CSource, place: Place) -> None:
    """Add a layer, and behind it the residual and the activation of its place."""
    kind, shape, y = place.layer.kind, place.output_shape, place.y
    if kind in COMPLETE:
        FORMS[kind](source, place)
        return
    activate = place.activate
    if kind in ACTIVATIONS:
        copy_values(source, volume(shape), place.x, y)
        activate = choose_activation(source, place)
    else:
        FORMS[kind](source, place)
    if place.residual != NULL:
        source.call("add", volume(shape), y, place.residual, y)
    if activate != NULL:
        source.call("apply", activate, count_pixels(shape), shape[-1], y)


def _describe_shapes(operation: Operation) -> str:
    """Return the shapes of a layer's inputs and of its output: 28x28x1, 28x28x1 -> 28x28x2."""
    inputs = ", ".join("x".join(map(str, shape)) for shape in operation.input_shapes)
    return f"{inputs} -> {'x'.join(map(str, operation.output_shape))}"
