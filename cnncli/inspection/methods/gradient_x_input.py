"""What each pixel adds to an answer, if the answer were as linear as it is close by."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cnncli.inspection.attribution import Attribution, PixelMap, add_channels
from cnncli.inspection.figures import Array
from cnncli.inspection.target import Target

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


class GradientXInput(Attribution, name="gradient-x-input"):
    """Gradient times pixel: what each adds to the answer (Shrikumar et al. 2016, arXiv:1605.01713).

    The pixel is what the network is given, normalized: zero adds nothing.
    """

    signed: ClassVar = True

    def attribute(self, trained: Trained, x: Array, target: Target) -> PixelMap:
        """Return the products, in sum over the channels of a pixel."""
        return PixelMap(add_channels(target.differentiate(trained, x[None])[0] * x))
