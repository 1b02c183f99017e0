"""Rewriting a network into fewer, larger steps before it is planned.

Each rule takes the list of operations and returns a shorter list that computes the same. What can
be joined is declared by the layers (layers/fusing.py); nothing here knows a layer by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from cnncli.graph import Graph, Node
from cnncli.layers.arrays import Array
from cnncli.layers.base import Layer, Setup, Shape
from cnncli.layers.fusing import ACTIVATIONS, Activation, Fusing
from cnncli.value import Value

INPUT = "input"  # the value that is the network's input


class Operation(Value):
    """One step of a plan: a layer with what has been fused into it."""

    names: tuple[str, ...]  # of the nodes it stands for; the first owns the weights
    layer: Layer
    fusing: Fusing  # what the layer can do
    inputs: tuple[str, ...]  # values, named by the operation that makes them
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    index: int  # of the first node in the graph
    setup: Setup  # how it runs: in a training, a frozen layer as in a prediction
    learns: bool  # whether its weights get gradients
    activation: Activation | None = None
    pools: bool = False  # the largest of every 2 x 2 outputs is all that is written
    residual: str | None = None  # the value that is added before the activation
    deferred: bool = False  # a bn that leaves all but its statistics to its reader
    normalizes: str | None = None  # the deferred bn before it
    folded: str | None = None  # the node whose scale and shift go into the weights

    @property
    def name(self) -> str:
        """The nodes it stands for, joined by +."""
        return "+".join(self.names)

    @property
    def output(self) -> str:
        """The value it makes, named after the last node it stands for."""
        return self.names[-1]

    @property
    def reads(self) -> tuple[str, ...]:
        """All values it needs."""
        return self.inputs if self.residual is None else (*self.inputs, self.residual)

    @property
    def backward_reads(self) -> frozenset[str]:
        """What its backward pass needs besides the gradient: "x", "y" or both."""
        reads_y = self.activation and not (self.fusing.recomputes_relu and self.residual is None)
        return self.layer.backward_reads | ({"y"} if reads_y else frozenset())

    @property
    def activation_number(self) -> int:
        """What the kernels know the activation by, 0 for none."""
        return ACTIVATIONS.index(self.activation) + 1 if self.activation else 0

    @property
    def working_layer(self) -> Layer:
        """The layer that runs, which has a bias where something is folded into its weights."""
        folding = self.fusing.folding
        return folding.layer if self.folded and folding else self.layer


def list_operations(graph: Graph, setup: Setup, frozen: Collection[str] = ()) -> list[Operation]:
    """Return an operation per node."""
    names = [node.name for node in graph.nodes]
    setups = _choose_setups(graph, setup, frozen)
    return [
        Operation(
            names=(node.name,),
            layer=node.layer,
            fusing=node.layer.fusing(setups[index], *node.input_shapes),
            inputs=tuple(INPUT if i < 0 else names[i] for i in node.inputs),
            input_shapes=node.input_shapes,
            output_shape=node.output_shape,
            index=index,
            setup=setups[index],
            learns=setups[index].training and node.params > 0,
        )
        for index, node in enumerate(graph.nodes)
    ]


def _choose_setups(graph: Graph, setup: Setup, frozen: Collection[str]) -> list[Setup]:
    """Return how each node runs.

    In a training, frozen layers run as in a prediction, and as in one with gradients where a layer
    before them learns.
    """
    if not setup.training or not frozen:
        return [setup] * len(graph.nodes)
    still = replace(setup, mode="predict", differentiable=False)
    passing = replace(still, differentiable=True)
    setups: list[Setup] = []
    for node in graph.nodes:
        is_still = all(i < 0 or setups[i] == still for i in node.inputs)
        setups.append(setup if node.name not in frozen else still if is_still else passing)
    return setups


def fuse(
    graph: Graph,
    setup: Setup,
    keep: Collection[str] = (),
    *,
    frozen: Collection[str] = (),
    start: str = INPUT,
    end: str | None = None,
) -> tuple[list[Operation], str]:
    """Return the operations of a plan and the value that holds the network's logits.

    `frozen` names the layers that learn nothing in a training. The plan begins with the value
    `start`, which is its input then; every path from the input of the network leads through it.
    It ends with the value `end`, which takes the place of the logits, and lacks what that does not
    depend on.
    """
    steps = list_operations(graph, setup, frozen)
    if start != INPUT:
        steps = _begin_behind(steps, start)
    output = INPUT if graph.output < 0 else graph.nodes[graph.output].name
    if end is not None:
        steps, output = _end_with(steps, end), end
    elif steps and steps[-1].output == output and steps[-1].fusing.left_to_loss:
        output = steps[-1].inputs[0]
        if steps[-1].output not in keep:
            steps.pop()
    steps, output = _leave_out_copies(steps, output, keep)
    kept = {*keep, output}
    for rule in (_fold, _fuse_residual, _fuse_activation, _fuse_pool):
        steps = _join(steps, kept, rule)
    return _defer(steps, kept), output


def list_predicting(graph: Graph, *, fold: bool, add: bool = False) -> tuple[list[Operation], str]:
    """Return what a prediction of a single image runs, and the value that holds the answer.

    Layers that pass their input on are left out; a softmax at the end stays. With `fold`, scale and
    shift per channel go into the weights before them (`fold_weights`); with `add`, a sum of two is
    left to a layer that makes either. Nothing else is fused.
    """
    output = INPUT if graph.output < 0 else graph.nodes[graph.output].name
    steps, output = _leave_out_copies(list_operations(graph, Setup(1)), output, ())
    for wanted, rule in ((fold, _fold), (add, _fuse_residual)):
        if wanted:
            steps = _join(steps, {output}, rule)
    return steps, output


def fold_weights(
    operation: Operation, second: Node, weights: Mapping[str, Array], behind: Mapping[str, Array]
) -> dict[str, Array]:
    """Return the weights of the layer that an operation runs, in the shapes of the model file.

    `weights` are those of its own layer, `behind` those of the node that is folded into it.
    """
    folding = operation.fusing.folding
    fusing = second.layer.fusing(operation.setup, *second.input_shapes)
    assert folding is not None and fusing.scale_and_shift is not None
    return folding.fold(weights, *fusing.scale_and_shift(behind))


def _begin_behind(steps: list[Operation], start: str) -> list[Operation]:
    """Return the steps that depend on a value, which is their input."""
    behind = {start}
    rest = []
    for step in steps:
        if not behind.isdisjoint(step.inputs):
            behind.add(step.output)
            inputs = tuple(INPUT if value == start else value for value in step.inputs)
            rest.append(replace(step, inputs=inputs))
    return rest


def _end_with(steps: list[Operation], end: str) -> list[Operation]:
    """Return the steps that a value depends on, its own among them."""
    needed = {end}
    left = []
    for step in reversed(steps):
        if step.output in needed:
            needed.update(step.inputs)
            left.append(step)
    return left[::-1]


def _leave_out_copies(
    steps: list[Operation], output: str, keep: Collection[str]
) -> tuple[list[Operation], str]:
    """Leave out what only passes its input on."""
    same: dict[str, str] = {}
    left = []
    for step in steps:
        inputs = tuple(same.get(value, value) for value in step.inputs)
        if step.fusing.is_copy and step.output not in keep:
            same[step.output] = inputs[0]
        else:
            left.append(replace(step, inputs=inputs))
    return left, same.get(output, output)


def _join(
    steps: list[Operation],
    kept: Collection[str],
    rule: Callable[[Operation, Operation], Operation | None],
) -> list[Operation]:
    """Merge a step with an earlier step where the rule can and nobody else reads in between.

    Both run alike: a layer that learns and a frozen one stay apart. Of several inputs, the last to
    be made is tried first: it stays for the shortest time.
    """
    readers = Counter(value for step in steps for value in step.reads)
    made = {step.output: time for time, step in enumerate(steps)}
    joined: dict[str, Operation] = {}  # by the value each makes, in order
    for step in steps:
        merged = None
        for value in sorted(joined.keys() & set(step.inputs), key=made.__getitem__, reverse=True):
            alike = joined[value].setup == step.setup
            if alike and readers[value] == 1 and value not in kept:
                merged = rule(joined[value], step)
            if merged is not None:
                del joined[value]
                break
        joined[step.output] = merged or step
    return list(joined.values())


def _fold(first: Operation, second: Operation) -> Operation | None:
    """Fold scale and shift per channel into the weights before them."""
    if second.fusing.scale_and_shift is None or first.fusing.folding is None:
        return None
    if first.folded or first.residual or first.activation:
        return None
    return replace(first, names=first.names + second.names, folded=second.names[0])


def _fuse_residual(first: Operation, second: Operation) -> Operation | None:
    """Add the other branch of a sum of two in the epilogue of the layer that ends either."""
    if not _can_run(first, second, "residual") or len(set(second.inputs)) != 2:
        return None
    if first.residual or first.activation:
        return None
    (other,) = (value for value in second.inputs if value != first.output)
    return replace(first, names=first.names + second.names, residual=other)


def _fuse_activation(first: Operation, second: Operation) -> Operation | None:
    """Activate in the epilogue of the layer before."""
    for activation in ACTIVATIONS:
        if _can_run(first, second, activation) and not first.activation:
            return replace(first, names=first.names + second.names, activation=activation)
    return None


def _fuse_pool(first: Operation, second: Operation) -> Operation | None:
    """Take the largest of every 2 x 2 outputs in the epilogue, so that a map is never written."""
    if not _can_run(first, second, "pool") or first.residual or first.pools:
        return None
    names, shape = first.names + second.names, second.output_shape
    return replace(first, names=names, output_shape=shape, pools=True)


def _can_run(first: Operation, second: Operation, part: str) -> bool:
    """Say whether all that the second step does is a part of an epilogue that the first can run."""
    return second.fusing.runs_as == part and part in first.fusing.epilogue


def _defer(steps: list[Operation], kept: Collection[str]) -> list[Operation]:
    """Leave bn and relu to the only layer that reads them, if it can do so while it reads.

    What bn would write need then be neither written nor kept.
    """
    readers = Counter(value for step in steps for value in step.reads)
    left = {step.output: step for step in steps}
    for step in steps:
        first = left.get(step.inputs[0])
        if first is None or readers[first.output] > 1 or first.output in kept:
            continue
        plain = first.fusing.deferrable and first.activation and first.residual is None
        if plain and first.setup == step.setup and step.fusing.normalizes_x:
            left[first.output] = replace(first, deferred=True)
            left[step.output] = replace(step, normalizes=first.output)
    return list(left.values())
