"""What the methods share that say how much each pixel of a sample counts for an answer.

Legend: N inputs, H W their size, C channels, K outputs. A signal is a single row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cnncli.errors import DataError
from cnncli.inspection.base import AttributionFindings, Method, Subject
from cnncli.inspection.figures import Array, measure_map
from cnncli.layers.base import image_shape
from cnncli.tasks.base import NOT_FINITE
from cnncli.trained.answers import are_finite
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.trained.model import Trained
    from cnncli.trained.sample import Sample


class PixelMap(Value):
    """How much each pixel of a sample counts (H, W)."""

    values: Array
    layer: str = "input"  # whose maps it was made of
    figures: tuple[tuple[str, float], ...] = ()  # by name, what the values do not show


class Attribution(Method):
    """A method whose answer is a map over the sample."""

    needs: ClassVar = frozenset({"image"})
    takes: ClassVar = frozenset({"class"})
    signed: ClassVar[bool] = False  # whether a value below zero speaks against the answer

    def find(self, trained: Trained, subject: Subject) -> AttributionFindings:
        """Return the map of an output, the largest where none is named."""
        assert subject.sample is not None
        output = choose_output(trained, subject.sample, subject.output)
        pixels = self.attribute(trained, subject.sample.input, output, subject)
        figures = {**measure_map(pixels.values), **dict(pixels.figures)}
        return AttributionFindings(
            pixels.layer,
            (output,),
            pixels.values[None],
            {name: np.array([number]) for name, number in figures.items()},
            self.name,
            self.signed,
        )

    def attribute(self, trained: Trained, x: Array, output: str, subject: Subject) -> PixelMap:
        """Return the map of an output for an input (H, W, C) or (L, C)."""
        raise NotImplementedError


def choose_output(trained: Trained, sample: Sample, name: str | None) -> str:
    """Return the name of the output to explain: the largest where none is given.

    Where every pixel has outputs, it is the largest over all. Raises UsageError for an output that
    there is not, DataError for an answer that is not finite.
    """
    logits = trained.run(sample.input)["logits"]
    if not are_finite(logits):
        raise DataError(NOT_FINITE, place=sample.name)
    if name is not None:
        return trained.task.outputs[trained.find_output(name)]
    totals = logits.reshape(-1, logits.shape[-1]).sum(axis=0)
    return trained.task.outputs[int(totals.argmax())]


def keep_strongest_channel(values: Array) -> Array:
    """Return the largest size (H, W) among the channels of each pixel of (H, W, C) or (L, C)."""
    largest: Array = np.abs(as_image(values)).max(axis=2)
    return largest


def add_channels(values: Array) -> Array:
    """Return the sum (H, W) over the channels of each pixel of (H, W, C) or (L, C)."""
    total: Array = as_image(values).sum(axis=2, dtype=np.float64).astype(np.float32)
    return total


def as_image(values: Array) -> Array:
    """Return an input (H, W, C), or a signal (L, C) as a single row."""
    return values.reshape(image_shape(values.shape))
