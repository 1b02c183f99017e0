"""Several labels in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.tasks.tables import tabulate_shares
from cnncli.tasks.words import Record, Words

if TYPE_CHECKING:
    from cnncli.layers.base import Array
    from cnncli.tasks.multi_label.task import JudgedLabels, MultiLabel

LINES = (
    ("mean average precision", "map"),
    ("exact match", "exact_match"),
    ("precision", "precision"),
    ("recall", "recall"),
    ("f1", "f1"),
    ("loss", "loss"),
    ("calibration error", "ece"),
)


class MultiLabelWords(Words):
    """What people read of several labels."""

    task: MultiLabel

    def describe_set(self, targets: Array, noun: str) -> str:
        return f"{len(targets)} {noun}s with {int(targets.sum())} labels"

    def summarize_validation(self, record: Record, noun: str) -> str:
        count = record["val_images"]
        return f"mean average precision {record['val_map']:.4f} on {count} validation {noun}s"

    def summarize(self, figures: Record) -> Iterator[str]:
        for title, name in LINES:
            yield f"{title:22}  {'-' if figures[name] is None else format(figures[name], '.4f')}"
        yield f"{'images':22}  {figures['images']}"
        yield ""
        columns = ("average_precision", "threshold", "precision", "recall", "f1")
        yield from tabulate_shares("label", figures["labels"], columns)

    def tabulate(self, judged: JudgedLabels) -> tuple[list[str], list[Sequence[Any]]]:
        given = judged.chance >= self.task.thresholds
        columns = (map(self._join, judged.truth), map(self._join, given))
        losses = judged.loss.astype(np.float32)
        return ["label", "predicted", "loss"], list(zip(*columns, losses, strict=True))

    def describe_answer(self, record: Record) -> str:
        labels = [f"{label['confidence']:.2f} {label['label']}" for label in record["labels"]]
        return ", ".join(labels) or "none"

    def name_columns(self, top_k: int | None) -> list[str]:
        """Return a list's own columns, so that a table of answers can be trained on."""
        return ["label", "confidence"]

    def fill_row(self, record: Record, top_k: int | None) -> list[Any]:
        labels = record["labels"]
        return ["|".join(str(label[name]) for label in labels) for name in ("label", "confidence")]

    def _join(self, given: NDArray[np.bool_]) -> str:
        return "|".join(name for name, yes in zip(self.task.outputs, given, strict=True) if yes)
