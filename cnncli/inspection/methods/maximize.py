"""What excites a filter: an image made by gradient ascent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import UsageError
from cnncli.errors import setting as name_setting
from cnncli.graph import Node
from cnncli.inspection.base import InputFindings, Method, Subject, check_filters, number_labels
from cnncli.inspection.excitation import Excitation
from cnncli.inspection.figures import Array
from cnncli.inspection.layer_choice import choose_layer, list_filter_layers
from cnncli.layers.base import image_shape
from cnncli.randomness import stream
from cnncli.settings import COUNT, INDEX, SHARE, setting

if TYPE_CHECKING:
    from cnncli.trained.model import Trained

GRAY, NOISE, STEP = 127.5, 4.0, 16.0  # of 255 levels: start, its deviation, largest change


class Maximize(Method, name="maximize"):
    """An image made to excite a filter (Yosinski et al. 2015, arXiv:1506.06579).

    From faint noise it follows the gradient of the filter's sum in the middle of its map, ahead of
    the activation. Where it ends need not be the largest there is. Each step draws the image to
    gray by `decay`; in the first three quarters of the steps it is moved at random by up to
    `jitter` pixels, and blurred after every `blur` steps, 0 being never.
    """

    steps: int = setting(COUNT, 96)
    decay: float = setting(SHARE, 0.05)
    jitter: int = setting(INDEX, 1)
    blur: int = setting(INDEX, 8)

    takes: ClassVar = frozenset({"layer", "filter"})

    def find(self, trained: Trained, subject: Subject) -> InputFindings:
        """Return an image for each filter of a layer, of the first without a name.

        Raises UsageError for a network of signals.
        """
        if trained.preprocessing.noun != "image":
            raise UsageError(
                f"{name_setting('method')} {self.name} is for networks of images, "
                "and this one takes signals; choose another method"
            )
        node = choose_layer(subject.layer, list_filter_layers(trained.graph), "filters")
        count = image_shape(node.output_shape)[2]
        filters = tuple(range(count)) if subject.filters is None else subject.filters
        check_filters(filters, count, node.name)
        labels = tuple(number_labels(count)[number] for number in filters)
        return self._make_images(trained, node, filters, labels)

    def _make_images(
        self,
        trained: Trained,
        node: Node,
        channels: tuple[int, ...],
        labels: tuple[str, ...],
    ) -> InputFindings:
        """Return an image for each of these channels of a layer."""
        ascent = _Ascent(trained, node)
        parts = [
            self._climb(ascent, np.array(channels[start : start + ascent.batch], np.int64))
            for start in range(0, len(channels), ascent.batch)
        ]
        images, activations = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return InputFindings(node.name, labels, images, {"activation": activations})

    def _climb(
        self, ascent: _Ascent, channels: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint8], Array]:
        """Return images, uint8 (n, H, W, C), and the activations (n,) they reach."""
        random = stream(0, "maximize")
        start = GRAY + NOISE * random.standard_normal(ascent.input_shape)
        images = np.repeat(start[None].astype(np.float32), len(channels), axis=0)
        for step in range(self.steps):
            rough = 4 * step < 3 * self.steps
            moves = random.integers(-self.jitter, self.jitter + 1, 2) * rough
            moved = np.roll(images, moves, axis=(1, 2))
            gradient = np.roll(ascent.differentiate(moved, channels), -moves, axis=(1, 2))
            largest = np.abs(gradient).max(axis=(1, 2, 3), keepdims=True)
            images += STEP * gradient / np.where(largest > 0, largest, 1)
            images -= np.float32(self.decay) * (images - np.float32(GRAY))
            if rough and self.blur and (step + 1) % self.blur == 0:
                images = _blur(images)
            np.clip(images, 0, 255, out=images)
        rounded = np.rint(images)
        return rounded.astype(np.uint8), ascent.run(rounded, channels)


class _Ascent:
    """The middle of a layer's maps, and back to the levels (0 to 255) of the input."""

    def __init__(self, trained: Trained, node: Node) -> None:
        self.excitation = Excitation(trained, node, "true")
        self.batch = self.excitation.batch
        self.scale = np.array(trained.preprocessing.scale, np.float32)
        self.shift = np.array(trained.preprocessing.shift, np.float32)
        self.input_shape = trained.graph.input_shape
        height, width, _ = self.excitation.output_shape
        self.middle = (height // 2, width // 2)

    def run(self, images: Array, channels: NDArray[np.int64]) -> Array:
        """Return the activations (n,) of a channel for each of the images (n, H, W, C)."""
        n = len(images)
        self.excitation.plan.input[:n] = images * self.scale + self.shift
        activations: Array = self.excitation.answer(n)[self._locate(channels)]
        return activations

    def differentiate(self, images: Array, channels: NDArray[np.int64]) -> Array:
        """Return the gradients of these activations with respect to the levels (n, H, W, C)."""
        self.run(images, channels)
        levels: Array = self.excitation.carry_back(self._locate(channels), 1.0) * self.scale
        return levels

    def _locate(self, channels: NDArray[np.int64]) -> tuple[Any, ...]:
        """Return where in the maps (N, P, Q, K) the middle of each image's channel is."""
        return (np.arange(len(channels)), *self.middle, channels)


def _blur(images: Array) -> Array:
    """Return images (n, H, W, C) with each pixel a mean over 3x3, weights 1 2 1 both ways."""
    for axis in (1, 2):
        widths = [(1, 1) if number == axis else (0, 0) for number in range(4)]
        padded = np.pad(images, widths, mode="edge")
        first, middle, last = (
            np.take(padded, np.arange(images.shape[axis]) + offset, axis) for offset in range(3)
        )
        images = (first + 2 * middle + last) / np.float32(4)
    return images
