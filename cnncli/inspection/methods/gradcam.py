"""Grad-CAM."""

from __future__ import annotations

import numpy as np

from cnncli.inspection.cam import Floats, GradientCam


class GradCam(GradientCam, name="gradcam"):
    """Where the maps of a layer speak for the answer (Selvaraju et al. 2017, arXiv:1610.02391).

    Each map counts by its mean gradient; what speaks against the answer is left out.
    """

    def weigh(self, maps: Floats, gradients: Floats) -> Floats:
        """Return relu(sum of the maps, each times the mean of its gradient)."""
        total: Floats = maps @ gradients.mean(axis=(0, 1))
        return np.maximum(total, 0)
