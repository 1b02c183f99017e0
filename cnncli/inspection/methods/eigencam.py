"""Eigen-CAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cnncli.graph import Node
from cnncli.inspection.base import Subject
from cnncli.inspection.cam import Cam, Floats
from cnncli.inspection.figures import Array
from cnncli.inspection.target import Target

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


class EigenCam(Cam, name="eigencam"):
    """What most of the last maps share, whatever the answer (Muhammad 2020, arXiv:2008.00299).

    It is their projection on the first principal direction of the places, not centered, with the
    sign that makes most of it positive; the rest is left out.
    """

    takes: ClassVar = frozenset({"layer", "score"})

    def choose_target(self, trained: Trained, subject: Subject, node: Node) -> Target:
        """Return the layer in place of an output."""
        return Target(node.name, 0, node.name)

    def combine(
        self, trained: Trained, x: Array, target: Target, node: Node, maps: Floats
    ) -> Floats:
        """Return the places' projection on the direction in which they are longest together."""
        places = maps.reshape(-1, maps.shape[-1])
        # The first principal direction by the smaller of both matrices of products. Not by @, whose
        # sums may depend on the number of threads.
        if len(places) < maps.shape[-1]:
            products = np.einsum("pi,qi->pq", places, places, optimize=False)
            lengths, directions = np.linalg.eigh(products)  # in the order of their eigenvalues
            flat = directions[:, -1] * np.sqrt(max(lengths[-1], 0))
        else:
            products = np.einsum("pi,pj->ij", places, places, optimize=False)
            flat = places @ np.linalg.eigh(products)[1][:, -1]
        projection: Floats = flat.reshape(maps.shape[:2])
        return np.maximum(projection if projection.sum() >= 0 else -projection, 0)
