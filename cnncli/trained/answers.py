"""Answers to a stream of samples, and answers as records: the lines of `predict --json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cnncli.layers.base import Array
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.batches.stream import Item
    from cnncli.tasks import Task
    from cnncli.trained.runner import Runner, Values

Record = dict[str, Any]


class Answer(Value):
    """What a network answers to a sample, or why it has no answer.

    Its arrays are good until the next answer is asked for.
    """

    name: str
    logits: Array | None = None  # (K,), or (H, W, K) for every pixel
    sample: Values | None = None  # as prepared: uint8 (H, W, C) or float32 (L, C)
    features: Array | None = None  # what the layer asked for made of it
    error: str | None = None  # what is wrong with it
    notice: str | None = None


def answer_stream(
    runner: Runner, batches: Iterable[Sequence[Item]], layer: str | None = None
) -> Iterator[Answer]:
    """Yield an answer per item, in order, with the features of a layer that the runner keeps."""
    for items in batches:
        logits = runner.answer([item.values for item in items if item.values is not None])
        row = 0
        for item in items:
            if item.error is not None:
                fault = item.error.fault if item.error.place == item.name else str(item.error)
                yield Answer(item.name, error=fault, notice=item.notice)
                continue
            yield Answer(
                item.name,
                logits=logits[row],
                sample=item.values,
                features=None if layer is None else runner.value(layer)[row],
                notice=item.notice,
            )
            row += 1


def make_record(answer: Answer, task: Task, top_k: int | None, least: float | None) -> Record:
    """Return path and, by the task, what the network answers (or the error), ready for JSON.

    `top_k` is how many outputs are named, `least` the confidence they need (--min-confidence).
    """
    if answer.logits is None:
        return {"path": answer.name, "error": answer.error}
    return {"path": answer.name, **task.answer(answer.logits, top_k, least)}
