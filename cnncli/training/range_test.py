"""Learning-rate range test: which rates a network learns at, found by trying ever higher ones.

One short training whose learning rate rises exponentially from step to step (Smith 2017,
arXiv:1506.01186, section 3.3), until the loss, which falls at first, has risen again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from cnncli.errors import DataError, DivergedError
from cnncli.graph import Graph
from cnncli.training.events import Step
from cnncli.training.loop import Training
from cnncli.training.schedules import Schedule
from cnncli.training.settings import Settings
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.source import TrainingData
    from cnncli.layers.base import Array

STEPS = 100
LOWEST, HIGHEST = 1e-6, 10.0
SMOOTHING = 0.9  # share of the average so far in the next one
HOPELESS = 4.0  # times the lowest smooth loss end the test, as in fastai and Lightning
FEWEST = 10  # steps that a suggestion is made of
SAFE = 10.0  # by which the rate of the lowest loss is divided, as fastai's `minimum`


class Trial(Value):
    """What a step of the test got."""

    learning_rate: float
    loss: float  # of its batch, before the step
    smooth: float  # mean of the losses so far, of which the latest count most


class Rise(Schedule):
    """From a share of the highest rate up to it, by the same factor from step to step."""

    lowest: float  # share of the highest rate

    def factor(self, done: float) -> float:
        return float(self.lowest ** (1 - done))


def run_range_test(
    data: TrainingData,
    graph: Graph,
    settings: Settings,
    inherited: Mapping[str, Array] | None = None,
    *,
    steps: int = STEPS,
) -> Iterator[Trial]:
    """Yield a trial per step, at most so many, until the loss is hopeless or no number any longer.

    Epochs are repeated where the samples are few. The rates, schedule and epochs of the settings
    do not matter; `inherited` is as for `Training`. Raises DataError where a batch cannot be read.
    """
    batches = data.train.batches(settings.batch_size).batches
    test = replace(
        settings,
        epochs=steps / batches,
        lr=HIGHEST,
        warmup_epochs=0.0,
        average=None,
        patience=None,
        keep="best",
    )
    training = Training(data, graph, test, inherited)
    training.schedule = Rise(LOWEST / HIGHEST)
    smooth, best, share = 0.0, float("inf"), 1.0
    try:
        events = (event for event in training.run() if isinstance(event, Step))
        for step in islice(events, steps):
            smooth = SMOOTHING * smooth + (1 - SMOOTHING) * step.loss
            share *= SMOOTHING
            trial = Trial(step.learning_rate, step.loss, smooth / (1 - share))
            yield trial
            best = min(best, trial.smooth)
            if trial.smooth > HOPELESS * best:
                return
    except DivergedError:
        return


def suggest_rate(trials: Sequence[Trial]) -> float:
    """Return the learning rate to train with: a tenth of that where the smooth loss is lowest.

    Raises DataError where the test ended before anything could be learned.
    """
    if len(trials) < FEWEST:
        raise DataError(
            f"the loss is no number after {len(trials)} steps, at any learning rate; look for "
            "extreme values in the samples"
        )
    return min(trials, key=lambda trial: trial.smooth).learning_rate / SAFE
