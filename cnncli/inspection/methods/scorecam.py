"""Score-CAM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnncli.graph import Node
from cnncli.inspection.attribution import MOST_INPUTS, as_image
from cnncli.inspection.cam import Cam, Floats, lay_over_input
from cnncli.inspection.figures import Array
from cnncli.inspection.target import Target

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


class ScoreCam(Cam, name="scorecam"):
    """Maps, each by the answer to what it leaves of the image (Wang et al. 2020, arXiv:1910.01279).

    It takes no gradients. Each map, scaled to 0 to 1, is a mask on the image; the answers to the
    masked images become the weights of the maps by a softmax. A map that is the same everywhere
    masks nothing, and does not count.
    """

    def combine(
        self, trained: Trained, x: Array, target: Target, node: Node, maps: Floats
    ) -> Floats:
        """Return relu(sum of the maps, each times its weight)."""
        lows, highs = maps.min(axis=(0, 1)), maps.max(axis=(0, 1))
        varied = np.flatnonzero(highs > lows)
        if not len(varied):
            return np.zeros(maps.shape[:2])
        maps = maps[..., varied]
        masks = ((maps - lows[varied]) / (highs - lows)[varied]).transpose(2, 0, 1)
        answers = np.empty(len(varied))
        for start in range(0, len(varied), MOST_INPUTS):
            some = slice(start, start + MOST_INPUTS)
            shares = lay_over_input(trained.graph, node, masks[some])
            inputs = (as_image(x) * shares[..., None]).reshape(-1, *x.shape)
            answers[some] = target.measure(trained, inputs)
        weights = np.exp(answers - answers.max())
        total: Floats = maps @ (weights / weights.sum())
        return np.maximum(total, 0)
