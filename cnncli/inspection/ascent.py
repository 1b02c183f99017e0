"""Gradient ascent: inputs changed step by step until they excite what they are made for.

Legend: n inputs, H W C their shape, a signal being a single row. Values are shares of the range
that inputs have, 0 being black and 1 white.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.data.images.preprocessing import normalize_levels
from cnncli.errors import DataError
from cnncli.graph import Node
from cnncli.graph.receptive_field import Box
from cnncli.inspection.excitation import Excitation
from cnncli.inspection.objective import Channels, Objective
from cnncli.inspection.warp import Warp
from cnncli.randomness import stream
from cnncli.tasks.base import NOT_FINITE
from cnncli.trained.answers import are_finite
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.preprocessing import AnyPreprocessing
    from cnncli.trained.model import Trained

Array = NDArray[np.floating[Any]]

GRAY = 0.5
NOISE = 0.02  # the deviation of the first input
STEP = 0.02  # of a pixel, the mean (root of squares) over all that count
LATE = 0.75  # of the steps are rough; behind them nothing is warped or blurred
SMOOTH = 1e-3  # keeps the slope of the total variation finite where neighbors are alike
DEVIATIONS = 4  # from the mean, how far signals reach that are normalized by their deviation


class Climb(Value):
    """How inputs are changed: see Maximize, whose settings these are."""

    steps: int
    decay: float
    jitter: int
    rotate: float  # degrees
    scale: float
    blur: int
    variation: float
    fourier: bool


class Range:
    """The values that inputs can have: uint8 levels of images; of signals as they are normalized.

    `mean` (C,) is what the normalization makes zero.
    """

    def __init__(self, preprocessing: AnyPreprocessing) -> None:
        self.scale = np.array(preprocessing.scale, np.float64)
        self.shift = np.array(preprocessing.shift, np.float64)
        self.discrete = preprocessing.noun == "image"
        self.levels = preprocessing.normalization == "image"  # each is normalized by itself
        if self.discrete:
            low, high = 0.0 * self.scale, 255 + 0.0 * self.scale
        else:
            reach = {"standard": (-DEVIATIONS, DEVIATIONS), "minmax": (0, 1)}
            ends = reach.get(preprocessing.normalization, (-1, 1))
            low, high = ((end - self.shift) / self.scale for end in ends)
        self.low, self.span = low, high - low
        self.mean = np.clip((-self.shift / self.scale - low) / self.span, 0, 1)

    def normalize(self, shares: Array) -> Array:
        """Return what a network takes for inputs."""
        gain, offset = self.span * self.scale, self.low * self.scale + self.shift
        return shares * gain.astype(np.float32) + offset.astype(np.float32)

    def carry_back(self, gradients: Array) -> Array:
        """Return the gradients of shares from those of what a network takes."""
        return gradients * (self.span * self.scale).astype(np.float32)

    def restore(self, shares: Array) -> NDArray[Any]:
        """Return inputs as samples are: uint8 levels, or float32 values of signals."""
        values = self.low + self.span * shares
        if not self.discrete:
            return values.astype(np.float32)
        images = np.rint(values).astype(np.uint8)
        return np.stack([normalize_levels(image) for image in images]) if self.levels else images

    def take(self, samples: NDArray[Any]) -> Array:
        """Return what a network takes for what `restore` returned."""
        return (samples * self.scale + self.shift).astype(np.float32)


class Ascent:
    """A network up to a layer, what of it is to be excited, and how inputs climb there.

    `field` is the part of an input that counts.
    """

    def __init__(
        self,
        trained: Trained,
        node: Node,
        objective: Objective,
        climb: Climb,
        field: Box,
    ) -> None:
        self.excitation = Excitation(trained, node, "true")
        self.name, self.objective, self.settings = node.name, objective, climb
        self.range = Range(trained.preprocessing)
        self.batch = self.excitation.batch
        height, width = field[2] - field[0], field[3] - field[1]
        self.counting = height * width * self.excitation.input_shape[2]
        self.gains = _weigh_frequencies(self.excitation.input_shape, max(height, width))

    @property
    def starts(self) -> list[Array]:
        """Where to begin (C,), the best first: gray, or the mean; signals at what becomes zero."""
        mean = self.range.mean
        if not self.range.discrete:
            return [mean]
        gray = np.full_like(mean, GRAY)
        return [mean, np.zeros_like(mean), gray] if self.objective.several else [gray]

    def climb(self, channels: Channels, start: Array) -> NDArray[Any]:
        """Return samples (n, H, W, C) for channels, begun as noise around a start (C,).

        Raises DataError where a gradient is not finite.
        """
        how, shape = self.settings, self.excitation.input_shape
        random = stream(0, "maximize")
        base = np.broadcast_to(start.astype(np.float32), shape)
        first = base + NOISE * random.standard_normal(shape)
        inputs = np.repeat(first[None].astype(np.float32), len(channels), axis=0)
        for step in range(how.steps):
            late = step >= LATE * how.steps
            warp = None if late else self._draw_warp(random)
            gradient = self._differentiate(inputs, channels, warp, late)
            inputs += np.float32(STEP) * self._even_out(gradient)
            if how.variation:
                inputs -= np.float32(STEP * how.variation) * differentiate_variation(inputs)
            inputs -= np.float32(how.decay) * (inputs - base)
            if how.blur and not late and (step + 1) % how.blur == 0:
                inputs = blur(inputs)
            np.clip(inputs, 0, 1, out=inputs)
        self._check(inputs)
        return self.range.restore(inputs)

    def answer(self, samples: NDArray[Any]) -> Array:
        """Return what samples excite: maps (n, P, Q, K), good until the next call.

        Raises DataError for NaN and infinity.
        """
        maps = self._run(self.range.take(samples))
        self._check(maps)
        return maps

    def _check(self, values: Array) -> None:
        if not are_finite(values):
            raise DataError(NOT_FINITE, place=self.name)

    def _run(self, inputs: Array) -> Array:
        plan_input = self.excitation.plan.input[: len(inputs)]
        plan_input[...] = inputs.reshape(plan_input.shape)
        return self.excitation.answer(len(inputs))

    def _draw_warp(self, random: np.random.Generator) -> Warp | None:
        how = self.settings
        size = self.excitation.input_shape[:2]
        moves = random.integers(-how.jitter, how.jitter + 1, 2)
        turn, growth = random.uniform(-1, 1, 2)
        if not (how.jitter or how.rotate or how.scale):
            return None
        flat = size[0] == 1  # a signal: it cannot turn, nor move down
        angle = 0.0 if flat else math.radians(how.rotate) * turn
        shift = (0 if flat else int(moves[0]), int(moves[1]))
        return Warp((size[0], size[1]), angle, (1 + how.scale) ** growth, shift)

    def _differentiate(
        self, inputs: Array, channels: Channels, warp: Warp | None, late: bool
    ) -> Array:
        """Return the gradients of the objective with respect to inputs (n, H, W, C)."""
        seen = inputs if warp is None else warp.apply(inputs)
        maps = self._run(self.range.normalize(seen))
        places, slope = self.objective.differentiate(maps, channels, late)
        gradient = self.range.carry_back(self.excitation.carry_back(places, slope))
        return gradient if warp is None else warp.carry_back(gradient)

    def _even_out(self, gradient: Array) -> Array:
        """Return steps (n, H, W, C) along gradients, of the same length for all inputs."""
        if self.settings.fourier:
            size, axes = gradient.shape[1:3], (1, 2)
            spectrum = np.fft.rfft2(gradient, axes=axes) * self.gains
            gradient = np.fft.irfft2(spectrum, size, axes).astype(np.float32)
        squares = np.square(gradient, dtype=np.float64).sum(axis=(1, 2, 3), keepdims=True)
        lengths = np.sqrt(squares / self.counting)
        steps: Array = gradient / np.where(lengths > 0, lengths, 1)
        return steps.astype(np.float32)


def _weigh_frequencies(shape: tuple[int, ...], side: int) -> Array:
    """Return how far each frequency moves, (H, W//2 + 1, 1): the inverse of the frequency.

    Waves longer than a side count as that long.
    """
    down, across = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])
    gains: Array = 1 / np.maximum(np.hypot(down, across), 1 / max(1, side))
    return gains[..., None]


def differentiate_variation(inputs: Array) -> Array:
    """Return the gradients of the total variation: of the sum of sizes of differences between
    neighbors in a row or a column (Mahendran and Vedaldi 2015, arXiv:1412.0035).
    """
    gradient = np.zeros_like(inputs)
    for axis in (1, 2):
        differences = np.diff(inputs, axis=axis)
        signs = differences / np.sqrt(differences**2 + np.float32(SMOOTH))
        widths = [(1, 1) if number == axis else (0, 0) for number in range(4)]
        gradient -= np.diff(np.pad(signs, widths), axis=axis)
    return gradient


def blur(images: Array) -> Array:
    """Return images (n, H, W, C) with each pixel a mean over 3x3, weights 1 2 1 both ways."""
    for axis in (1, 2):
        widths = [(1, 1) if number == axis else (0, 0) for number in range(4)]
        padded = np.pad(images, widths, mode="edge")
        first, middle, last = (
            np.take(padded, np.arange(images.shape[axis]) + offset, axis) for offset in range(3)
        )
        images = (first + 2 * middle + last) / np.float32(4)
    return images
