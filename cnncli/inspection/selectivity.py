"""How much a filter answers to one class of a labeled set more than to the others.

Legend: N samples, K filters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnncli.data.source import load_labeled
from cnncli.errors import UsageError, setting
from cnncli.inspection.figures import Array, Figures
from cnncli.tasks import Classification

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


def measure_selectivity(trained: Trained, layer: str, data: str) -> Figures:
    """Return the class selectivity of the filters of a layer, and the class each prefers.

    `data` is the path of a labeled set, of which the part is judged that `evaluate` would take.
    Raises UsageError for a network of other answers than classes, DataError for the set.
    """
    if not isinstance(trained.task, Classification):
        raise UsageError(
            f"{setting('data')}: selectivity is that of a filter among classes, and this network "
            f"answers {trained.task.plural}; leave it out"
        )
    labeled = load_labeled(
        data, trained.preprocessing, trained.task, origin=trained.origin, threads=trained.threads
    )
    runner = trained.open_runner(keep=[layer], threads=trained.threads)
    outputs = np.array(trained.task.outputs)
    sums: NDArray[np.float64] | None = None
    counts = np.zeros(len(outputs))
    for values, classes in labeled.samples.in_order(runner.batch):
        runner.answer(list(values))
        answers = np.maximum(runner.value(layer)[: len(values)], 0, dtype=np.float64)
        answers = answers.reshape(len(values), -1, answers.shape[-1]).mean(axis=1)
        if sums is None:
            sums = np.zeros((len(outputs), answers.shape[1]))
        np.add.at(sums, classes, answers)
        np.add.at(counts, classes, 1)
    assert sums is not None
    present = np.flatnonzero(counts)
    means = sums[present] / counts[present, None]
    return {
        "selectivity": compare_classes(means),
        "class": outputs[present[means.argmax(axis=0)]],
    }


def compare_classes(means: NDArray[np.float64]) -> Array:
    """Return the class selectivity index of filters, 0 to 1, by their mean answers (classes, K).

    (largest - rest) / (largest + rest), the rest being the mean over the other classes: A. Morcos
    et al. 2018, arXiv:1803.06959, section 2.3. A filter that answers to nothing has 0.
    """
    largest = means.max(axis=0)
    rest = (means.sum(axis=0) - largest) / max(len(means) - 1, 1)
    total = largest + rest
    index = np.divide(largest - rest, total, out=np.zeros_like(total), where=total > 0)
    selectivity: Array = index.astype(np.float32)
    return selectivity
