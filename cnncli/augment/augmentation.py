"""An augmentation: steps one after another, and what they make of the samples of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cnncli.augment.base import Array, Matrices, Shape, Step, start_matrices
from cnncli.augment.border import BORDERS, Border
from cnncli.augment.draws import Draws, Numbers
from cnncli.augment.sampling import sample_images, to_source
from cnncli.errors import UsageError, setting
from cnncli.value import Value

NO_COLORS = np.empty((0, 0, 0), np.float32)


class Normalizing(Protocol):
    """What brings samples to the range of a network's inputs: value * scale + shift."""

    @property
    def scale(self) -> tuple[float, ...]:
        """What a value is multiplied with, per channel."""

    @property
    def shift(self) -> tuple[float, ...]:
        """What is added then."""

    def normalize(self, values: Any, indices: Any, out: Any, threads: int = 1) -> None:
        """Write values[indices] into out, normalized."""


class Augmentation(Value):
    """Steps in their order; `str` is the text that is read as the same."""

    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return ", ".join(map(str, self.steps)) or "none"

    def __bool__(self) -> bool:
        return bool(self.steps)

    @property
    def border(self) -> int:
        """What moved images show outside of the original, by its place among the borders."""
        kinds = [step.kind for step in self.steps if isinstance(step, Border)]
        return BORDERS.index(kinds[-1]) if kinds else 0

    def check(self, task: str, shape: Shape) -> None:
        """Raise UsageError for a step that has no meaning for a task on inputs of this shape."""
        if sum(isinstance(step, Border) for step in self.steps) > 1:
            raise UsageError(
                f"{setting('augment')}: border is given twice, and an image has only one; leave "
                "one out"
            )
        for step in self.steps:
            reason = step.refuse(task, shape)
            if reason:
                raise UsageError(f"{setting('augment')}: {step} {reason}")

    def move(self, draws: Draws, height: int, width: int) -> Matrices:
        """Return the moves of all steps as one matrix per image (n, 3, 3), see Step.move."""
        moves = self._collect(draws, lambda step, own: step.move(own, height, width))
        return reduce(np.matmul, moves, start_matrices(len(draws)))

    def recolor(self, draws: Draws, channels: int) -> Array:
        """Return the colors of all steps as one matrix per image (n, C, C + 1); (0, …): none."""
        colors = list(self._collect(draws, lambda step, own: step.recolor(own, channels)))
        if not colors:
            return NO_COLORS
        mixed = reduce(np.matmul, reversed(colors))
        return np.ascontiguousarray(mixed[:, :-1], np.float32)

    def change(self, draws: Draws, inputs: Array, scale: tuple[float, ...]) -> None:
        """Change normalized inputs in place, as far as that is not done by sampling them."""
        for number, step in enumerate(self.steps):
            step.change(draws.within(number), inputs, np.array(scale, np.float32))

    @property
    def mixes(self) -> bool:
        """Whether a sample becomes one with another, see `mix`."""
        return any(step.mixes for step in self.steps)

    def choose_others(self, draws: Draws, count: int) -> NDArray[np.int64]:
        """Return which of `count` samples each is mixed with (n,): any but itself."""
        return (draws.samples + draws.whole(1, max(1, count - 1), "other").astype(np.int64)) % count

    def mix(self, draws: Draws, inputs: Array, others: Array) -> Numbers:
        """Mix normalized inputs with others in place; return the shares (n,) that are left of them.

        Of several steps that mix, each sample takes one.
        """
        mixing = [number for number, step in enumerate(self.steps) if step.mixes]
        turns = draws.whole(0, len(mixing) - 1, "mixing")
        shares = np.ones(len(draws))
        for turn, number in enumerate(mixing):
            rows = np.flatnonzero(turns == turn)
            own, mixed = draws.take(rows).within(number), inputs[rows]
            shares[rows] = self.steps[number].mix(own, mixed, others[rows])
            inputs[rows] = mixed
        return shares

    def prepare(
        self,
        preprocessing: Normalizing,
        values: NDArray[Any],
        indices: NDArray[np.int64],
        draws: Draws,
        out: Array,
        threads: int = 1,
    ) -> None:
        """Write values[indices], augmented and normalized, into out (n, H, W, C) or (n, L, C).

        `values` are images, uint8 (M, H, W, C), or signals, float32 (M, L, C).
        """
        if out.ndim == 3 or not self:
            preprocessing.normalize(values, indices, out, threads)
        else:
            height, width, channels = out.shape[1:]
            middle = np.array([(width - 1) / 2, (height - 1) / 2])
            sample_images(
                values,
                indices,
                to_source(self.move(draws, height, width), (height, width), middle),
                self.border,
                self.recolor(draws, channels),
                preprocessing.scale,
                preprocessing.shift,
                out,
                threads,
            )
        self.change(draws, out, preprocessing.scale)

    def _collect(
        self, draws: Draws, ask: Callable[[Step, Draws], Matrices | None]
    ) -> Iterator[Matrices]:
        """Yield the matrices of the steps that have some."""
        for number, step in enumerate(self.steps):
            matrices = ask(step, draws.within(number))
            if matrices is not None:
                yield matrices


NONE = Augmentation()
