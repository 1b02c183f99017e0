"""Which buffers a plan needs, and when: values, gradients, and what layers work in."""

from __future__ import annotations

from collections.abc import Collection

from cnncli.engine.fusion import INPUT, Operation, fuse
from cnncli.engine.memory import FOREVER, Buffer, place
from cnncli.engine.slices import Slice, slices
from cnncli.graph import Graph
from cnncli.layers.base import Layer, Setup, volume

CACHE_BYTES = 1 << 22  # of the values that a step of a prediction reads and writes


class Layout:
    """The buffers of a plan: which there are, how long each is needed, where each lies.

    Forward step i runs at time i, the loss at T, backward step i at 2T - i. Every buffer is kept
    from its first use to its last and shares its place with those of other times.
    """

    def __init__(self, graph: Graph, setup: Setup, keep: Collection[str] = ()) -> None:
        self.graph, self.setup = graph, setup
        self.steps, self.output = fuse(graph, setup, keep)
        self.end = len(self.steps)
        self.shapes = {INPUT: graph.input_shape} | {
            step.output: step.output_shape for step in self.steps
        }
        self.slices: dict[str, Slice] = slices(self.steps, setup, {*keep, self.output})
        self.buffers: dict[str, Buffer] = {}
        self.shares: dict[str, list[str | None]] = {}  # where a step puts what it passes back
        self.adding: set[str] = set()  # steps whose own passes add their share
        self._values(keep)
        if setup.training:
            self._gradients()
        for time, step in enumerate(self.steps):
            self._working_memory(time, step)
        self.floats = place({one.name: one for one in self.buffers.values()}.values())

    def _values(self, keep: Collection[str]) -> None:
        self._need(INPUT, volume(self.graph.input_shape) * self.setup.batch, -1, 0)
        for time, step in enumerate(self.steps):
            if step.deferred:
                self.buffers[step.output] = self.buffers[step.inputs[0]]
            else:
                whole = self._whole(step.output)
                self._need(whole, self._floats(whole), time, time)
                self.buffers[step.output] = self.buffers[whole]
            for value in step.reads:
                self._extend(value, time)
            if self.setup.training:
                for value in step.inputs if "x" in step.backward_reads else ():
                    self._extend(value, 2 * self.end - time)
                if "y" in step.backward_reads:
                    self._extend(step.output, 2 * self.end - time)
        for name in (self.output, *keep):
            if name in self.buffers:
                self._extend(name, FOREVER)

    def _gradients(self) -> None:
        """One buffer per value, first written by its last reader; others add to it, or have
        theirs added.
        """
        self._need(gradient(self.output), self._floats(self.output), self.end, self.end)
        for time in reversed(range(self.end)):
            step, now = self.steps[time], 2 * self.end - time
            if gradient(step.output) in self.buffers:
                self._extend(gradient(step.output), now)
            self.shares[step.output] = [
                None if value == INPUT else self._share(step, position, value, now)
                for position, value in enumerate(step.reads)
            ]
        learned = sum(
            one.size
            for node in self.graph.nodes
            for one in node.layer.parameters(*node.input_shapes).values()
            if one.learned
        )
        self._need("weight gradients", learned, -1, FOREVER)

    def _share(self, step: Operation, position: int, value: str, now: int) -> str:
        """Return where a step writes its share in the gradient of a value it reads."""
        name = gradient(value)
        if name in self.buffers:
            if step.layer.adds_to_dx and value in step.inputs:
                self.adding.add(step.output)
            else:
                name = gradient(value, step, position)
        elif self._in_place(step, position):
            self.buffers[name] = self.buffers[gradient(step.output)]
        self._need(name, self._floats(value), now, now)
        self._extend(gradient(value), now)
        return name

    def _in_place(self, step: Operation, position: int) -> bool:
        """Say whether a share can take the place of the gradient of the step's own output."""
        last = position == len(step.reads) - 1
        can = last if step.residual is not None else position == 0 and step.layer.dx_over_dy
        return can and gradient(step.output) in self.buffers

    def _working_memory(self, time: int, step: Operation) -> None:
        layer = working_layer(step)
        saved = layer.saved_size(self.setup.batch, *step.input_shapes)
        if saved and self.setup.training:
            self._need(f"saved {step.output}", saved, time, 2 * self.end - time)
        scratch = layer.scratch_size(self.setup, *step.input_shapes)
        if scratch:
            last = 2 * self.end - time if self.setup.training else time
            self._need("scratch", scratch, time, last)
        prepared = layer.prepared_size(self.setup, *step.input_shapes)
        if prepared:
            self._need(f"prepared {step.output}", prepared, -1, FOREVER)
        if step.folded:
            for name, one in layer.parameters(*step.input_shapes).items():
                self._need(f"folded {step.output}/{name}", one.size, -1, FOREVER)

    def _whole(self, value: str) -> str:
        """Return the value that a slice is of in the end, or a value that is no slice itself."""
        return self._whole(self.slices[value].of) if value in self.slices else value

    def _floats(self, value: str) -> int:
        return volume(self.shapes[value]) * self.setup.batch

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
    absorbing = step.layer.absorbing() if step.folded else None
    return absorbing or step.layer


def images_together(graph: Graph, setup: Setup) -> int:
    """Return how many images a prediction should compute at a time, a power of 2 up to its batch.

    As many as there is room for in the caches, so that a layer finds there what the one before it
    left; but more where all weights, read again each time, are more than the images' values. The
    answers do not depend on it.
    """
    steps, _ = fuse(graph, setup)
    values = [_values_touched(step) for step in steps] or [1]
    weights = sum(_weights_read(step, setup) for step in steps)
    together = 1
    while 2 * together <= setup.batch and (
        2 * together * max(values) * 4 <= CACHE_BYTES or together * sum(values) < weights
    ):
        together *= 2
    return together


def _values_touched(step: Operation) -> int:
    """Return how many values of an image a step reads and writes."""
    residual = () if step.residual is None else (step.output_shape,)
    return sum(map(volume, (*step.input_shapes, *residual, step.output_shape)))


def _weights_read(step: Operation, setup: Setup) -> int:
    """Return the weights that a step reads, in the form in which it does."""
    shapes = step.input_shapes
    prepared = step.layer.prepared_size(setup, *shapes)
    return prepared or sum(one.size for one in step.layer.parameters(*shapes).values())


def memory_bytes(graph: Graph, setup: Setup) -> int:
    """Return the bytes of memory a plan works in, besides the weights."""
    return 4 * Layout(graph, setup).floats
