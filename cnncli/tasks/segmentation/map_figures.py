"""Figures of maps of classes: how much of what is true and what is claimed overlaps.

Legend: N images, K classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.tasks.class_figures import measure_shares
from cnncli.tasks.metrics import Floats, finite_or_none, share

Integers = NDArray[np.int64]


def measure_maps(names: Sequence[str], confusion: Integers, loss: Floats) -> dict[str, Any]:
    """Return the figures over the pixels of all N > 0 images together; None stands for 0/0.

    `confusion` (N, K, K) has a row per true class and a column per predicted one, without the
    pixels to be ignored, `loss` (N,) the mean over each image. IoU = hits / (true + claimed -
    hits), Dice = 2 hits / (true + claimed); the mean IoU is over the classes that occur or are
    claimed.
    """
    pixels = confusion.sum((1, 2))
    whole, total = confusion.sum(0), int(pixels.sum())
    classes = [{"name": name, **_measure_overlap(index, whole)} for index, name in enumerate(names)]
    ious = [row["iou"] for row in classes if row["iou"] is not None]
    return {
        "images": len(pixels),
        "pixels": total,
        "pixel_accuracy": share(int(np.trace(whole)), total),
        "mean_iou": sum(ious) / len(ious) if ious else None,
        "loss": finite_or_none(pixels @ loss / max(total, 1)),
        "classes": classes,
        "confusion": whole.tolist(),
    }


def _measure_overlap(index: int, confusion: Integers) -> dict[str, Any]:
    hits, support = int(confusion[index, index]), int(confusion[index].sum())
    claimed = int(confusion[:, index].sum())
    shares = measure_shares(hits=hits, claimed=claimed, support=support)
    return {"iou": share(hits, support + claimed - hits), "dice": shares.pop("f1"), **shares}
