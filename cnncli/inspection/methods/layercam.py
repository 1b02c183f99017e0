"""LayerCAM."""

from __future__ import annotations

import numpy as np

from cnncli.inspection.cam import Floats, GradientCam


class LayerCam(GradientCam, name="layercam"):
    """Where maps speak for the answer, place by place (Jiang 2021, doi:10.1109/TIP.2021.3089943).

    Each place has a weight of its own, so that the fine maps of early layers are of use, too.
    """

    def weigh(self, maps: Floats, gradients: Floats) -> Floats:
        """Return relu(sum of the maps, each place times its gradient where that is positive)."""
        total: Floats = (maps * np.maximum(gradients, 0)).sum(axis=2)
        return np.maximum(total, 0)
