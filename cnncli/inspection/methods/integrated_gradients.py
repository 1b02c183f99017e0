"""What each pixel adds to an answer on the way from an empty input to the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.inspection.attribution import MOST_INPUTS, Attribution, PixelMap, add_channels
from cnncli.inspection.figures import Array
from cnncli.inspection.target import Target
from cnncli.settings import COUNT, setting

if TYPE_CHECKING:
    from cnncli.trained.model import Trained

TOLERANCE = 0.01  # of the difference that all pixels have to add up to
MOST_STEPS = 4096


class IntegratedGradients(Attribution, name="integrated-gradients"):
    """What each pixel adds to the answer from zero on (Sundararajan et al. 2017, arXiv:1703.01365).

    x times the mean gradient along the straight line from an input of zeros to x. The values of
    all pixels add up to the `difference` between the answers to the two; `completeness` is their
    sum, as a share of it. The steps are doubled, up to 4096, until it is within 1 % of 1.
    """

    steps: int = setting(COUNT, 64)

    signed: ClassVar = True

    def attribute(self, trained: Trained, x: Array, target: Target) -> PixelMap:
        """Return the integral, in sum over the channels of a pixel."""
        zero, full = target.measure(trained, np.stack([np.zeros_like(x), x]))
        difference = float(full - zero)
        steps = self.steps
        while True:
            values = _average_gradient(trained, x, target, steps) * x
            error = abs(float(values.sum()) - difference)
            if error <= TOLERANCE / 2 * abs(difference) or 2 * steps > MOST_STEPS:
                break
            steps *= 2
        completeness = float(values.sum()) / difference if difference else 1.0
        figures = (("difference", difference), ("completeness", completeness))
        return PixelMap(add_channels(values), figures)


def _average_gradient(
    trained: Trained, x: Array, target: Target, steps: int
) -> NDArray[np.float64]:
    """Return the mean gradient over the middles of equal steps from zero to x."""
    shares = ((np.arange(steps) + 0.5) / steps).astype(np.float32)
    shares = shares.reshape(-1, *(1 for _ in x.shape))
    total = np.zeros(x.shape)
    for start in range(0, steps, MOST_INPUTS):
        inputs = shares[start : start + MOST_INPUTS] * x
        total += target.differentiate(trained, inputs).sum(axis=0, dtype=np.float64)
    return total / steps
