"""What every step of an augmentation is: its settings, and how it changes samples at random.

Legend: n samples of a batch, H W rows and columns, C channels, L length of a signal.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.augment.draws import Draws, Numbers
from cnncli.docstrings import read_docstring
from cnncli.registry import Named, Registry

Array = NDArray[np.float32]
Matrices = NDArray[np.float64]  # one per sample
Shape = tuple[int, ...]  # of an input: (H, W, C), or (L, C) of a signal


class Step(Named):
    """One kind of change: a frozen record whose fields are its settings.

    A new kind declares its settings and defines one of `move`, `recolor` and `change`: moves of an
    image become one matrix, its colors another, and it is sampled once through both.

    >>> class Rotate(ImageStep, name="rotate"): ...
    """

    summary: ClassVar[str]  # the first line of its docstring
    examples: ClassVar[tuple[str, ...]]  # texts of it; what holds for every step is tested on them
    mixes: ClassVar[bool] = False  # whether it makes one sample of two
    still: ClassVar[str | None] = None  # a text of it that changes nothing, where there is one

    def __init_subclass__(cls, name: str | None = None) -> None:
        """Register the step under the name it has in a text."""
        super().__init_subclass__(name)
        if name is not None:
            cls.summary = read_docstring(cls).strip().split("\n")[0]

    def refuse(self, task: str, shape: Shape) -> str | None:
        """Return why it has no meaning for a task on inputs of this shape; None where it has."""
        return None

    def move(self, draws: Draws, height: int, width: int) -> Matrices | None:
        """Return where each image shows what (n, 3, 3); None where nothing moves.

        A matrix takes a place (x, y, 1) of the new image to that of the old one, up to a factor,
        both in pixels from the center of an image of this size, x to the right and y down.
        """
        return None

    def recolor(self, draws: Draws, channels: int) -> Matrices | None:
        """Return how the channels of each image are mixed (n, C + 1, C + 1); None: not at all.

        A matrix takes the channels of a pixel, from 0 to 255, and 1 to the new ones and 1.
        """
        return None

    def change(self, draws: Draws, inputs: Array, scale: Array) -> None:
        """Change normalized inputs (n, H, W, C) or (n, L, C) in place.

        `scale` (C,) is what they were multiplied with: for images, the step between two of the
        levels 0 to 255.
        """

    def mix(self, draws: Draws, inputs: Array, others: Array) -> Numbers:
        """Mix normalized inputs with others in place; return the shares (n,) that are left of them.

        Only steps that are said to mix do.
        """
        raise NotImplementedError


STEPS: dict[str, Registry[type[Step]]] = {noun: Registry("augment") for noun in ("image", "signal")}


class ImageStep(Step):
    """A step for images, and for their masks where it moves."""

    registry: ClassVar[Registry[Any]] = STEPS["image"]


class SignalStep(Step):
    """A step for signals, which can only `change`."""

    registry: ClassVar[Registry[Any]] = STEPS["signal"]


def resolve_distance(distance: float, side: int) -> int:
    """Return a distance in pixels, or values of a signal; one below 1 is a share of the side."""
    return round(distance * side) if distance < 1 else int(distance)


def start_matrices(n: int, size: int = 3) -> Matrices:
    """Return n identity matrices (n, size, size), to write a step into."""
    return np.tile(np.eye(size), (n, 1, 1))
