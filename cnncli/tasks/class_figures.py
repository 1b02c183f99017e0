"""Precision, recall and F1 of classes and labels; None stands for 0/0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.tasks.metrics import share


def measure_classes(names: Sequence[str], confusion: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return precision, recall, F1 and support of each class.

    `confusion` (K, K) has a row per true class and a column per predicted class; one more column,
    where there is one, counts what got no answer.
    """
    claimed = confusion.sum(0)[: len(confusion)]
    counts = zip(confusion.diagonal(), claimed, confusion.sum(1), strict=True)
    return [
        {"name": name, **measure_shares(hits=int(hits), claimed=int(claimed), support=int(support))}
        for name, (hits, claimed, support) in zip(names, counts, strict=True)
    ]


def measure_shares(*, hits: int, claimed: int, support: int) -> dict[str, Any]:
    """Return the figures of a class that `support` samples have, of `claimed` `hits` rightly."""
    return {
        "precision": share(hits, claimed),
        "recall": share(hits, support),
        "f1": share(2 * hits, claimed + support),
        "support": support,
    }
