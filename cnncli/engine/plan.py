"""A network made ready to run: fused steps over one block of memory, planned beforehand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnncli.engine.fusion import INPUT, Operation, fuse
from cnncli.engine.memory import ALIGNMENT, FOREVER, Buffer, place
from cnncli.engine.weights import Weights
from cnncli.graph import Graph
from cnncli.kernels import arrange, loss
from cnncli.layers.base import Array, Clock, Layer, Parameter, Pass, Site, volume

NOTHING = np.empty(0, np.float32)


@dataclass(frozen=True)
class Step:
    """One call forward and one backward."""

    name: str  # of the layers it runs, joined by +
    forward: Pass
    backward: Pass | None
    macs: int


class Layout:
    """The buffers of a plan: which there are, how long each is needed, where each lies.

    Forward step i runs at time i, the loss at T, backward step i at 2T - i. Every buffer is kept
    from its first use to its last and shares its place with those of other times.
    """

    def __init__(
        self,
        graph: Graph,
        batch: int,
        training: bool,
        threads: int,
        keep: Collection[str] = (),
    ) -> None:
        self.graph, self.batch, self.training, self.threads = graph, batch, training, threads
        self.steps, self.output = fuse(graph, training, keep)
        self.end = len(self.steps)
        self.shapes = {INPUT: graph.input_shape} | {
            step.output: step.output_shape for step in self.steps
        }
        self.buffers: dict[str, Buffer] = {}
        self._values(keep)
        if training:
            self._gradients()
        for time, step in enumerate(self.steps):
            self._working_memory(time, step)
        self.floats = place(self.buffers.values())

    def _values(self, keep: Collection[str]) -> None:
        self._need(INPUT, volume(self.graph.input_shape) * self.batch, -1, 0)
        for time, step in enumerate(self.steps):
            self._need(step.output, volume(step.output_shape) * self.batch, time, time)
            for value in step.inputs:
                self._extend(value, time)
            if self.training:
                for value in step.inputs if "x" in step.backward_reads else ():
                    self._extend(value, 2 * self.end - time)
                if "y" in step.backward_reads:
                    self._extend(step.output, 2 * self.end - time)
        for name in (self.output, *keep):
            if name in self.buffers:
                self._extend(name, FOREVER)

    def _gradients(self) -> None:
        """One buffer per value, first written by its last reader; one more per further reader."""
        self._need(gradient(self.output), self._floats(self.output), self.end, self.end)
        for time in reversed(range(self.end)):
            step, now = self.steps[time], 2 * self.end - time
            if gradient(step.output) in self.buffers:
                self._extend(gradient(step.output), now)
            for position, value in enumerate(step.inputs):
                if value == INPUT:
                    continue
                name = gradient(value)
                if name in self.buffers:
                    name = gradient(value, step, position)
                self._need(name, self._floats(value), now, now)
                self._extend(gradient(value), now)
        learned = sum(
            one.size
            for node in self.graph.nodes
            for one in node.layer.parameters(*node.input_shapes).values()
            if one.learned
        )
        self._need("weight gradients", learned, -1, FOREVER)

    def _working_memory(self, time: int, step: Operation) -> None:
        layer = working_layer(step)
        saved = layer.saved_size(self.batch, *step.input_shapes)
        if saved and self.training:
            self._need(f"saved {step.output}", saved, time, 2 * self.end - time)
        scratch = layer.scratch_size(self.batch, self.threads, self.training, *step.input_shapes)
        if scratch:
            last = 2 * self.end - time if self.training else time
            self._need("scratch", scratch, time, last)
        if step.folded:
            for name, one in layer.parameters(*step.input_shapes).items():
                self._need(f"folded {step.output}/{name}", one.size, -1, FOREVER)

    def _floats(self, value: str) -> int:
        return volume(self.shapes[value]) * self.batch

    def _need(self, name: str, size: int, first: int, last: int) -> None:
        known = self.buffers.setdefault(name, Buffer(name, size, first, last))
        known.size = max(known.size, size)
        known.first, known.last = min(known.first, first), max(known.last, last)

    def _extend(self, name: str, time: int) -> None:
        self.buffers[name].last = max(self.buffers[name].last, time)


def gradient(value: str, reader: Operation | None = None, position: int = 0) -> str:
    """Return the name of a value's gradient, or of one reader's share in it."""
    return f"d {value}" if reader is None else f"d {value} from {reader.output} {position}"


def working_layer(step: Operation) -> Layer:
    """Return the layer that runs, which has a bias where something is folded into its weights."""
    if not step.folded:
        return step.layer
    some = {
        name: np.zeros(one.shape, np.float32)
        for name, one in step.layer.parameters(*step.input_shapes).items()
    }
    zero = np.zeros(step.output_shape[-1])
    absorbed = step.layer.absorb(some, zero, zero)
    assert absorbed is not None
    return absorbed[0]


def memory_bytes(graph: Graph, batch: int, training: bool, threads: int = 1) -> int:
    """Return the bytes of memory a plan works in, besides the weights."""
    return 4 * Layout(graph, batch, training, threads).floats


class Plan:
    """A network ready to run on up to `batch` images: fill `input`, call, read `output`.

    `input` (batch, *input shape) and `output` (batch, *classes), the logits, are float32 views into
    the plan's memory. A plan belongs to one thread; two plans may share their weights.
    """

    def __init__(
        self,
        graph: Graph,
        weights: Weights,
        batch: int,
        *,
        training: bool = False,
        threads: int = 1,
        keep: Collection[str] = (),
        clock: Clock | None = None,
    ) -> None:
        self.layout = Layout(graph, batch, training, threads, keep)
        self.weights, self.batch, self.threads = weights, batch, threads
        self.clock = clock or Clock()
        memory = np.empty(self.layout.floats + ALIGNMENT, np.float32)
        start = (-memory.ctypes.data // 4) % ALIGNMENT
        self._memory = memory[start : start + self.layout.floats]
        self.input = self.value(INPUT)
        self.output = self.value(self.layout.output)
        if training:
            self.output_gradient = self._array(gradient(self.layout.output), self.output.shape)
            self.gradient: Array = self._flat("weight gradients")
            self.gradient[:] = 0
            self._gradients = weights.views(self.gradient)
            self._losses = np.zeros(self.output.size // self.output.shape[-1])
        self._written: set[str] = set()
        macs = {node.name: node.macs for node in graph.nodes}
        backwards = {}
        for time in reversed(range(len(self.layout.steps))):
            backwards[time] = self._site(self.layout.steps[time], training)
        self.steps: tuple[Step, ...] = tuple(
            Step("+".join(one.names), *backwards[time], sum(macs[name] for name in one.names))
            for time, one in enumerate(self.layout.steps)
        )
        self.refresh()

    @property
    def bytes(self) -> int:
        """The memory the plan works in."""
        return self._memory.nbytes

    def value(self, name: str) -> Array:
        """Return what a layer named in `keep` answered: (batch, *its output shape)."""
        return self._array(name, (self.batch, *self.layout.shapes[name]))

    def forward(self, n: int) -> None:
        """Run the network on the first n images of `input`."""
        for step in self.steps:
            step.forward(n)

    def backward(self, n: int) -> None:
        """Carry `output_gradient` back through the network to `gradient`, for n images."""
        for step in reversed(self.steps):
            if step.backward is not None:
                step.backward(n)

    def train_step(self, labels: NDArray[np.int32], n: int, smoothing: float = 0.0) -> float:
        """Run forward, loss and backward on n images; return their mean cross-entropy."""
        self.forward(n)
        mean = self.loss(labels, n, smoothing)
        self.backward(n)
        return mean

    def loss(self, labels: NDArray[np.int32], n: int, smoothing: float = 0.0) -> float:
        """Return the mean softmax cross-entropy of `output`; fill in `output_gradient`.

        One label for each image, or for each pixel where the network answers with an image.
        """
        classes: int = self.output.shape[-1]
        rows: int = n * (self.output[0].size // classes)
        loss.softmax_cross_entropy(
            rows,
            classes,
            smoothing,
            self.output.reshape(-1),
            labels.reshape(-1),
            self._losses,
            self.output_gradient.reshape(-1),
            NOTHING,
            self.threads,
        )
        return float(self._losses[:rows].sum()) / rows

    def refresh(self) -> None:
        """Fold the present weights again; to be called when they have changed."""
        for step in self.layout.steps:
            if step.folded:
                self._fold(step)

    def _flat(self, name: str) -> Array:
        buffer = self.layout.buffers[name]
        return self._memory[buffer.offset : buffer.offset + buffer.size]

    def _array(self, name: str, shape: tuple[int, ...]) -> Array:
        return self._flat(name)[: volume(shape)].reshape(shape)

    def _fold(self, step: Operation) -> None:
        layer, parameters = step.layer, self._parameters(step)
        own = {
            name: one.unpack(self.weights.arrays[f"{step.names[0]}/{name}"], one.shape)
            for name, one in layer.parameters(*step.input_shapes).items()
        }
        affine = next(node for node in self.layout.graph.nodes if node.name == step.folded)
        absorbed = layer.absorb(own, *affine.layer.as_affine(self.weights.of(affine.name)))
        assert absorbed is not None
        for name, one in parameters.items():
            self._flat(f"folded {step.output}/{name}")[:] = one.pack(absorbed[1][name])

    def _parameters(self, step: Operation) -> dict[str, Parameter]:
        return working_layer(step).parameters(*step.input_shapes)

    def _site(self, step: Operation, training: bool) -> tuple[Pass, Pass | None]:
        """Build one step; called from the last to the first, so that gradients add up in order."""
        layer = working_layer(step)
        if step.folded:
            weights = {
                name: self._flat(f"folded {step.output}/{name}")
                for name in layer.parameters(*step.input_shapes)
            }
        else:
            weights = self.weights.of(step.names[0])
        site = Site(
            batch=self.batch,
            threads=self.threads,
            training=training,
            x=tuple(self.value(name) for name in step.inputs),
            y=self.value(step.output),
            weights=weights,
            scratch=self._flat("scratch") if "scratch" in self.layout.buffers else NOTHING,
            activation=step.activation,
            clock=self.clock,
            index=step.index,
        )
        if not training or gradient(step.output) not in self.layout.buffers:
            return layer.build(site)[0], None
        saved = f"saved {step.output}"
        site.saved = self._flat(saved) if saved in self.layout.buffers else NOTHING
        site.dy = self._array(gradient(step.output), site.y.shape)
        names = [self._gradient_of(step, position) for position in range(len(step.inputs))]
        site.dx = tuple(
            None if name is None else self._array(name, x.shape)
            for name, x in zip(names, site.x, strict=True)
        )
        own = step.names[0]
        site.gradients = {
            name.partition("/")[2]: array
            for name, array in self._gradients.items()
            if name.partition("/")[0] == own
        }
        forward, backward = layer.build(site)
        shares = [
            (self._array(gradient(value), x.shape).reshape(-1), dx.reshape(-1))
            for value, name, x, dx in zip(step.inputs, names, site.x, site.dx, strict=True)
            if dx is not None and name != gradient(value)
        ]
        return forward, _adding(backward, shares, self.batch, self.threads)

    def _gradient_of(self, step: Operation, position: int) -> str | None:
        value = step.inputs[position]
        if value == INPUT:
            return None
        if gradient(value) not in self._written:
            self._written.add(gradient(value))
            return gradient(value)
        return gradient(value, step, position)


def _adding(
    backward: Pass | None, shares: list[tuple[Array, Array]], batch: int, threads: int
) -> Pass | None:
    """Return a backward pass that also adds its shares to gradients others have begun."""
    if backward is None or not shares:
        return backward

    def both(n: int) -> None:
        backward(n)
        for total, share in shares:
            arrange.add(total.size // batch * n, total, share, total, threads)

    return both
