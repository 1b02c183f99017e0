"""Grad-CAM++."""

from __future__ import annotations

import numpy as np

from cnncli.inspection.cam import Floats, GradientCam


class GradCamPlusPlus(GradientCam, name="gradcam++"):
    """Grad-CAM that sees each of several objects (Chattopadhay et al. 2018, arXiv:1710.11063).

    Gradients above zero are weighed by a = g^2 / (2 g^2 + sum(A) g^3), equation 19 for the
    exponential of the answer, whose derivatives are powers of the gradient g of the maps A.
    """

    def weigh(self, maps: Floats, gradients: Floats) -> Floats:
        """Return relu(sum of the maps, each times the sum of a relu(g))."""
        square, cube = gradients**2, gradients**3
        below = 2 * square + maps.sum(axis=(0, 1)) * cube
        shares = np.divide(square, below, out=np.zeros_like(square), where=below != 0)
        weights = (shares * np.maximum(gradients, 0)).sum(axis=(0, 1))
        total: Floats = maps @ weights
        return np.maximum(total, 0)
