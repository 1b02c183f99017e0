"""Colors changed at random: matrices that take red, green, blue and 1 to their new levels.

Legend: n images of a batch, C channels.
"""

from __future__ import annotations

import numpy as np

from cnncli.augment.base import ImageStep, Matrices, Shape, start_matrices
from cnncli.augment.draws import Draws
from cnncli.settings import SHARE, between, setting

MIDDLE = 127.5  # of the levels from 0 to 255
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, by which images are made gray


class Brightness(ImageStep, name="brightness"):
    """Levels multiplied by 1 plus or minus at most this share."""

    share: float = setting(SHARE)

    examples = ("brightness(0.4)", "brightness(1)")
    still = "brightness(0)"

    def recolor(self, draws: Draws, channels: int) -> Matrices:
        matrices = start_matrices(len(draws), channels + 1)
        matrices[:, :-1] *= _draw_factors(draws, self.share)
        return matrices


class Contrast(ImageStep, name="contrast"):
    """Distances from the middle gray multiplied by 1 plus or minus at most this share."""

    share: float = setting(SHARE)

    examples = ("contrast(0.4)", "contrast(1)")
    still = "contrast(0)"

    def recolor(self, draws: Draws, channels: int) -> Matrices:
        matrices, factors = (
            start_matrices(len(draws), channels + 1),
            _draw_factors(draws, self.share),
        )
        matrices[:, :-1] *= factors
        matrices[:, :-1, -1:] = (1 - factors) * MIDDLE
        return matrices


class ColorStep(ImageStep):
    """A step for images in color."""

    def refuse(self, task: str, shape: Shape) -> str | None:
        if shape[-1] == 3:
            return None
        kind = "gray" if shape[-1] == 1 else f"of {shape[-1]} bands"
        return f"is for images in color, and these are {kind}; leave it out"


class Saturation(ColorStep, name="saturation"):
    """Distances from the pixel's own gray multiplied by 1 plus or minus at most this share."""

    share: float = setting(SHARE)

    examples = ("saturation(0.4)", "saturation(1)")
    still = "saturation(0)"

    def recolor(self, draws: Draws, channels: int) -> Matrices:
        return _saturate(_draw_factors(draws, self.share))


class Gray(ColorStep, name="gray"):
    """Without colors, in a share of the images."""

    share: float = setting(SHARE, 0.1)

    examples = ("gray(0.5)",)
    still = "gray(0)"

    def recolor(self, draws: Draws, channels: int) -> Matrices:
        return _saturate(np.where(draws.chance(self.share), 0.0, 1.0)[:, None, None])


class Hue(ColorStep, name="hue"):
    """Colors turned by at most so many degrees, to either side, and grays left as they are.

    A rotation of red, green and blue about the axis of the grays (Haeberli 1993, Matrix Operations
    for Image Processing), which keeps the mean of the three.
    """

    degrees: float = setting(between(0, 180))

    examples = ("hue(20)", "hue(180)")
    still = "hue(0)"

    def recolor(self, draws: Draws, channels: int) -> Matrices:
        angles = np.radians(draws.uniform(-self.degrees, self.degrees))[:, None, None]
        turn = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
        matrices = start_matrices(len(draws), 4)
        matrices[:, :3, :3] *= np.cos(angles)
        matrices[:, :3, :3] += (1 - np.cos(angles)) / 3 + np.sin(angles) * turn
        return matrices


def _draw_factors(draws: Draws, share: float) -> Matrices:
    """Return a factor of 1 plus or minus a share for each image (n, 1, 1)."""
    return draws.uniform(1 - share, 1 + share)[:, None, None]


def _saturate(factors: Matrices) -> Matrices:
    """Return matrices (n, 4, 4) that multiply distances from gray by factors (n, 1, 1)."""
    matrices = start_matrices(len(factors), 4)
    matrices[:, :3, :3] *= factors
    matrices[:, :3, :3] += (1 - factors) * LUMA
    return matrices
