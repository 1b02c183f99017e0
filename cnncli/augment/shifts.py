"""Images moved by whole pixels, so that none is mixed with its neighbors."""

from __future__ import annotations

from cnncli.augment.base import ImageStep, Matrices, Shape, resolve_distance, start_matrices
from cnncli.augment.draws import Draws
from cnncli.settings import DISTANCE, INDEX, setting


class Shift(ImageStep, name="shift"):
    """Moved to any side by at most so many pixels, or such a share of the side."""

    distance: float = setting(DISTANCE)

    examples = ("shift(2)", "shift(0.2)")
    still = "shift(0)"

    def refuse(self, task: str, shape: Shape) -> str | None:
        return _refuse_far(self.distance, shape)

    def move(self, draws: Draws, height: int, width: int) -> Matrices:
        return _move(
            draws, resolve_distance(self.distance, height), resolve_distance(self.distance, width)
        )


class Crop(ImageStep, name="crop"):
    """Padded by so many pixels on every side, and a part of the old size cut out anywhere."""

    pad: int = setting(INDEX)

    examples = ("crop(2)",)
    still = "crop(0)"

    def refuse(self, task: str, shape: Shape) -> str | None:
        return _refuse_far(self.pad, shape)

    def move(self, draws: Draws, height: int, width: int) -> Matrices:
        return _move(draws, self.pad, self.pad)


def _move(draws: Draws, down: int, across: int) -> Matrices:
    matrices = start_matrices(len(draws))
    matrices[:, 0, 2] = draws.whole(-across, across, "across")
    matrices[:, 1, 2] = draws.whole(-down, down, "down")
    return matrices


def _refuse_far(distance: float, shape: Shape) -> str | None:
    side = min(shape[:2])
    if distance >= side:
        return f"would move all of an image {shape[1]} wide and {shape[0]} high out of sight"
    return None
