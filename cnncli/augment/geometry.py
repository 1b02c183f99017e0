"""Images turned, enlarged, slanted, cut and tilted; what lies between pixels is interpolated."""

from __future__ import annotations

import numpy as np

from cnncli.augment.base import ImageStep, Matrices, start_matrices
from cnncli.augment.draws import Draws
from cnncli.settings import SHARE, between, setting

RATIO = 4 / 3  # of width to height, or the other way round, that a part of an image may have


class Rotate(ImageStep, name="rotate"):
    """Turned by at most so many degrees, to either side."""

    degrees: float = setting(between(0, 180))

    examples = ("rotate(20)", "rotate(180)")
    still = "rotate(0)"

    def move(self, draws: Draws, height: int, width: int) -> Matrices:
        angles = np.radians(draws.uniform(-self.degrees, self.degrees))
        matrices = start_matrices(len(draws))
        matrices[:, 0, 0] = matrices[:, 1, 1] = np.cos(angles)
        matrices[:, 0, 1] = np.sin(angles)
        matrices[:, 1, 0] = -matrices[:, 0, 1]
        return matrices


class Scale(ImageStep, name="scale"):
    """Enlarged or made smaller, by a factor of at most 1 + share."""

    share: float = setting(SHARE)

    examples = ("scale(0.2)",)
    still = "scale(0)"

    def move(self, draws: Draws, height: int, width: int) -> Matrices:
        most = np.log1p(self.share)
        matrices = start_matrices(len(draws))
        matrices[:, 0, 0] = matrices[:, 1, 1] = np.exp(draws.uniform(-most, most))
        return matrices


class Shear(ImageStep, name="shear"):
    """Slanted by at most so many degrees, as italics are, to either side."""

    degrees: float = setting(between(0, 60))

    examples = ("shear(20)",)
    still = "shear(0)"

    def move(self, draws: Draws, height: int, width: int) -> Matrices:
        matrices = start_matrices(len(draws))
        matrices[:, 0, 1] = np.tan(np.radians(draws.uniform(-self.degrees, self.degrees)))
        return matrices


class Zoom(ImageStep, name="zoom"):
    """A part anywhere in the image, of at least this share of its area, at full size.

    Its ratio of width to height is at most 4/3 times that of the image, or as much less.
    """

    share: float = setting(between(0.01, 1), 0.5)

    examples = ("zoom", "zoom(0.1)")
    still = "zoom(1)"

    def move(self, draws: Draws, height: int, width: int) -> Matrices:
        area = draws.uniform(self.share, 1, "area")
        most = np.minimum(np.log(RATIO), -np.log(area))  # what still fits into the image
        ratio = np.exp(most * draws.uniform(-1, 1, "ratio"))
        matrices = start_matrices(len(draws))
        for axis, side, part, purpose in (
            (0, width, np.sqrt(area * ratio), "across"),
            (1, height, np.sqrt(area / ratio), "down"),
        ):
            matrices[:, axis, axis] = part
            matrices[:, axis, 2] = (1 - part) * side * draws.uniform(-0.5, 0.5, purpose)
        return matrices


class Perspective(ImageStep, name="perspective"):
    """Tilted, so that a side looks nearer or farther by at most this share."""

    share: float = setting(between(0, 0.4))

    examples = ("perspective(0.3)",)
    still = "perspective(0)"

    def move(self, draws: Draws, height: int, width: int) -> Matrices:
        matrices = start_matrices(len(draws))
        for axis, side, purpose in ((0, width, "across"), (1, height, "down")):
            matrices[:, 2, axis] = draws.uniform(-self.share, self.share, purpose) * 2 / side
        return matrices
