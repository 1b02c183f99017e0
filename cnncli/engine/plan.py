"""A network made ready to run: fused steps over one block of memory, planned beforehand."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from cnncli.engine.fusion import INPUT, Operation
from cnncli.engine.layout import Layout, gradient, working_layer
from cnncli.engine.memory import ALIGNMENT
from cnncli.engine.weights import Weights
from cnncli.graph import Graph
from cnncli.kernels import elementwise
from cnncli.layers.base import NOTHING, Array, Clock, Parameter, Pass, Setup, Site, volume
from cnncli.losses import Loss
from cnncli.losses.base import Targets
from cnncli.losses.cross_entropy import CrossEntropy
from cnncli.value import Value

PLAIN: Loss = CrossEntropy()


class Step(Value):
    """One call forward and one backward."""

    name: str  # of the layers it runs, joined by +
    forward: Pass
    backward: Pass | None
    macs: int


class Plan:
    """A network ready to run on batches of images: fill `input`, call, read `output`.

    `input` (batch, *input shape) and `output` (batch, *classes), the logits, are float32 views into
    the plan's memory. A plan belongs to one thread; two plans may share their weights.
    """

    def __init__(
        self,
        graph: Graph,
        weights: Weights,
        setup: Setup,
        *,
        keep: Collection[str] = (),
        clock: Clock | None = None,
        loss: Loss = PLAIN,
    ) -> None:
        self.layout = Layout(graph, setup, keep)
        self.weights, self.setup = weights, setup
        self.clock = clock or Clock()
        memory = np.empty(self.layout.floats + ALIGNMENT, np.float32)
        start = (-memory.ctypes.data // 4) % ALIGNMENT
        self._memory = memory[start : start + self.layout.floats]
        self.input = self.value(INPUT)
        self.output = self.value(self.layout.output)
        if setup.training:
            self.output_gradient = self._array(gradient(self.layout.output), self.output.shape)
            self.gradient: Array = self._flat("weight gradients")
            self.gradient[:] = 0
            self._gradients = weights.views(self.gradient)
            self.loss = loss.build(self.output, self.output_gradient, setup.threads)
        self._preparations: list[Callable[[], None]] = []
        macs = {node.name: node.macs for node in graph.nodes}
        self.steps: tuple[Step, ...] = tuple(
            Step("+".join(one.names), *self._site(one), sum(macs[name] for name in one.names))
            for one in self.layout.steps
        )
        self.refresh()

    @property
    def bytes(self) -> int:
        """The memory the plan works in."""
        return self._memory.nbytes

    def value(self, name: str) -> Array:
        """Return what a layer named in `keep` answered: (batch, *its output shape)."""
        return self._array(name, (self.setup.batch, *self.layout.shapes[name]))

    def forward(self, n: int) -> None:
        """Run the network on the first n images of `input`."""
        for step in self.steps:
            step.forward(n)

    def backward(self, n: int) -> None:
        """Carry `output_gradient` back through the network to `gradient`, for n images."""
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
        """Fold and prepare the present weights; to be called when they have changed."""
        for step in self.layout.steps:
            if step.folded:
                self._fold(step)
        for prepare in self._preparations:
            prepare()

    def _flat(self, name: str) -> Array:
        buffer = self.layout.buffers[name]
        return self._memory[buffer.offset : buffer.offset + buffer.size]

    def _array(self, name: str, shape: tuple[int, ...]) -> Array:
        if name in self.layout.slices:
            part, channels = self.layout.slices[name], shape[-1]
            whole = self._array(part.of, (*shape[:-1], part.width))
            return whole[..., part.offset : part.offset + channels]
        return self._flat(name)[: volume(shape)].reshape(shape)

    def _fold(self, step: Operation) -> None:
        layer, parameters = step.layer, self._parameters(step)
        own = {
            name: one.unpack(self.weights.arrays[f"{step.names[0]}/{name}"], one.shape)
            for name, one in layer.parameters(*step.input_shapes).items()
        }
        affine = next(node for node in self.layout.graph.nodes if node.name == step.folded)
        absorbed = layer.absorb(own, *affine.layer.as_affine(self.weights.of(affine.name)))
        for name, one in parameters.items():
            self._flat(f"folded {step.output}/{name}")[:] = one.pack(absorbed[name])

    def _parameters(self, step: Operation) -> dict[str, Parameter]:
        return working_layer(step).parameters(*step.input_shapes)

    def _working(self, name: str) -> Array:
        return self._flat(name) if name in self.layout.buffers else NOTHING

    def _site(self, step: Operation) -> tuple[Pass, Pass | None]:
        """Build one step."""
        layer = working_layer(step)
        site = Site(
            setup=self.setup,
            x=tuple(self.value(name) for name in step.inputs),
            y=self.value(step.output),
            residual=None if step.residual is None else self.value(step.residual),
            weights=self._weights_of(step),
            prepared=self._working(f"prepared {step.output}"),
            scratch=self._working("scratch"),
            activation=step.activation,
            pools=step.pools,
            deferred=step.deferred,
            normal=self._working(f"saved {step.normalizes}"),
            clock=self.clock,
            index=step.index,
        )
        shares = self._gradients_of(step, site)
        forward, backward = layer.build(site)
        if site.prepare is not None:
            self._preparations.append(site.prepare)
        return forward, _adding(backward, shares, self.setup)

    def _weights_of(self, step: Operation) -> dict[str, Array]:
        if not step.folded:
            return self.weights.of(step.names[0])
        return {name: self._flat(f"folded {step.output}/{name}") for name in self._parameters(step)}

    def _gradients_of(self, step: Operation, site: Site) -> list[tuple[Array, Array]]:
        """Fill in a site's gradients; return which of them are to be added to which."""
        if not self.setup.training or gradient(step.output) not in self.layout.buffers:
            return []
        site.saved = self._working(f"saved {step.output}")
        site.dy = self._array(gradient(step.output), site.y.shape)
        names = self.layout.shares[step.output]
        found = [
            None if name is None else self._array(name, (self.setup.batch, *self.layout.shapes[x]))
            for x, name in zip(step.reads, names, strict=True)
        ]
        site.dx = tuple(found[: len(step.inputs)])
        site.dresidual = None if step.residual is None else found[-1]
        site.adds = step.output in self.layout.adding
        own = f"{step.names[0]}/"
        site.gradients = {
            name.removeprefix(own): array
            for name, array in self._gradients.items()
            if name.startswith(own)
        }
        return [
            (self._flat(gradient(value)), dx.reshape(-1))
            for value, name, dx in zip(step.reads, names, found, strict=True)
            if dx is not None and name != gradient(value)
        ]


def _adding(backward: Pass | None, shares: list[tuple[Array, Array]], setup: Setup) -> Pass | None:
    """Return a backward pass that also adds its shares to gradients others have begun."""
    if backward is None or not shares:
        return backward

    def both(n: int) -> None:
        backward(n)
        for total, share in shares:
            elementwise.add(total.size // setup.batch * n, total, share, total, setup.threads)

    return both
