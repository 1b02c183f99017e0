"""Mirrored images."""

from __future__ import annotations

from cnncli.augment.base import ImageStep, Matrices, start_matrices
from cnncli.augment.draws import Draws
from cnncli.settings import SHARE, setting


class HorizontalFlip(ImageStep, name="hflip"):
    """Left and right exchanged, in a share of the images; not for letters and digits."""

    share: float = setting(SHARE, 0.5)

    examples = ("hflip", "hflip(1)")
    still = "hflip(0)"

    def move(self, draws: Draws, height: int, width: int) -> Matrices:
        matrices = start_matrices(len(draws))
        matrices[draws.chance(self.share), 0, 0] = -1
        return matrices


class VerticalFlip(ImageStep, name="vflip"):
    """Top and bottom exchanged, in a share of the images; for those without an up and down."""

    share: float = setting(SHARE, 0.5)

    examples = ("vflip", "vflip(1)")
    still = "vflip(0)"

    def move(self, draws: Draws, height: int, width: int) -> Matrices:
        matrices = start_matrices(len(draws))
        matrices[draws.chance(self.share), 1, 1] = -1
        return matrices


class AlternatingFlip(ImageStep, name="altflip"):
    """Left and right exchanged in every second epoch: half of the images now, the rest in the next.

    So two epochs show each image both ways, where hflip leaves that to chance (Jordan 2024,
    arXiv:2404.00498).
    """

    examples = ("altflip",)

    def move(self, draws: Draws, height: int, width: int) -> Matrices:
        matrices = start_matrices(len(draws))
        matrices[draws.alternate(), 0, 0] = -1
        return matrices
