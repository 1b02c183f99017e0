"""cnncli from Python, for the check alone: `cnncli bench` is what is measured."""

from __future__ import annotations

import numpy as np
from exported import Exported, Predictor

import cnncli


def predictor(files: Exported, threads: int, variant: str) -> Predictor:
    workload = files.workload
    network = cnncli.network(workload.text, workload.size, classes=workload.classes)
    network.weights.load(dict(zip(network.weights.dump(), files.weights, strict=True)))
    images = np.ascontiguousarray(files.images.transpose(0, 2, 3, 1))

    def predict() -> np.ndarray:
        logits = network(images)
        return logits if logits.ndim == 2 else logits.transpose(0, 3, 1, 2)

    return predict
