"""Which buffers a plan needs, and when: values, gradients, and what layers work in."""

from __future__ import annotations

from collections.abc import Collection

from cnncli.engine.fusion import INPUT, Operation, fuse
from cnncli.engine.placement import FOREVER, Buffer, place, place_by_middles
from cnncli.engine.slices import Slice, find_slices
from cnncli.errors import UsageError
from cnncli.graph import Graph
from cnncli.layers.base import Setup, volume

CACHE_BYTES = 1 << 22  # of the values that a step of a prediction reads and writes


class Layout:
    """The buffers of a plan: which there are, how long each is needed, where each lies.

    Forward step i runs at time i, the loss at T, backward step i at 2T - i. Every buffer is kept
    from its first use to its last and shares its place with those of other times. What is kept
    for others, and the gradients they ask for, last until the next run.
    """

    def __init__(
        self,
        graph: Graph,
        setup: Setup,
        keep: Collection[str] = (),
        gradients: Collection[str] = (),
        *,
        frozen: Collection[str] = (),
        start: str = INPUT,
        end: str | None = None,
    ) -> None:
        """Raise UsageError where `gradients` names something that has none.

        `frozen`, `start` and `end` are as for `fuse`.
        """
        keep = {*keep, *gradients}
        self.graph, self.setup = graph, setup
        self.frozen = frozenset(frozen)
        self.steps, self.output = fuse(graph, self.setup, keep, frozen=frozen, start=start, end=end)
        self.end = len(self.steps)
        nodes = {node.name: node.output_shape for node in graph.nodes}
        self.shapes = {INPUT: nodes.get(start, graph.input_shape)} | {
            step.output: step.output_shape for step in self.steps
        }
        self.slices: dict[str, Slice] = find_slices(self.steps, self.setup, {*keep, self.output})
        self.buffers: dict[str, Buffer] = {}
        self.asked = frozenset(gradients)
        self.differentiated = self._find_differentiated()
        self.shares: dict[str, list[str | None]] = {}  # where a step puts what it passes back
        self.adding: set[str] = set()  # steps whose own passes add their share
        self._plan_values(keep)
        if self.setup.backward:
            self._plan_gradients()
        for time, step in enumerate(self.steps):
            self._plan_working_memory(time, step)
        arrange = place_by_middles if setup.threads > 1 and not setup.backward else place
        self.floats = arrange({buffer.name: buffer for buffer in self.buffers.values()}.values())

    def dy(self, step: Operation) -> str:
        """Return the buffer of the gradient that a step's backward pass reads and may overwrite."""
        name = name_gradient(step.output)
        return f"{name} to pass back" if step.output in self.asked else name

    def runs_backward(self, step: Operation) -> bool:
        """Say whether a step has a backward pass: whether it leads to a gradient that is wanted."""
        return name_gradient(step.output) in self.buffers and self._leads_back(step)

    def _find_differentiated(self) -> set[str]:
        """Return the values that get gradients.

        These are what is asked for, what layers that learn make, and whatever depends on either.
        """
        values = set(self.asked)
        for step in self.steps:
            if step.learns or not values.isdisjoint(step.reads):
                values.add(step.output)
        return values

    def _leads_back(self, step: Operation) -> bool:
        """Say whether a step learns, or depends on a value that gets a gradient."""
        return step.learns or not self.differentiated.isdisjoint(step.reads)

    def _plan_values(self, keep: Collection[str]) -> None:
        self._need(INPUT, self._count_floats(INPUT), -1, 0)
        for time, step in enumerate(self.steps):
            if step.deferred:
                self.buffers[step.output] = self.buffers[step.inputs[0]]
            else:
                outermost = self._find_outermost(step.output)
                self._need(outermost, self._count_floats(outermost), time, time)
                self.buffers[step.output] = self.buffers[outermost]
            for value in step.reads:
                self._extend(value, time)
            if self._leads_back(step):
                for value in step.inputs if "x" in step.backward_reads else ():
                    self._extend(value, 2 * self.end - time)
                if "y" in step.backward_reads:
                    self._extend(step.output, 2 * self.end - time)
        for name in (self.output, *keep):
            if name in self.buffers:
                self._extend(name, FOREVER)

    def _plan_gradients(self) -> None:
        """Plan a buffer for the gradient of each value.

        The last reader of the value writes its share there first. The others add theirs, in their
        own passes if they can, else from buffers of their own. A gradient that is asked for stays
        as it is: its step works on a copy.
        """
        output = name_gradient(self.output)
        self._need(output, self._count_floats(self.output), self.end, self.end)
        for time in reversed(range(self.end)):
            step, now = self.steps[time], 2 * self.end - time
            if not self.runs_backward(step):
                continue
            self._extend(name_gradient(step.output), now)
            self._need(self.dy(step), self._count_floats(step.output), now, now)
            self.shares[step.output] = [
                self._plan_share(step, position, value, now)
                if value in self.differentiated
                else None
                for position, value in enumerate(step.reads)
            ]
        for value in self.asked:
            self._check_asked(value)
            self._extend(name_gradient(value), FOREVER)
        if self.setup.training:
            learned = sum(
                parameter.size
                for node in self.graph.nodes
                if node.name not in self.frozen
                for parameter in node.layer.parameters(*node.input_shapes).values()
                if parameter.learned
            )
            self._need("weight gradients", learned, -1, FOREVER)

    def _check_asked(self, value: str) -> None:
        if name_gradient(value) not in self.buffers:
            names = [name for name in self.shapes if name_gradient(name) in self.buffers]
            raise UsageError(
                f"there is no gradient of {value!r}, on which no output depends; "
                f"ask for {INPUT} or a layer, such as {names[-1]}"
            )

    def _plan_share(self, step: Operation, position: int, value: str, now: int) -> str:
        """Return where a step writes its share in the gradient of a value it reads."""
        name = name_gradient(value)
        if name in self.buffers:
            if step.fusing.adds_to_dx and value in step.inputs:
                self.adding.add(step.output)
            else:
                name = name_gradient(value, step, position)
        elif self._can_replace_dy(step, position):
            self.buffers[name] = self.buffers[self.dy(step)]
        self._need(name, self._count_floats(value), now, now)
        self._extend(name_gradient(value), now)
        return name

    def _can_replace_dy(self, step: Operation, position: int) -> bool:
        """Say whether a share can take the place of the gradient of the step's own output."""
        if step.residual is not None:
            return position == len(step.reads) - 1
        return position == 0 and step.fusing.dx_over_dy

    def _plan_working_memory(self, time: int, step: Operation) -> None:
        memory = step.working_layer.memory(step.setup, *step.input_shapes)
        end = 2 * self.end - time if step.setup.backward else time
        if memory.saved:
            self._need(f"saved {step.output}", memory.saved, time, end)
        if memory.scratch:
            self._need("scratch", memory.scratch, time, end)
        if memory.prepared:
            self._need(f"prepared {step.output}", memory.prepared, -1, FOREVER)
        if step.folded:
            parameters = step.working_layer.parameters(*step.input_shapes)
            for name, parameter in parameters.items():
                self._need(f"folded {step.output}/{name}", parameter.size, -1, FOREVER)

    def _find_outermost(self, value: str) -> str:
        """Return the value that a slice is of in the end, or a value that is no slice itself."""
        return self._find_outermost(self.slices[value].of) if value in self.slices else value

    def _count_floats(self, value: str) -> int:
        return volume(self.shapes[value]) * self.setup.batch

    def _need(self, name: str, size: int, first: int, last: int) -> None:
        known = self.buffers.setdefault(name, Buffer(name, size, first, last))
        known.size = max(known.size, size)
        known.first, known.last = min(known.first, first), max(known.last, last)

    def _extend(self, name: str, time: int) -> None:
        self.buffers[name].last = max(self.buffers[name].last, time)


