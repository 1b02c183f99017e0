"""Answers to a stream of samples, and answers as records: the lines of `predict --json`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cnncli.layers.base import Array
from cnncli.samples import IGNORED
from cnncli.tasks.base import NOT_FINITE
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.batches.stream import Item
    from cnncli.tasks import Task
    from cnncli.trained.runner import Output, Runner, Values

Record = dict[str, Any]


class Answer(Value):
    """What a network answers to a sample, or why it has no answer.

    Its arrays are good until the next answer is asked for.
    """

    name: str
    output: Output | None = None  # logits (K,), or the class of each pixel (H, W)
    sample: Values | None = None  # as prepared: uint8 (H, W, C) or float32 (L, C)
    features: Array | None = None  # what the layer asked for made of it
    error: str | None = None  # what is wrong with it
    notice: str | None = None


def answer_stream(
    runner: Runner, batches: Iterable[Sequence[Item]], layer: str | None = None
) -> Iterator[Answer]:
    """Yield an answer per item, in order, with the features of a layer that the runner keeps."""
    for items in batches:
        outputs = runner.answer([item.values for item in items if item.values is not None])
        row = 0
        for item in items:
            if item.error is not None:
                fault = item.error.fault if item.error.place == item.name else str(item.error)
                yield Answer(item.name, error=fault, notice=item.notice)
                continue
            features = None if layer is None else runner.value(layer)[row]
            if are_finite(outputs[row]) and (features is None or are_finite(features)):
                yield Answer(
                    item.name,
                    output=outputs[row],
                    sample=item.values,
                    features=features,
                    notice=item.notice,
                )
            else:
                yield Answer(item.name, error=NOT_FINITE, notice=item.notice)
            row += 1


def are_finite(values: Output) -> bool:
    """Say whether all values, or those behind classes, are finite, without an array of answers."""
    if values.dtype.kind == "i":
        return int(values.min()) != IGNORED
    return math.isfinite(values.min()) and math.isfinite(values.max())


def make_record(answer: Answer, task: Task, top_k: int | None, least: float | None) -> Record:
    """Return path and, by the task, what the network answers (or the error), ready for JSON.

    `top_k` is how many outputs are named, `least` the confidence they need (--min-confidence).
    """
    if answer.output is None:
        return {"path": answer.name, "error": answer.error}
    return {"path": answer.name, **task.answer(answer.output, top_k, least)}
