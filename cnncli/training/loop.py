"""The training loop: it yields a record per epoch and prints nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.engine import Plan, Weights, images_together
from cnncli.engine.optimizers import OPTIMIZERS
from cnncli.engine.tiling import Tiled
from cnncli.errors import DataError, DivergedError
from cnncli.graph import Graph
from cnncli.layers.base import Clock, Setup
from cnncli.training.evaluation import judge_all
from cnncli.training.schedules import learning_rate
from cnncli.training.settings import Settings
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.loader import Loader
    from cnncli.data.tiles import TileLoader, Whole
    from cnncli.tasks import Task


class Epoch(Value):
    """What one pass over the training images came to."""

    epoch: int  # from 1
    lr: float  # of its last step
    train_loss: float
    validation: dict[str, float]  # its task's figures by name; none without images to validate on
    seconds: float
    images_per_second: float
    best: bool  # the best so far by the monitored figure

    def figure(self, name: str) -> float | None:
        """Return train_loss, or a figure of the validation, None where nobody measured it."""
        return self.train_loss if name == "train_loss" else self.validation.get(name)


@dataclass
class State:
    """Everything that changes while training, in one place, so that it can be taken up again."""

    clock: Clock  # seed and steps done: what the order of images and all noise are counted by
    epochs_done: int = 0
    best: Epoch | None = None
    best_weights: dict[str, NDArray[np.float32]] | None = None
    best_task: Task | None = None


class Training:
    """Trains a network; `run` can be stopped between any two of its records."""

    def __init__(
        self,
        graph: Graph,
        settings: Settings,
        task: Task,
        train: Loader | TileLoader,
        val: Loader | Whole | None,
    ) -> None:
        self.graph, self.settings, self.task = graph, settings, task
        self.train, self.val = train, val
        self.state = State(Clock(seed=settings.seed))
        self.weights = Weights(graph)
        self.weights.initialize(settings.init, settings.seed)
        self.optimizer = OPTIMIZERS[settings.optimizer](
            self.weights, settings.momentum, settings.weight_decay, settings.threads
        )
        setup = Setup(settings.batch_size, settings.threads, conv_algo=settings.conv_algo)
        self.plan = Plan(
            graph,
            self.weights,
            replace(setup, training=True),
            clock=self.state.clock,
            loss=task.training_loss(settings.label_smoothing),
        )
        self.check = self._checking(setup)

    @property
    def best(self) -> Epoch | None:
        """The record of the epoch whose weights are kept."""
        return self.state.best

    @property
    def best_weights(self) -> dict[str, NDArray[np.float32]] | None:
        """The kept weights in the shapes of the model file; None before the first epoch."""
        return self.state.best_weights

    @property
    def best_task(self) -> Task:
        """The task with what it learnt from the kept network's validation."""
        return self.state.best_task or self.task

    def run(self) -> Iterator[Epoch]:
        """Train the epochs that are left, yielding a record of each.

        Raises DivergedError as soon as a loss or a gradient is no finite number, DataError in the
        end where the monitored figure never was one.
        """
        last: float | None = None
        while self.state.epochs_done < self.settings.epochs:
            start = time.monotonic()
            number = self.state.epochs_done
            train_loss, rate = self._pass(number)
            seconds = time.monotonic() - start
            judged = self._validate()
            record = Epoch(
                epoch=number + 1,
                lr=rate,
                train_loss=train_loss,
                validation={} if judged is None else self.task.validation(judged),
                seconds=seconds,
                images_per_second=len(self.train.images) / max(seconds, 1e-9),
                best=False,
            )
            if self._better(record):
                record = replace(record, best=True)
                self.state.best, self.state.best_weights = record, self.weights.dump()
                self.state.best_task = self.task if judged is None else self.task.settled(judged)
            self.state.epochs_done += 1
            yield record
            last = record.figure("val_loss")
        if self.settings.epochs and self.state.best is None:
            if last is not None and not math.isfinite(last):
                raise self._diverged(f"epoch {self.state.epochs_done}: the validation loss")
            raise DataError(
                f"{self.settings.monitor} is no number on what there is to validate on; "
                "give more by --val, or another --monitor"
            )

    def _checking(self, setup: Setup) -> Plan | Tiled:
        """Return the network as it answers, for the images to validate on."""
        if self.task.per_pixel:
            return Tiled(self.graph, self.weights, setup)
        together = images_together(self.graph, setup)
        return Plan(self.graph, self.weights, replace(setup, batch=together))

    def _pass(self, number: int) -> tuple[float, float]:
        """Train one epoch; return the mean loss and the last learning rate."""
        settings, clock = self.settings, self.state.clock
        total, count, rate = 0.0, 0, 0.0
        for batch in self.train.epoch(number):
            n = len(batch.targets)
            self.plan.input[:n] = batch.images
            loss = self.plan.train_step(batch.targets, n)
            rate = learning_rate(
                settings.lr,
                settings.lr_schedule,
                clock.step,
                self.train.batches,
                settings.epochs,
                settings.warmup_epochs,
            )
            self._check(loss, number)
            self.optimizer.step(self.plan.gradient, rate)
            clock.step += 1
            total, count = total + loss * n, count + n
        return total / max(count, 1), rate

    def _check(self, loss: float, number: int) -> None:
        if not math.isfinite(loss) or not math.isfinite(self.optimizer.norm(self.plan.gradient)):
            raise self._diverged(f"epoch {number + 1}, step {self.state.clock.step + 1}: the loss")

    def _diverged(self, figure: str) -> DivergedError:
        return DivergedError(
            f"{figure} is no longer a finite number; try a smaller --lr than {self.settings.lr:g}"
        )

    def _validate(self) -> Any:
        """Return what the images to validate on got; None without any."""
        if self.val is None:
            return None
        self.check.refresh()
        return judge_all(self.check, self.val, self.task)

    def _better(self, record: Epoch) -> bool:
        monitor = self.settings.monitor
        if self.val is None:
            monitor = "train_loss"
        value = record.figure(monitor)
        if value is None or not math.isfinite(value):
            return False
        before = None if self.state.best is None else self.state.best.figure(monitor)
        if before is None:
            return True
        return value > before if self.task.monitors.get(monitor) else value < before
