"""The gradient without what changes from pixel to pixel by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnncli.inspection.attribution import (
    MOST_INPUTS,
    Attribution,
    PixelMap,
    keep_strongest_channel,
)
from cnncli.inspection.figures import Array
from cnncli.inspection.target import Target
from cnncli.randomness import stream
from cnncli.settings import COUNT, INDEX, SHARE, setting

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


class SmoothGrad(Attribution, name="smoothgrad"):
    """Saliency as a mean over noisy copies of the image (Smilkov et al. 2017, arXiv:1706.03825).

    The noise has a normal distribution; its standard deviation is a share of the range from the
    smallest to the largest value of the input.
    """

    samples: int = setting(COUNT, 25)
    noise: float = setting(SHARE, 0.15)
    seed: int = setting(INDEX, 0)

    def attribute(self, trained: Trained, x: Array, target: Target) -> PixelMap:
        """Return the size of the mean of the gradients."""
        generator = stream(self.seed, "smoothgrad")
        deviation = self.noise * float(x.max() - x.min())
        total = np.zeros(x.shape)
        for start in range(0, self.samples, MOST_INPUTS):
            count = min(MOST_INPUTS, self.samples - start)
            noise = generator.standard_normal((count, *x.shape), np.float32)
            gradients = target.differentiate(trained, x + np.float32(deviation) * noise)
            total += gradients.sum(axis=0, dtype=np.float64)
        return PixelMap(keep_strongest_channel((total / self.samples).astype(np.float32)))
