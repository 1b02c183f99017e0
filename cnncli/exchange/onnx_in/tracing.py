"""Goes through the nodes of an ONNX file and gathers the layers that they stand for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from cnncli.errors import ArchitectureError, ModelFileError, UsageError, setting
from cnncli.exchange.onnx_in.answers import take_logits
from cnncli.exchange.onnx_in.broadcasting import NUMPY_SINCE, align
from cnncli.exchange.onnx_in.folding import FAULTS, can_fold, fold
from cnncli.exchange.onnx_in.network import (
    FORMS,
    Call,
    Constant,
    Flow,
    Network,
    UnsupportedError,
    put_channels_first,
)
from cnncli.exchange.onnx_in.reading import Operation, Source, shorten_name
from cnncli.exchange.onnx_in.recognition import recognize
from cnncli.graph.nodes import INPUT
from cnncli.layers.dense import Flatten
from cnncli.layers.junction import Stack

if TYPE_CHECKING:
    from cnncli.layers.base import Shape

TO_CHANNELS_FIRST = {4: [0, 3, 1, 2], 3: [0, 2, 1]}  # the Transpose before a network in (H, W, C)
LARGEST_SIDE = 1 << 20


class Missing:
    """Stands for a value that cannot be computed."""


def trace(
    source: Source, input_shape: Shape | None, *, logits: bool = False
) -> tuple[Network, int]:
    """Return the steps of a network, and the one that makes its answer, or the `logits` of that.

    `input_shape` is (H, W, C) or (L, C), for sizes that the file leaves open. Raises UsageError
    where it is needed or differs; ArchitectureError, which lists them, for nodes no layer is for.
    """
    tracer = _Tracer(source, input_shape)
    for operation in source.operations:
        tracer.add(operation)
    return tracer.network, tracer.finish(logits=logits)


class _Tracer:
    """Holds what each value of the file is."""

    def __init__(self, source: Source, input_shape: Shape | None) -> None:
        self.source = source
        self.values: dict[str, Flow | Constant | Missing | None] = {"": None, **source.constants}
        self.makers = {name: node for node in source.operations for name in node.outputs}
        self.faults: dict[str, tuple[Operation, str]] = {}  # by the value that is missing for it
        name = self._find_input()
        flow, samples = self._begin(name, input_shape)
        self.values[name] = flow
        self.network = Network(flow.held, samples, source.opset)
        self.readers = Counter(name for node in source.operations for name in node.inputs)
        self.readers.update(source.outputs)
        self.network.ends = {name for name in source.outputs if self.readers[name] == 1}

    def _find_input(self) -> str:
        read = {name for node in self.source.operations for name in node.inputs}
        names = [name for name in self.source.inputs if name in read] or [*self.source.inputs][:1]
        if len(names) > 1:
            raise ArchitectureError(
                f"has {len(names)} inputs, {shorten_name(', '.join(names))}; networks here have one"
            )
        return names[0]

    def _begin(self, name: str, given: Shape | None) -> tuple[Flow, int]:
        """Return the input as a value, and the number of samples where the file fixes it."""
        samples, *sizes = self.source.inputs[name] or (None,)
        if not 1 <= len(sizes) <= 3:
            raise ArchitectureError(
                f"its input has {len(sizes)} axes beside the samples; images and signals are read"
            )
        first_readers = [node for node in self.source.operations if name in node.inputs]
        last = all(
            node.operator == "Transpose"
            and node.attributes.get("perm") == TO_CHANNELS_FIRST.get(len(sizes) + 1)
            for node in first_readers
        )
        order = tuple(range(len(sizes)))
        stored = sizes if last and len(sizes) > 1 else [*sizes[1:], sizes[0]]
        if given is not None and (
            len(given) != len(stored)
            or any(size not in (None, side) for size, side in zip(stored, given, strict=True))
        ):
            raise UsageError(
                f"{setting('input_shape')} {'x'.join(map(str, given))}: the file is for "
                f"{'x'.join(str(size or '?') for size in stored)}"
            )
        if given is None:
            if None in stored:
                raise UsageError(
                    f"{setting('input_shape')} is missing: the file is for "
                    f"{'x'.join(str(size or '?') for size in stored)}; convert it with a size"
                )
            given = tuple(size for size in stored if size is not None)
        if max(given) > LARGEST_SIDE or (samples or 1) > LARGEST_SIDE:
            raise ArchitectureError("its input is larger than any image; take the original")
        if not last or len(sizes) == 1:
            order = put_channels_first(given)
        return Flow(INPUT, given, order, tuple(given[axis] for axis in order)), samples or 1

    def add(self, operation: Operation) -> None:
        """Compute what a node makes, or note why that cannot be."""
        try:
            made = self._compute(operation)
        except UnsupportedError as error:
            made = self._note_fault(operation, str(error))
        except FAULTS:  # of attributes and inputs that no exporter writes
            made = self._note_fault(operation, "its attributes and inputs do not fit together")
        for name, value in zip(operation.outputs, made, strict=False):
            if name:
                self.values[name] = value
            if isinstance(value, Flow):
                self.network.readings[value.step] += self.readers[name]

    def _note_fault(self, operation: Operation, reason: str) -> list[Flow | Constant | Missing]:
        self.faults |= dict.fromkeys(operation.outputs, (operation, reason))
        return [Missing() for _ in operation.outputs]

    def _compute(self, operation: Operation) -> list[Flow | Constant | Missing]:
        recognized = recognize(operation, self.makers, self.values)
        if recognized is not None:
            operation = recognized
        held = [self.values.get(name, Missing()) for name in operation.inputs]
        if self.source.opset < NUMPY_SINCE:
            held = align(operation, held)
        if operation.operator not in FORMS and not any(isinstance(x, Flow) for x in held):
            if not any(isinstance(x, Missing) for x in held):
                return fold(operation, held)
            if can_fold(operation):
                return [Missing() for _ in operation.outputs]
        if operation.operator == "Shape" and isinstance(held[0], Flow):
            sizes = np.array([self.network.samples, *held[0].padded], np.int64)
            start, end = (operation.attributes.get(key) for key in ("start", "end"))
            return [sizes[start:end]]
        if operation.operator not in FORMS:
            raise UnsupportedError("no layer does this")
        known = tuple(x for x in held if not isinstance(x, Missing))
        if len(known) < len(held):
            return [Missing() for _ in operation.outputs]
        if not any(isinstance(x, Flow) for x in known):
            return fold(operation, held)
        made = FORMS[operation.operator](self.network, Call(operation, known))
        return [*made] if isinstance(made, list) else [made]

    def finish(self, *, logits: bool) -> int:
        """Return the step of the answer; several answers of the same size are stacked."""
        self._refuse_missing()
        flows = []
        for name in self.source.outputs:
            flow = self.values.get(name)
            if not isinstance(flow, Flow):
                raise ArchitectureError(
                    f"its output {shorten_name(name)} does not depend on its input"
                )
            flows.append(flow)
        if len(flows) == 1 and logits:
            flows = [take_logits(self.network, flows[0])]
        flows = [*map(self._end, self.source.outputs, flows)]
        if len(flows) == 1:
            return flows[0].step
        if len({flow.held[:-1] for flow in flows}) > 1:
            raise ArchitectureError(
                f"has {len(flows)} outputs of different sizes, "
                f"{shorten_name(', '.join(self.source.outputs))}; "
                f"convert with {setting('output')} takes one"
            )
        return self.network.add(Stack(), *flows).step

    def _end(self, name: str, flow: Flow) -> Flow:
        try:
            flow = self.network.settle(flow)
            listed = flow.order == tuple(range(len(flow.held))) and flow.ends_in_channels
            if listed or flow.shape == flow.moved:
                made = flow  # in whatever order, or pixel by pixel, for we have our own
            else:
                made = self.network.make_plain(flow)
            if len(made.held) > 1 and set(made.held[:-1]) == {1}:
                made = self.network.add(Flatten(), made)
        except UnsupportedError as error:
            raise ArchitectureError(f"its output {shorten_name(name)}: {error}") from error
        return made

    def _refuse_missing(self) -> None:
        """Raise ArchitectureError for what the answers lack, all nodes at once."""
        lacking = [
            name for name in self.source.outputs if isinstance(self.values.get(name), Missing)
        ]
        if not lacking:
            return
        seen, faults = set(lacking), {}
        while lacking:
            name = lacking.pop()
            if name in self.faults:
                operation, reason = self.faults[name]
                faults[operation.name] = f"{operation.operator} {operation.name}: {reason}"
            for needed in self.makers[name].inputs:
                if isinstance(self.values.get(needed), Missing) and needed not in seen:
                    seen.add(needed)
                    lacking.append(needed)
        order = {node.name: place for place, node in enumerate(self.source.operations)}
        lines = [faults[name] for name in sorted(faults, key=lambda name: order[name])]
        if not lines:
            raise ModelFileError("its network reads what nothing makes; take the original")
        kinds = sorted({line.split()[0] for line in lines})
        count = "1 node is" if len(lines) == 1 else f"{len(lines)} nodes are"
        raise ArchitectureError(
            f"{count} not supported: {', '.join(kinds)}; export a network without them",
            details=tuple(lines),
        )
