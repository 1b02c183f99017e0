"""How good maps of classes are: what each image got, and the figures over all of them.

Legend: K classes, n pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.layers.base import Array
from cnncli.value import Value

Integers = NDArray[np.int64]

PIXELS = 1 << 18  # whose losses are computed at a time


class JudgedMap(Value):
    """What the pixels of one image got."""

    confusion: Integers  # (K, K) pixels, a row per true class and a column per predicted one
    loss: float  # mean cross-entropy in nats


def judge_map(logits: Array, labels: NDArray[np.integer]) -> JudgedMap:
    """Compare the answer for an image (H, W, K) with the true classes (H, W)."""
    classes = logits.shape[-1]
    rows, right = logits.reshape(-1, classes), labels.reshape(-1).astype(np.int64)
    pairs = right * classes + rows.argmax(axis=1)
    counts = np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
    parts = range(0, len(rows), PIXELS)
    total = sum(_loss(rows[one : one + PIXELS], right[one : one + PIXELS]) for one in parts)
    return JudgedMap(counts.astype(np.int64), total / len(rows))


def map_figures(judged: Sequence[JudgedMap], names: Sequence[str]) -> dict[str, Any]:
    """Return the figures of `evaluate` over one image or more; None stands for 0/0.

    IoU = hits / (hits + missed + wrongly claimed), Dice = 2 hits / (true + claimed), over the
    pixels of all images together. The mean IoU is over the classes that occur or are claimed.
    """
    confusion = np.sum([one.confusion for one in judged], axis=0)
    pixels = np.array([one.confusion.sum() for one in judged])
    per_class = [_class_figures(name, index, confusion) for index, name in enumerate(names)]
    ious = [one["iou"] for one in per_class if one["iou"] is not None]
    return {
        "images": len(judged),
        "pixels": int(pixels.sum()),
        "pixel_accuracy": int(np.trace(confusion)) / int(pixels.sum()),
        "mean_iou": sum(ious) / len(ious),
        "loss": float(pixels @ np.array([one.loss for one in judged]) / pixels.sum()),
        "classes": per_class,
        "confusion": confusion.tolist(),
    }


def _loss(rows: Array, labels: Integers) -> float:
    shifted = rows.astype(np.float64) - rows.max(axis=1, keepdims=True)
    true = shifted[np.arange(len(rows)), labels]
    return float((np.log(np.exp(shifted).sum(axis=1)) - true).sum())


def _class_figures(name: str, index: int, confusion: Integers) -> dict[str, Any]:
    hits = int(confusion[index, index])
    support = int(confusion[index].sum())
    claimed = int(confusion[:, index].sum())
    return {
        "name": name,
        "iou": _share(hits, support + claimed - hits),
        "dice": _share(2 * hits, support + claimed),
        "precision": _share(hits, claimed),
        "recall": _share(hits, support),
        "support": support,
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
