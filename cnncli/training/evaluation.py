"""How good answers are: what each image got, and the figures over all of them.

Legend: N images, K classes. Everything is float64, whatever the network computes in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.loader import Loader
    from cnncli.engine import Plan
    from cnncli.layers.base import Array

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Z_95 = 1.959963984540054  # of the normal distribution, for 95 % inside
ECE_BINS = 15


def probabilities(logits: Array) -> Floats:
    """Return the softmax of logits (N, K); a row's result depends on that row alone."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    result: Floats = exponentials / exponentials.sum(axis=1, keepdims=True)
    return result


class Judged(Value):
    """What each of N images got."""

    label: Integers  # (N,) index of the true class
    predicted: Integers  # (N,) index of the likeliest class, the first of equals
    confidence: Floats  # (N,) its probability
    loss: Floats  # (N,) cross-entropy in nats
    rank: Integers  # (N,) how many classes were likelier than the true one

    @classmethod
    def join(cls, parts: Sequence[Judged]) -> Judged:
        """Return several batches as one."""
        names = cls.__dataclass_fields__
        return cls(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))


def judge(logits: Array, labels: Integers) -> Judged:
    """Compare logits (N, K) with the true classes (N,)."""
    rows = np.arange(len(labels))
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    true = shifted[rows, labels]
    earlier_equals = (shifted == true[:, None]) & (np.arange(logits.shape[1]) < labels[:, None])
    predicted = logits.argmax(axis=1)
    return Judged(
        label=np.asarray(labels, np.int64),
        predicted=predicted,
        confidence=probabilities(logits)[rows, predicted],
        loss=np.log(np.exp(shifted).sum(axis=1)) - true,
        rank=((shifted > true[:, None]) | earlier_equals).sum(axis=1),
    )


def judge_batches(plan: Plan, images: Loader) -> Iterator[Judged]:
    """Run the network on all images, in the loader's order, and judge its answers."""
    for batch in images.epoch(0):
        for start in range(0, len(batch.labels), plan.setup.batch):
            labels = batch.labels[start : start + plan.setup.batch]
            count = len(labels)
            plan.input[:count] = batch.images[start : start + count]
            plan.forward(count)
            yield judge(plan.output[:count], labels.astype(np.int64))


def mean_loss_and_accuracy(plan: Plan, images: Loader) -> tuple[float, float]:
    """Return the mean cross-entropy and the share of right answers over all images."""
    judged = Judged.join(list(judge_batches(plan, images)))
    return float(judged.loss.mean()), float((judged.label == judged.predicted).mean())


def wilson_interval(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    share = hits / trials
    weight = Z_95**2 / trials
    middle = (share + weight / 2) / (1 + weight)
    half = math.sqrt(weight * share * (1 - share) + weight**2 / 4) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def calibration_error(confidence: Floats, correct: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over 15 equal bins (Guo et al. 2017, eq. 5)."""
    bins = np.clip(np.ceil(confidence * ECE_BINS).astype(int) - 1, 0, ECE_BINS - 1)
    gaps = np.bincount(bins, weights=confidence - correct, minlength=ECE_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def figures(judged: Judged, names: Sequence[str]) -> dict[str, Any]:
    """Return the figures of `evaluate` over N > 0 images; None stands for 0/0.

    The confusion matrix has a row per true class and a column per predicted one.
    """
    confusion = np.zeros((len(names), len(names)), np.int64)
    np.add.at(confusion, (judged.label, judged.predicted), 1)
    correct = judged.label == judged.predicted
    per_class = [_class_figures(name, index, confusion) for index, name in enumerate(names)]
    recalls = [one["recall"] for one in per_class if one["recall"] is not None]
    return {
        "images": len(correct),
        "accuracy": float(correct.mean()),
        "accuracy_interval": list(wilson_interval(int(correct.sum()), len(correct))),
        "top5_accuracy": float((judged.rank < 5).mean()),
        "loss": float(judged.loss.mean()),
        "balanced_accuracy": sum(recalls) / len(recalls),
        "ece": calibration_error(judged.confidence, correct),
        "classes": per_class,
        "confusion": confusion.tolist(),
    }


def _class_figures(name: str, index: int, confusion: Integers) -> dict[str, Any]:
    hits = int(confusion[index, index])
    support = int(confusion[index].sum())
    claimed = int(confusion[:, index].sum())
    return {
        "name": name,
        "precision": _share(hits, claimed),
        "recall": _share(hits, support),
        "f1": _share(2 * hits, claimed + support),
        "support": support,
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
