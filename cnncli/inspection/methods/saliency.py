"""How much an answer changes with each pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncli.inspection.attribution import Attribution, PixelMap, keep_strongest_channel
from cnncli.inspection.figures import Array
from cnncli.inspection.target import Target

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


class Saliency(Attribution, name="saliency"):
    """How a small change of each pixel changes the answer (Simonyan et al. 2014, arXiv:1312.6034).

    It is the size of the gradient; of the channels of a pixel, the largest counts.
    """

    def attribute(self, trained: Trained, x: Array, target: Target) -> PixelMap:
        """Return the size of the gradient."""
        return PixelMap(keep_strongest_channel(target.differentiate(trained, x[None])[0]))
