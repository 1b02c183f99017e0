"""The network run backward, as a deconvnet."""

from __future__ import annotations

from typing import ClassVar

from cnncli.inspection.attribution import ChangedRelus
from cnncli.layers.base import ReluGradient


class Deconv(ChangedRelus, name="deconv"):
    """The pattern that leads to the answer, by a deconvnet (Zeiler & Fergus 2014, arXiv:1311.2901).

    A relu passes back what is positive; a max pool passes it to where its largest value came from.
    """

    relu: ClassVar[ReluGradient] = "deconv"
