"""Find the temperature by which logits are divided, so that confidence is the share of right."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cnncli.layers.base import Array
    from cnncli.tasks.metrics import Floats

FEWEST = 20  # samples that a temperature is found on
BITS = 4.0  # temperatures are between 1/16 and 16


def find_temperature(
    logits: Array, right: int, answers: int, confidence: Callable[[Array], Floats]
) -> float:
    """Return the temperature at which the mean confidence is the share of right answers.

    The expectation consistency of Clarte et al. 2023 (arXiv:2303.02644). Of few answers all may be
    right by luck, so the share is that of Laplace's rule, (right + 1) / (answers + 2).
    `confidence` is that of the answers with these logits.
    """
    share = (right + 1) / (answers + 2)
    low, high = -BITS, BITS
    for _ in range(30):
        middle = (low + high) / 2
        mean = confidence(logits / np.float32(2**middle)).mean()
        low, high = (middle, high) if mean > share else (low, middle)
    return float(2**high)