def name_gradient(value: str, reader: Operation | None = None, position: int = 0) -> str:
    """Return the name of a value's gradient, or of a reader's share in it."""
    return f"d {value}" if reader is None else f"d {value} from {reader.output} {position}"


def choose_batch(graph: Graph, setup: Setup) -> int:
    """Return how many images a prediction should compute at a time, a power of 2 up to its batch.

    As many as there is room for in the caches, so that a layer finds there what the last has
    left; but more where all weights, read again each time, are more than the images' values. The
    answers do not depend on it.
    """
    steps, _ = fuse(graph, setup)
    values = [_count_values_touched(step) for step in steps] or [1]
    weights = sum(_count_weights_read(step, setup) for step in steps)
    together = 1
    while 2 * together <= setup.batch and (
        2 * together * max(values) * 4 <= CACHE_BYTES or together * sum(values) < weights
    ):
        together *= 2
    return together


def _count_values_touched(step: Operation) -> int:
    """Return how many values of an image a step reads and writes."""
    residual = () if step.residual is None else (step.output_shape,)
    return sum(map(volume, (*step.input_shapes, *residual, step.output_shape)))


def _count_weights_read(step: Operation, setup: Setup) -> int:
    """Return the weights that a step reads, in the form in which it does."""
    shapes = step.input_shapes
    prepared = step.layer.memory(setup, *shapes).prepared
    parameters = step.layer.parameters(*shapes).values()
    return prepared or sum(parameter.size for parameter in parameters)


def count_memory_bytes(
    graph: Graph, setup: Setup, frozen: Collection[str] = (), start: str = INPUT
) -> int:
    """Return the bytes of memory a plan works in, besides the weights."""
    return 4 * Layout(graph, setup, frozen=frozen, start=start).floats
