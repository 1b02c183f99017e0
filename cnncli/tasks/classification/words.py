"""Classes in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.tasks.tables import tabulate_confusion, tabulate_shares
from cnncli.tasks.words import Record, Words

if TYPE_CHECKING:
    from cnncli.tasks.classification.task import Classification, JudgedClass


class ClassificationWords(Words):
    """What people read of classes."""

    task: Classification

    def describe_set(self, targets: NDArray[np.int32], noun: str) -> str:
        return f"{len(targets)} {noun}s of {len(np.unique(targets))} classes"

    def summarize_validation(self, record: Record, noun: str) -> str:
        right = 100 * record["val_accuracy"]
        return f"{right:.2f} % of {record['val_images']} validation {noun}s right"

    def summarize(self, figures: Record) -> Iterator[str]:
        accuracy, (low, high) = figures["accuracy"], figures["accuracy_interval"]
        yield f"accuracy           {accuracy:.4f}  (95 % interval {low:.4f} to {high:.4f})"
        if figures["top5_accuracy"] is not None:
            yield f"top-5 accuracy     {figures['top5_accuracy']:.4f}"
        yield f"balanced accuracy  {figures['balanced_accuracy']:.4f}"
        loss = "-" if figures["loss"] is None else format(figures["loss"], ".4f")
        yield f"loss               {loss}"
        yield f"calibration error  {figures['ece']:.4f}"
        yield f"images             {figures['images']}"
        yield ""
        yield from tabulate_shares("class", figures["classes"], ("precision", "recall", "f1"))
        yield from tabulate_confusion(figures["confusion"], self.task.outputs)

    def tabulate(self, judged: JudgedClass) -> tuple[list[str], list[Sequence[Any]]]:
        names = self.task.outputs
        columns = (
            [names[i] for i in judged.label],
            ["" if i < 0 else names[i] for i in judged.predicted],
            judged.confidence.astype(np.float32),
            judged.loss.astype(np.float32),
        )
        return ["label", "predicted", "confidence", "loss"], list(zip(*columns, strict=True))

    def describe_answer(self, record: Record) -> str:
        top = [f"{guess['confidence']:.2f} {guess['label']}" for guess in record["top"]]
        return ", ".join(top) or "unknown"

    def name_columns(self, top_k: int | None) -> list[str]:
        numbers = range(2, min(top_k or 1, len(self.task.outputs)) + 1)
        more = chain(*((f"label_{i}", f"confidence_{i}") for i in numbers))
        return ["label", "confidence", *more]

    def fill_row(self, record: Record, top_k: int | None) -> list[Any]:
        guesses = [(guess["label"], guess["confidence"]) for guess in record["top"]]
        row = list(chain.from_iterable(guesses or [("", record["confidence"])]))
        return row + [""] * (len(self.name_columns(top_k)) - len(row))
