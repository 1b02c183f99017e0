"""What the methods share that say how much each pixel of a sample counts for an answer.

Legend: N inputs, H W their size, C channels. A signal is a single row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import UsageError, setting
from cnncli.inspection.base import AttributionFindings, Method, Subject
from cnncli.inspection.figures import Array, measure_map
from cnncli.inspection.target import Target, choose_targets
from cnncli.layers.base import ReluGradient, image_shape
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.trained.model import Trained

MOST_INPUTS = 64  # at a time


class PixelMap(Value):
    """How much each pixel of a sample counts (H, W)."""

    values: Array
    figures: tuple[tuple[str, float], ...] = ()  # by name, what the values do not show


class Attribution(Method):
    """A method whose answer is a map over the sample for each target: a class, or filters."""

    needs: ClassVar = frozenset({"image"})
    takes: ClassVar = frozenset({"class", "layer", "filter", "score"})
    signed: ClassVar[bool] = False  # whether a value below zero speaks against the target

    def find(self, trained: Trained, subject: Subject) -> AttributionFindings:
        """Return a map for an output, or for each of the filters where a layer is named."""
        assert subject.sample is not None
        targets = choose_targets(trained, subject)
        maps = [self.attribute(trained, subject.sample.input, target) for target in targets]
        return self.join(maps, targets, "input")

    def attribute(self, trained: Trained, x: Array, target: Target) -> PixelMap:
        """Return the map of a target for an input (H, W, C) or (L, C)."""
        raise NotImplementedError

    def join(
        self, maps: Sequence[PixelMap], targets: Sequence[Target], layer: str
    ) -> AttributionFindings:
        """Return the maps of all targets, made of what is in a layer, as findings."""
        rows = [{**measure_map(pixels.values), **dict(pixels.figures)} for pixels in maps]
        return AttributionFindings(
            layer,
            tuple(target.label for target in targets),
            np.stack([pixels.values for pixels in maps]),
            {name: np.array([row[name] for row in rows]) for name in rows[0]},
            self.name,
            self.signed,
        )


class ChangedRelus(Attribution):
    """A gradient that passes relus in a way of its own, so that patterns come out clearly."""

    signed: ClassVar = True
    relu: ClassVar[ReluGradient]

    def find(self, trained: Trained, subject: Subject) -> AttributionFindings:
        """Return the maps; raise UsageError for a network without a relu."""
        if all(node.layer.kind != "relu" for node in trained.graph.nodes):
            raise UsageError(
                f"{setting('method')} {self.name} changes how a gradient passes relus, and the "
                "network has none; saliency takes the gradient as it is"
            )
        return super().find(trained, subject)

    def attribute(self, trained: Trained, x: Array, target: Target) -> PixelMap:
        """Return the sum over the channels of what comes out at each pixel."""
        return PixelMap(add_channels(target.differentiate(trained, x[None], self.relu)[0]))


def keep_strongest_channel(values: Array) -> Array:
    """Return the largest size (H, W) among the channels of each pixel of (H, W, C) or (L, C)."""
    largest: Array = np.abs(as_image(values)).max(axis=2)
    return largest


def add_channels(values: NDArray[np.floating[Any]]) -> Array:
    """Return the sum (H, W) over the channels of each pixel of (H, W, C) or (L, C)."""
    total: Array = as_image(values).sum(axis=2, dtype=np.float64).astype(np.float32)
    return total


def as_image(values: NDArray[Any]) -> NDArray[Any]:
    """Return an input (H, W, C), or a signal (L, C) as a single row."""
    return values.reshape(image_shape(values.shape))
