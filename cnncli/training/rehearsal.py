"""How long a training will take, measured on a few of its steps."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from cnncli.graph import Graph
from cnncli.training.loop import Training
from cnncli.training.settings import Settings
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.source import TrainingData

SECONDS = 3.0  # for the steps, and again for the validation, unless a single one takes longer


class Pace(Value):
    """What parts of a training take, in seconds."""

    step: float  # the mean
    steps: int  # in an epoch
    validation: float  # of all samples that there are to validate on, and what comes before

    @property
    def epoch(self) -> float:
        """The seconds of an epoch with its validation."""
        return self.step * self.steps + self.validation


def rehearse(
    data: TrainingData, graph: Graph, settings: Settings, seconds: float = SECONDS
) -> Pace:
    """Take the first steps of a training, and a part of its validation; write nothing.

    Raises what a training raises in its first steps.
    """
    training = Training(data, graph, replace(settings, epochs=1))
    steps = training.train.batches
    times = [time for time, _ in _measure(islice(training.run(), steps), seconds)]
    judged = list(_measure(training.runner.judge(training.val, data.task), seconds))
    begin = time.perf_counter()
    training.settle_statistics()
    settling = time.perf_counter() - begin
    samples = sum(len(part) for _, part in judged)
    validation = sum(time for time, _ in judged) * len(data.val) / max(1, samples)
    step = statistics.fmean(times[1:] or times)  # the first warms up
    return Pace(step, steps, settling + validation)


def _measure(parts: Iterable[Any], seconds: float) -> Iterator[tuple[float, Any]]:
    """Yield each part with the time it took, until that is enough in all."""
    begin = before = time.perf_counter()
    for part in parts:
        now = time.perf_counter()
        yield now - before, part
        if now - begin > seconds:
            return
        before = time.perf_counter()
