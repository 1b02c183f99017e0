"""A network made ready to run: fused steps over one block of memory, planned beforehand."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np

from cnncli.allowance import word_bytes
from cnncli.engine.buffers import Layout, name_gradient
from cnncli.engine.fusion import INPUT, Operation, fold_weights
from cnncli.engine.placement import ALIGNMENT
from cnncli.engine.weights import Weights
from cnncli.errors import CnncliError
from cnncli.graph import Graph
from cnncli.kernels import elementwise
from cnncli.layers.arrays import NOTHING, Array
from cnncli.layers.base import (
    Clock,
    Epilogue,
    Gradients,
    Parameter,
    Pass,
    ReluGradient,
    Setup,
    Shape,
    Site,
    volume,
)
from cnncli.losses import Loss
from cnncli.losses.base import Targets
from cnncli.losses.cross_entropy import CrossEntropy
from cnncli.value import Value

PLAIN: Loss = CrossEntropy()
SMALL = 1 << 26  # bytes, which nobody has to ask for


class Step(Value):
    """A call forward and a call backward."""

    name: str  # of the layers it runs, joined by +
    forward: Pass
    backward: Pass | None
    macs: int


class Plan:
    """A network ready to run on batches of images: fill `input`, call, read `output`.

    `input` (batch, *input shape) and `output` (batch, *classes), the logits, are float32 views into
    the plan's memory. A softmax at the end is left out unless it is named in `keep`. A plan belongs
    to a thread; two plans may share their weights.

    `keep` names layers whose answers are wanted (`value`). `gradients` names layers, or "input",
    whose gradients are wanted (`gradient_of`), in a prediction as well: the statistics are the
    running ones then, and no weight gets a gradient. What is named is not fused with the layers
    behind it: a bn behind a named convolution is not folded into it, and answers differ by that
    rounding. Otherwise a prediction's answers are the same bits with and without gradients.
    `relu_gradient` changes how all gradients pass relus (see Relu); pools and other activations
    keep their own.

    In a training, layers that are frozen in `weights` run as in a prediction, and the backward pass
    ends at the first layer that learns. `start` names a layer whose answers are given as `input`
    instead of images: what comes before is not run. All paths have to lead through it. `end` names
    a layer whose answers are the `output` instead of the logits: what comes behind is not run, and
    `output_gradient` is theirs.
    """

    def __init__(
        self,
        graph: Graph,
        weights: Weights,
        setup: Setup,
        *,
        keep: Collection[str] = (),
        gradients: Collection[str] = (),
        relu_gradient: ReluGradient = "true",
        clock: Clock | None = None,
        loss: Loss = PLAIN,
        start: str = INPUT,
        end: str | None = None,
    ) -> None:
        """Raise UsageError where `gradients` names something that has none.

        Raises CnncliError where the plan would not fit into the memory.
        """
        self.weights = weights
        self.setup = replace(setup, differentiable=bool(gradients), relu_gradient=relu_gradient)
        self.layout = Layout(
            graph, self.setup, keep, gradients, frozen=weights.frozen, start=start, end=end
        )
        self.clock = clock or Clock()
        _check_memory(4 * self.layout.floats, setup)
        memory = np.empty(self.layout.floats + ALIGNMENT, np.float32)
        aligned = (-memory.ctypes.data // 4) % ALIGNMENT
        self._memory = memory[aligned : aligned + self.layout.floats]
        self.input = self.value(INPUT)
        self.output = self.value(self.layout.output)
        self._weight_gradients: dict[str, Array] = {}
        if self.setup.backward:
            self.output_gradient = self._view_batch(
                name_gradient(self.layout.output), self.layout.shapes[self.layout.output]
            )
        if self.setup.training:
            self.gradient: Array = self._view("weight gradients")
            self.gradient[:] = 0
            self._weight_gradients = weights.views(self.gradient)
            self.loss = loss.build(self.output, self.output_gradient, setup.threads)
        self._preparations: list[Callable[[], None]] = []
        macs = {node.name: node.macs for node in graph.nodes}
        self.steps: tuple[Step, ...] = tuple(
            self._build_step(operation, sum(macs[name] for name in operation.names))
            for operation in self.layout.steps
        )
        self.refresh()

    @property
    def bytes(self) -> int:
        """The memory the plan works in."""
        return self._memory.nbytes

    def value(self, name: str) -> Array:
        """Return what a layer named in `keep` answered: (batch, *its output shape)."""
        return self._view_batch(name, self.layout.shapes[name])

    def gradient_of(self, name: str) -> Array:
        """Return the gradient of a value named in `gradients`, of its shape, after `backward`."""
        return self._view_batch(name_gradient(name), self.layout.shapes[name])

    def forward(self, n: int) -> None:
        """Run the network on the first n images of `input`."""
        for step in self.steps:
            step.forward(n)

    def backward(self, n: int) -> None:
        """Carry `output_gradient` back through the network, for n images, behind `forward`.

        `output_gradient` is that of `output`, the logits; the caller fills it in each time, for
        the pass may overwrite it. In a training `gradient` gets the gradients of all weights.
        """
        for step in reversed(self.steps):
            if step.backward is not None:
                step.backward(n)

    def train_step(self, targets: Targets, n: int) -> float:
        """Run forward, loss and backward on n images; return their mean loss.

        `loss`, called with the same, does its part alone: it fills in `output_gradient`.
        """
        self.forward(n)
        mean = self.loss(targets, n)
        self.backward(n)
        return mean

    def refresh(self) -> None:
        """Fold and prepare the present weights.

        To be called when they have changed: until then, a step into which something is folded, or
        which has prepared its weights, answers with the old ones, all others with the new.
        """
        for operation in self.layout.steps:
            if operation.folded:
                self._fold(operation)
        for prepare in self._preparations:
            prepare()

    def _view(self, name: str) -> Array:
        """Return a buffer; nothing where there is none of this name."""
        if name not in self.layout.buffers:
            return NOTHING
        buffer = self.layout.buffers[name]
        return self._memory[buffer.offset : buffer.offset + buffer.size]

    def _view_batch(self, name: str, shape: Shape) -> Array:
        """Return a value, or a gradient, of a whole batch of images of this shape."""
        return self._view_array(name, (self.setup.batch, *shape))

    def _view_array(self, name: str, shape: Shape) -> Array:
        if name in self.layout.slices:
            part, channels = self.layout.slices[name], shape[-1]
            outer = self._view_array(part.of, (*shape[:-1], part.width))
            return outer[..., part.offset : part.offset + channels]
        return self._view(name)[: volume(shape)].reshape(shape)

    def _fold(self, operation: Operation) -> None:
        """Write the weights of a step into which a scale and a shift have been folded."""
        nodes = {node.name: node for node in self.layout.graph.nodes}
        second = nodes[operation.folded or ""]
        weights = {
            name: parameter.unpack(
                self.weights.arrays[f"{operation.names[0]}/{name}"], parameter.shape
            )
            for name, parameter in operation.layer.parameters(*operation.input_shapes).items()
        }
        folded = fold_weights(operation, second, weights, self.weights.of(second.name))
        for name, parameter in self._list_parameters(operation).items():
            self._view(f"folded {operation.output}/{name}")[:] = parameter.pack(folded[name])

    def _list_parameters(self, operation: Operation) -> dict[str, Parameter]:
        return operation.working_layer.parameters(*operation.input_shapes)

    def _build_step(self, operation: Operation, macs: int) -> Step:
        """Build the passes of a layer over its views into the memory."""
        name, residual, normal = operation.output, operation.residual, operation.normalizes
        site = Site(
            setup=operation.setup,
            x=tuple(self.value(value) for value in operation.inputs),
            y=self.value(name),
            weights=self._find_weights(operation),
            saved=self._view(f"saved {name}"),
            scratch=self._view("scratch"),
            prepared=self._view(f"prepared {name}"),
            normal=None if normal is None else self._view(f"saved {normal}"),
            epilogue=Epilogue(
                residual=None if residual is None else self.value(residual),
                activation=operation.activation_number,
                pool=operation.pools,
                deferred=operation.deferred,
            ),
            gradients=self._find_gradients(operation),
            clock=self.clock,
            index=operation.index,
        )
        passes = operation.working_layer.build(site)
        if passes.prepare is not None:
            self._preparations.append(passes.prepare)
        backward = self._complete_backward(operation, passes.backward)
        return Step(operation.name, passes.forward, backward, macs)

    def _find_weights(self, operation: Operation) -> dict[str, Array]:
        if not operation.folded:
            return self.weights.of(operation.names[0])
        return {
            name: self._view(f"folded {operation.output}/{name}")
            for name in self._list_parameters(operation)
        }

    def _find_gradients(self, operation: Operation) -> Gradients | None:
        """Return what the backward pass of a step works on; None where it has nothing to do."""
        if not self.layout.runs_backward(operation):
            return None
        shares = [
            None if name is None else self._view_batch(name, self.layout.shapes[value])
            for value, name in zip(
                operation.reads, self.layout.shares[operation.output], strict=True
            )
        ]
        prefix = f"{operation.names[0]}/"
        weights = {
            name.removeprefix(prefix): array
            for name, array in self._weight_gradients.items()
            if name.startswith(prefix)
        }
        if not weights and all(share is None for share in shares):
            return None
        return Gradients(
            dy=self._view_batch(self.layout.dy(operation), operation.output_shape),
            dx=tuple(shares[: len(operation.inputs)]),
            weights=weights,
            residual=None if operation.residual is None else shares[-1],
            adds=operation.output in self.layout.adding,
        )

    def _complete_backward(self, operation: Operation, backward: Pass | None) -> Pass | None:
        """Return a backward pass with what is to be done before and behind it.

        It works on a copy of a gradient that is to last, and its shares in gradients that other
        steps have begun are added to them.
        """
        if backward is None:
            return None
        batch, threads = self.setup.batch, self.setup.threads
        source, target = name_gradient(operation.output), self.layout.dy(operation)
        copies = [] if source == target else [(self._view(source), self._view(target))]
        shares = zip(operation.reads, self.layout.shares[operation.output], strict=True)
        sums = [
            (self._view(name_gradient(value)), self._view(share))
            for value, share in shares
            if share not in (None, name_gradient(value))
        ]
        if not copies and not sums:
            return backward

        def run(n: int) -> None:
            for dy, copy in copies:
                elementwise.copy(dy.size // batch * n, dy, copy, threads)
            backward(n)
            for total, share in sums:
                elementwise.add(total.size // batch * n, total, share, total, threads)

        return run


def _check_memory(needed: int, setup: Setup) -> None:
    if needed <= SMALL:
        return
    from cnncli.memory import measure_available_memory

    room = measure_available_memory()
    if needed > room:
        raise CnncliError(
            f"the network takes {word_bytes(needed)} of memory at a batch size of {setup.batch}, "
            f"and there are {word_bytes(room)}; a smaller batch or input takes less"
        )
