"""Guided backpropagation."""

from __future__ import annotations

from typing import ClassVar

from cnncli.inspection.attribution import ChangedRelus
from cnncli.layers.base import ReluGradient


class Guided(ChangedRelus, name="guided"):
    """The gradient along paths that raise the answer (Springenberg et al. 2015, arXiv:1412.6806).

    A relu passes back what is positive, where it was on itself.
    """

    relu: ClassVar[ReluGradient] = "guided"
