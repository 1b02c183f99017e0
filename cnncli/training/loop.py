"""The training loop: steps and epochs, each with an event."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from cnncli.augment.text import read_augmentation
from cnncli.engine import Plan
from cnncli.engine.fusion import INPUT
from cnncli.engine.optimizers import OPTIMIZERS, Optimizer
from cnncli.errors import DataError, setting
from cnncli.graph import Graph
from cnncli.layers.base import Array, Clock, Setup
from cnncli.trained.runner import judge_all, open_runner
from cnncli.training.averaging import Average
from cnncli.training.beginning import begin_weights
from cnncli.training.calibration import calibrate
from cnncli.training.divergence import build_error, describe_step
from cnncli.training.events import EndedEarly, Epoch, Step
from cnncli.training.features import Features, Unchanged, find_constant_layer, find_kept_layer
from cnncli.training.schedules import SCHEDULES, learning_rate
from cnncli.training.settings import Settings
from cnncli.training.state import Best, State
from cnncli.training.stopping import Monitor

SETTLING = 30  # batches at most, after which a running statistic has forgotten 96 % of what it was

if TYPE_CHECKING:
    from cnncli.data.batches.batch import Batch
    from cnncli.data.source import TrainingData


class Training:
    """Trains a network on batches of samples, and judges it after every epoch.

    `state` can be copied after every event of `run`, and restored before the first event.
    """

    def __init__(
        self,
        data: TrainingData,
        graph: Graph,
        settings: Settings,
        inherited: Mapping[str, Array] | None = None,
        *,
        deadline: float = math.inf,
    ) -> None:
        """Begin with the first weights; no step is begun after `deadline`, of time.monotonic().

        `inherited` are as for `begin_weights`.
        """
        self.deadline = deadline
        self.graph, self.settings, self.task = graph, settings, data.task
        constant = find_constant_layer(data, graph, settings)
        kept = find_kept_layer(data, graph, settings)
        self.features = None if kept is None else Features(data, graph, kept)
        samples = data if self.features is None else self.features
        self.train = samples.train.batches(
            settings.batch_size,
            seed=settings.seed,
            augmentation=read_augmentation(settings.augment, graph.input_shape),
        )
        self.steps = settings.count_steps(self.train.batches)
        self.first = settings.after * self.train.batches  # steps of a training before
        self.val = samples.val
        self.weights = begin_weights(graph, data.train, settings, inherited)
        rule = OPTIMIZERS.read(settings.optimizer)
        self.optimizer = Optimizer(rule, self.weights, settings.weight_decay, settings.threads)
        self.clip = settings.clip or math.inf
        self.schedule = SCHEDULES.read(settings.lr_schedule)
        self.clock = Clock(seed=settings.seed)
        self.plan = Plan(
            graph,
            self.weights,
            Setup(settings.batch_size, settings.threads, "train", conv_algo=settings.conv_algo),
            clock=self.clock,
            loss=data.task.smooth_loss(settings.label_smoothing),
            start=kept or INPUT,
        )
        self.average = Average(self.weights, settings.average) if settings.average else None
        self.validated = self.average.weights if self.average else self.weights
        preprocessing: Any = data.preprocessing if self.features is None else Unchanged()
        self.runner = open_runner(
            graph,
            self.validated,
            preprocessing,
            threads=settings.threads,
            conv_algo=settings.conv_algo,
            keep=() if constant is None or kept else (constant,),  # the same bits as behind it
            start=kept or INPUT,
        )
        name = settings.monitor if len(self.val) else "train_loss"
        self.monitor = Monitor(name, self.task.monitors.get(name, False))
        averaged = self.average.weights.arrays if self.average else {}
        self.state = State(self.weights.arrays, self.optimizer.state, averaged)

    def restore(self, state: State) -> None:
        """Go on from a copy of the state of an equal training.

        Of one with other samples or batches, the epoch under way begins again. Raises
        ModelFileError for the state of another network or of another optimizer.
        """
        self.state.restore(state)
        before = min(len(state.epochs) * self.train.batches, self.steps)
        if state.steps != before + state.batches:
            self.state.steps = before
            self.state.begin_epoch()
        self.optimizer.steps = self.state.steps - self.first
        self.plan.refresh()  # in which weights of frozen layers are folded

    @property
    def ended_early(self) -> EndedEarly | None:
        """Why the training ends with the latest epoch, if that is before its last step."""
        state, patience = self.state, self.settings.patience or math.inf
        if state.steps == self.steps:
            return None
        epochs = state.epochs[self.settings.after :]
        if self.monitor.count_waiting(epochs, self.settings.min_delta) >= patience:
            reason = "patience"
        elif time.monotonic() >= self.deadline:
            reason = "budget"
        else:
            return None
        return EndedEarly(reason, len(state.epochs), state.steps, self.steps)

    def run(self) -> Iterator[Step | Epoch | EndedEarly]:
        """Train the epochs that are left.

        Raises DivergedError as soon as a loss or a gradient is no finite number, and in the end
        where the figures of the epoch to keep are none; DataError where the monitored figure never
        was one for want of samples.
        """
        if self.features is not None:
            self.features.compute(self.weights, self.settings)
        while len(self.state.epochs) * self.train.batches < self.steps and not self.ended_early:
            yield from self._train_epoch()
            yield self._end_epoch()
        if self.settings.epochs:
            self._check_kept()
        if self.ended_early:
            yield self.ended_early

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
            if now >= self.deadline:
                break

    def _step(self, batch: Batch) -> Step:
        """Learn from a batch."""
        state, n = self.state, self._take_in(batch)
        loss = self.plan.train_step(batch.targets, n)
        norm = self.optimizer.norm(self.plan.gradient)
        rate = self._learning_rate(state.steps)
        if not math.isfinite(loss) or not math.isfinite(norm):
            place = f"epoch {len(state.epochs) + 1}, step {state.steps + 1}"
            place = f"{place}, {describe_step(rate, batch, self.train)}"
            figure = "gradient" if math.isfinite(loss) else "loss"
            raise build_error(figure, place, self.settings.lr)
        if norm > self.clip:
            self.plan.gradient *= self.clip / norm
        self.optimizer.step(self.plan.gradient, rate)
        state.steps += 1
        if self.average:
            self.average.update(state.steps)
        state.batches += 1
        state.loss_sum += loss * n
        state.samples += n
        return Step(len(state.epochs) + 1, state.steps, state.samples, loss, rate)

    def _take_in(self, batch: Batch) -> int:
        """Make a batch the input of the network; return how many samples it has."""
        n = len(batch.targets)
        self.clock.samples = batch.indices
        self.plan.input[:n] = batch.inputs
        return n

    def _end_epoch(self) -> Epoch:
        """Validate, keep the network if it is the one to keep, and make room for the next epoch."""
        state = self.state
        self.settle_statistics()
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
        epoch = replace(epoch, best=self.monitor.is_best(epoch, state.epochs))
        keeps_last = self.settings.keep != "best" and self.monitor.read(epoch) is not None
        if epoch.best or keeps_last:
            state.best = self._keep(epoch, judged)
        state.epochs.append(epoch)
        state.begin_epoch()
        return epoch

    def _keep(self, epoch: Epoch, judged: Any) -> Best:
        """Return the network as it was validated, with what is learned from its validation."""
        weights = self.validated.dump()
        if judged is None:
            return Best(epoch, weights, 1.0, epoch.validation, self.task)
        kept = calibrate(self.graph, weights, self.task, judged)
        figures = self.task.monitor(kept.judged)
        return Best(epoch, kept.weights, kept.temperature, figures, kept.task)

    def _learning_rate(self, steps: int) -> float:
        """Return the learning rate of the step after this many."""
        settings, first = self.settings, self.first
        warmup = settings.warmup_epochs * self.train.batches
        return learning_rate(settings.lr, self.schedule, steps - first, self.steps - first, warmup)

    def settle_statistics(self) -> None:
        """Find the statistics of bn of averaged weights, on the first batches of the epoch."""
        if self.average:
            self.average.settle_statistics(self._run_forward)

    def _run_forward(self) -> None:
        for batch in islice(self.train.epoch(len(self.state.epochs)), SETTLING):
            self.plan.forward(self._take_in(batch))

    def _validate(self) -> Any:
        """Return what the network got on the samples to validate on; None where there are none."""
        if not len(self.val):
            return None
        self.runner.refresh()
        return judge_all(self.runner, self.val, self.task)

    def _check_kept(self) -> None:
        """Raise an error unless there is a network to keep, with figures that are numbers."""
        best, count = self.state.best, len(self.state.epochs)
        if best is not None and (self.settings.keep == "best" or best.epoch.epoch == count):
            return
        last = self.state.epochs[-1].figure("val_loss")
        if last is not None and not math.isfinite(last):
            place = f"epoch {count}"
            raise build_error("validation loss", place, self.settings.lr)
        raise DataError(
            f"{self.monitor.name} is no number on what there is to validate on; "
            f"give more by {setting('val')}, or another {setting('monitor')}"
        )
