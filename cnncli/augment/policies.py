"""Steps that choose among others for each image, so that there is little to set."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnncli.augment.base import ImageStep, Matrices, Step, start_matrices
from cnncli.augment.color import Brightness, ColorStep, Contrast, Saturation
from cnncli.augment.draws import Draws
from cnncli.augment.geometry import Rotate, Shear
from cnncli.augment.shifts import Shift
from cnncli.settings import COUNT, between, setting

STRONGEST = 30  # of RandAugment, as the papers count


class Policy(ImageStep):
    """A step that draws others for each image, and takes them one after another.

    Of the lists in the papers it has what moves or colors images as a whole. How far a step goes is
    drawn as ever, up to its setting. On images that are not in color, those for color do nothing.
    """

    def choose(self) -> tuple[int, tuple[Step, ...]]:
        """Return how many steps an image takes, and among which; none is always among them, too."""
        raise NotImplementedError

    def move(self, draws: Draws, height: int, width: int) -> Matrices:
        return self._combine(draws, 3, lambda step, own: step.move(own, height, width), np.matmul)

    def recolor(self, draws: Draws, channels: int) -> Matrices:
        def ask(step: Step, own: Draws) -> Matrices | None:
            fits = channels == 3 or not isinstance(step, ColorStep)
            return step.recolor(own, channels) if fits else None

        return self._combine(draws, channels + 1, ask, lambda before, colors: colors @ before)

    def _combine(
        self,
        draws: Draws,
        size: int,
        ask: Callable[[Step, Draws], Matrices | None],
        join: Callable[[Matrices, Matrices], Matrices],
    ) -> Matrices:
        """Return the matrices (n, size, size) of the steps that each image takes, joined."""
        matrices = start_matrices(len(draws), size)
        count, steps = self.choose()
        for place in range(count):
            drawn = draws.within(place)
            choices = drawn.whole(0, len(steps), "which")
            for number, step in enumerate(steps):
                rows = np.flatnonzero(choices == number)
                part = ask(step, drawn.take(rows).within(number))
                if part is not None:
                    matrices[rows] = join(matrices[rows], part)
        return matrices


class RandAugment(Policy, name="randaugment"):
    """So many steps for each image, drawn among moves and colors, of a strength up to this of 30.

    Cubuk et al. 2020, arXiv:1909.13719.
    """

    count: int = setting(COUNT, 2)
    strength: float = setting(between(0, STRONGEST), 9.0)

    examples = ("randaugment", "randaugment(3, 15)")
    still = "randaugment(1, 0)"

    def choose(self) -> tuple[int, tuple[Step, ...]]:
        share = self.strength / STRONGEST
        return self.count, (
            Shift(0.45 * share),
            Rotate(30 * share),
            Shear(17 * share),
            Brightness(0.9 * share),
            Contrast(0.9 * share),
            Saturation(0.9 * share),
        )


class TrivialAugment(Policy, name="trivialaugment"):
    """One step for each image, drawn among moves and colors, of any strength; nothing to set.

    Müller & Hutter 2021, arXiv:2103.10158, with their wide ranges.
    """

    examples = ("trivialaugment",)

    def choose(self) -> tuple[int, tuple[Step, ...]]:
        return 1, (
            Shift(0.9), Rotate(135), Shear(45),
            Brightness(0.99), Contrast(0.99), Saturation(0.99),
        )  # fmt: skip
