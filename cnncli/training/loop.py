"""The training loop: steps and epochs, each with an event."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from cnncli.augment.text import read_augmentation
from cnncli.engine import Plan, Weights
from cnncli.engine.optimizers import OPTIMIZERS, Optimizer
from cnncli.errors import DataError, DivergedError, setting
from cnncli.graph import Graph
from cnncli.layers.base import Clock, Setup
from cnncli.trained.runner import judge_all, open_runner
from cnncli.training.beginning import initialize
from cnncli.training.calibration import calibrate
from cnncli.training.events import Epoch, Step
from cnncli.training.schedules import SCHEDULES, learning_rate
from cnncli.training.settings import Settings
from cnncli.training.state import Best, State

if TYPE_CHECKING:
    from cnncli.data.batches.batch import Batch
    from cnncli.data.source import TrainingData


class Training:
    """Trains a network on batches of samples, and judges it after every epoch.

    `state` can be copied after every event of `run`, and restored before the first event.
    """

    def __init__(self, data: TrainingData, graph: Graph, settings: Settings) -> None:
        self.graph, self.settings, self.task = graph, settings, data.task
        self.train = data.train.batches(
            settings.batch_size,
            seed=settings.seed,
            augmentation=read_augmentation(settings.augment, graph.input_shape),
        )
        self.steps = settings.count_steps(self.train.batches)
        self.val = data.val
        self.weights = Weights(graph)
        initialize(self.weights, data.train, settings)
        rule = OPTIMIZERS.read(settings.optimizer)
        self.optimizer = Optimizer(rule, self.weights, settings.weight_decay, settings.threads)
        self.schedule = SCHEDULES.read(settings.lr_schedule)
        self.clock = Clock(seed=settings.seed)
        self.plan = Plan(
            graph,
            self.weights,
            Setup(settings.batch_size, settings.threads, "train", conv_algo=settings.conv_algo),
            clock=self.clock,
            loss=data.task.smooth_loss(settings.label_smoothing),
        )
        self.runner = open_runner(
            graph,
            self.weights,
            data.preprocessing,
            threads=settings.threads,
            conv_algo=settings.conv_algo,
        )
        self.state = State(self.weights.arrays, self.optimizer.state)

    def restore(self, state: State) -> None:
        """Go on from a copy of the state of an equal training.

        Of one with other samples or batches, the epoch under way begins again. Raises
        ModelFileError for the state of another network or of another optimizer.
        """
        self.state.restore(state)
        before = len(state.epochs) * self.train.batches
        if state.steps != before + state.batches:
            self.state.steps = before
            self.state.begin_epoch()
        self.optimizer.steps = self.state.steps

    def run(self) -> Iterator[Step | Epoch]:
        """Train the epochs that are left.

        Raises DivergedError as soon as a loss or a gradient is no finite number, and DataError in
        the end where the monitored figure never was a number.
        """
        while len(self.state.epochs) * self.train.batches < self.steps:
            yield from self._train_epoch()
            yield self._end_epoch()
        if self.settings.epochs and self.state.best is None:
            last = self.state.epochs[-1].figure("val_loss")
            if last is not None and not math.isfinite(last):
                raise self._diverged(f"epoch {len(self.state.epochs)}: the validation loss")
            raise DataError(
                f"{self.settings.monitor} is no number on what there is to validate on; "
                f"give more by {setting('val')}, or another {setting('monitor')}"
            )

    def _train_epoch(self) -> Iterator[Step]:
        """Take the steps that are left of the epoch under way."""
        state = self.state
        self.clock.epoch = len(state.epochs)
        before = time.monotonic()
        batches = self.train.epoch(len(state.epochs), state.batches)
        left = max(0, self.steps - state.steps)
        for batch in islice(batches, left):  # the last epoch may be shorter
            step = self._step(batch)
            now = time.monotonic()
            state.seconds += now - before
            before = now
            yield step

    def _step(self, batch: Batch) -> Step:
        """Learn from a batch."""
        state, n = self.state, len(batch.targets)
        self.clock.samples = batch.indices
        self.plan.input[:n] = batch.inputs
        loss = self.plan.train_step(batch.targets, n)
        if not math.isfinite(loss) or not math.isfinite(self.optimizer.norm(self.plan.gradient)):
            raise self._diverged(f"epoch {len(state.epochs) + 1}, step {state.steps + 1}: the loss")
        rate = self._learning_rate(state.steps)
        self.optimizer.step(self.plan.gradient, rate)
        state.steps = self.optimizer.steps
        state.batches += 1
        state.loss_sum += loss * n
        state.samples += n
        return Step(len(state.epochs) + 1, state.steps, state.samples, loss, rate)

    def _end_epoch(self) -> Epoch:
        """Validate, keep the network if it is the best so far, and make room for the next epoch."""
        state = self.state
        judged = self._validate()
        samples = len(self.train.data) * state.samples / self.train.samples
        epoch = Epoch(
            epoch=len(state.epochs) + 1,
            learning_rate=self._learning_rate(state.steps - 1),
            train_loss=state.loss_sum / max(state.samples, 1),
            validation={} if judged is None else self.task.monitor(judged),
            seconds=state.seconds,
            samples_per_second=samples / max(state.seconds, 1e-9),
            best=False,
        )
        if self._is_best(epoch):
            epoch = replace(epoch, best=True)
            state.best = self._keep(epoch, judged)
        state.epochs.append(epoch)
        state.begin_epoch()
        return epoch

    def _keep(self, epoch: Epoch, judged: Any) -> Best:
        """Return the network as it is now, with what is learned from its validation."""
        weights = self.weights.dump()
        if judged is None:
            return Best(epoch, weights, 1.0, epoch.validation, self.task)
        kept = calibrate(self.graph, weights, self.task, judged)
        figures = self.task.monitor(kept.judged)
        return Best(epoch, kept.weights, kept.temperature, figures, kept.task)

    def _learning_rate(self, steps: int) -> float:
        """Return the learning rate of the step after this many."""
        settings = self.settings
        warmup = settings.warmup_epochs * self.train.batches
        return learning_rate(settings.lr, self.schedule, steps, self.steps, warmup)

    def _validate(self) -> Any:
        """Return what the network got on the samples to validate on; None where there are none."""
        if not len(self.val):
            return None
        self.runner.refresh()
        return judge_all(self.runner, self.val, self.task)

    def _is_best(self, epoch: Epoch) -> bool:
        """Say whether the monitored figure is better than ever; the first of equal ones is kept."""
        monitor = self.settings.monitor if len(self.val) else "train_loss"
        figure = epoch.figure(monitor)
        if figure is None or not math.isfinite(figure):
            return False
        if self.state.best is None:
            return True
        before = self.state.best.epoch.figure(monitor)
        assert before is not None
        return figure > before if self.task.monitors.get(monitor) else figure < before

    def _diverged(self, figure: str) -> DivergedError:
        return DivergedError(
            f"{figure} is no longer a finite number; "
            f"try a smaller {setting('lr')} than {self.settings.lr:g}"
        )
