"""What is explained: an output of a network, or the strongest value of a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import DataError, UsageError, setting
from cnncli.inspection.base import Subject, check_filters
from cnncli.inspection.figures import Array
from cnncli.inspection.layer_choice import choose_layer
from cnncli.layers.base import ReluGradient
from cnncli.tasks.base import NOT_FINITE
from cnncli.trained.answers import are_finite
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


class Target(Value):
    """A number that a network makes of each input, whose cause is looked for.

    It is a logit, in sum over all pixels where each has logits, or the largest value of a filter's
    map. Legend: N inputs.
    """

    label: str  # the name of the output, or conv2:3
    index: int  # of the output or the filter
    layer: str | None = None  # of the filter; None: an output of the network

    def measure(self, trained: Trained, inputs: Array) -> NDArray[np.float64]:
        """Return the number (N,) for inputs (N, ...)."""
        keep = [] if self.layer is None else [self.layer]
        values = trained.run(inputs, keep)[self.layer or "logits"]
        rows = values[..., self.index].reshape(len(inputs), -1).astype(np.float64)
        numbers: NDArray[np.float64] = rows.sum(axis=1) if self.layer is None else rows.max(axis=1)
        return numbers

    def differentiate(self, trained: Trained, inputs: Array, relu: ReluGradient = "true") -> Array:
        """Return its gradients with respect to inputs (N, ...), in their shape."""
        return trained.gradients(inputs, of=self.index, layer=self.layer, relu=relu)["input"]


def choose_targets(trained: Trained, subject: Subject) -> list[Target]:
    """Return what a sample is to be explained for: filters where a layer is named, else an output.

    Without a name it is the output that is largest for the sample. Raises UsageError for what there
    is not, DataError where the network's answer is not finite.
    """
    assert subject.sample is not None
    if subject.layer is None:
        if subject.filters is not None:
            raise UsageError(f"{setting('filter')}: of which layer? give {setting('layer')}, too")
        return [choose_output(trained, subject)]
    if subject.output is not None:
        raise UsageError(
            f"{setting('class')} and {setting('layer')}: only one is explained; leave one out"
        )
    node = choose_layer(subject.layer, trained.graph.nodes, "an output")
    values = trained.run(subject.sample.input, [node.name])[node.name]
    if not are_finite(values):
        raise DataError(NOT_FINITE, place=subject.sample.name)
    channels = values.reshape(-1, values.shape[-1])
    filters = subject.filters or (int(channels.max(axis=0).argmax()),)
    check_filters(filters, channels.shape[1], node.name)
    return [Target(f"{node.name}:{number}", number, node.name) for number in filters]


def choose_output(trained: Trained, subject: Subject) -> Target:
    """Return the output of a name, or the largest for the sample; errors as `choose_targets`.

    Where every pixel has outputs, it is the largest in sum.
    """
    assert subject.sample is not None
    logits = trained.run(subject.sample.input)["logits"]
    if not are_finite(logits):
        raise DataError(NOT_FINITE, place=subject.sample.name)
    if subject.output is not None:
        index = trained.find_output(subject.output)
    else:
        index = int(logits.reshape(-1, logits.shape[-1]).sum(axis=0).argmax())
    return Target(trained.task.outputs[index], index)
