"""A whole training, from data to a model file, told as a stream of events.

data = load_training("sample_data/digits")
graph = build_network(design_network(data), data)
settings = choose_settings({"epochs": 3}, graph, data.task, len(data.train))
for event in train("digits.npz", data, graph, settings):
    ...  # see events.py
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from cnncli.data.source import TrainingData
from cnncli.engine import Weights
from cnncli.errors import DivergedError
from cnncli.graph import Graph
from cnncli.layers.base import Array
from cnncli.model_file import Model, save_model
from cnncli.tasks import Task
from cnncli.training.beginning import begin_weights
from cnncli.training.checkpoint import Checkpoint, locate_checkpoint, remove_checkpoint
from cnncli.training.demand import check_demand
from cnncli.training.events import Done, EndedEarly, Epoch, Event, Saved, Started
from cnncli.training.log import keep_records
from cnncli.training.loop import Training
from cnncli.training.saving import Saver
from cnncli.training.settings import Settings
from cnncli.training.state import State


def train(
    path: str,
    data: TrainingData,
    graph: Graph,
    settings: Settings,
    *,
    options: dict[str, Any] | None = None,
    inherited: Mapping[str, Array] | None = None,
    state: State | None = None,
    deadline: float = math.inf,
) -> Generator[Event, None, None]:
    """Train a network and write the best version to a model file; yield what happens.

    `inherited` are parameters to begin with, as for `begin_weights`. Without epochs the network is
    written as it begins. Whatever ends the training early, be it an error in it, an exception
    thrown into this generator or its close, the best network so far is saved first, and there is a
    checkpoint (see saving.py) beside the model file, which keeps the `options` for who resumes the
    training. A `state` from one is where the training goes on. No step begins after `deadline`, of
    time.monotonic(). Raises what `check_demand`, `Training.run`, `save_model` and the decoding of
    samples raise.
    """
    begin = time.monotonic()
    file = _ModelFile(path, data, graph, settings)
    if not settings.epochs:
        saved = file.save_initial(begin_weights(graph, data.train, settings, inherited))
        if (before := locate_checkpoint(path)) is not None:
            remove_checkpoint(before)
        yield saved
        yield Done(saved, time.monotonic() - begin, None)
        return
    check_demand(data, graph, settings)
    training = Training(data, graph, settings, inherited, deadline=deadline)
    if state is not None:
        training.restore(state)
    checkpoint = Checkpoint.take(data, graph, settings, options or {}, training.state)
    saver = Saver(path, checkpoint)
    if state is None:
        saver.remove()  # of another training, before
    yield Started(
        params=graph.params,
        macs=graph.macs,
        step_bytes=training.plan.bytes,
        threads=settings.threads,
        epochs=settings.epochs,
        samples=training.train.samples,
        steps=training.steps,
        taken=training.state.steps,
        resumed=tuple(training.state.epochs),
    )
    try:
        yield from _save_between(training.run(), saver)
    except BaseException as error:
        left: list[Event] = []
        if training.state.best is not None:
            left.append(file.save_best(training.state, complete=False))
        elif isinstance(error, DivergedError):  # there is nothing to go on from
            saver.remove()
        if saver.written is not None and not isinstance(error, DivergedError):
            left.append(saver.written)
        if not isinstance(error, GeneratorExit):
            yield from left
        raise
    saved = file.save_best(training.state, complete=True, early=training.ended_early)
    saver.remove()
    yield saved
    speeds = [epoch.samples_per_second for epoch in training.state.epochs if epoch.seconds]
    yield Done(saved, time.monotonic() - begin, statistics.median(speeds) if speeds else None)


def _save_between(events: Iterator[Event], saver: Saver) -> Iterator[Event]:
    """Yield the events of a training, with a checkpoint when one is due and when it is left.

    Whoever gets an event finds the training between two steps. An error of the training itself may
    have come in the middle of one, so nothing is saved then.
    """
    for event in events:
        saver.save_when_due(event)
        try:
            yield event
        except BaseException:
            saver.save()
            raise


class _ModelFile:
    """The model file that a training writes, again and again if need be."""

    def __init__(self, path: str, data: TrainingData, graph: Graph, settings: Settings) -> None:
        self.path, self.data, self.graph, self.settings = path, data, graph, settings

    def save_initial(self, weights: Weights) -> Saved:
        """Write the network as a training begins with it."""
        task = self.data.task
        return self._save(weights.dump(), task, 1.0, _figures(task, None, 0), (), complete=True)

    def save_best(self, state: State, *, complete: bool, early: EndedEarly | None = None) -> Saved:
        """Write the network of the epoch that is kept; `early` is why there are no more epochs."""
        best = state.best
        assert best is not None
        epoch = replace(best.epoch, validation=best.validation)
        figures = _figures(best.task, epoch, len(state.epochs))
        if early is not None:
            figures["ended_early"] = early.reason
        return self._save(
            best.weights, best.task, best.temperature, figures, state.epochs, complete=complete
        )

    def _save(
        self,
        weights: dict[str, Array],
        task: Task,
        temperature: float,
        figures: dict[str, Any],
        epochs: Sequence[Epoch],
        *,
        complete: bool,
    ) -> Saved:
        settings = asdict(self.settings)
        del settings["threads"]  # which change nothing
        origin = self.data.origin
        model = Model(
            arch=self.graph.text,
            input_shape=self.graph.input_shape,
            preprocessing=self.data.preprocessing.to_manifest(),
            classes=list(task.outputs),
            weights=weights,
            training={
                "settings": settings,
                "train_images": len(self.data.train),
                "val_images": len(self.data.val),
                "temperature": temperature,
                **({"samples": origin.to_manifest()} if origin else {}),
                **figures,
                **({} if complete else {"unfinished": True}),
                **({"class_weights": "auto"} if self._is_balanced() else {}),
                "log": keep_records(epochs),
            },
            task=task.to_manifest(),
        )
        sha256 = save_model(self.path, model, force=True)
        return Saved(self.path, sha256, figures["best_epoch"], figures, complete)

    def _is_balanced(self) -> bool:
        """Say whether the loss makes up for rare classes, which its name does not tell."""
        loss = self.data.task.loss
        return loss != self.data.task.choose_loss(str(loss))


def _figures(task: Task, epoch: Epoch | None, epochs_run: int) -> dict[str, Any]:
    """Return what the saved network reached; None stands for what is not measured or no number."""
    figures: dict[str, Any] = {
        "epochs_run": epochs_run,
        "best_epoch": None if epoch is None else epoch.epoch,
    }
    for name in ("train_loss", *task.monitors):
        figure = None if epoch is None else epoch.figure(name)
        figures[name] = figure if figure is not None and math.isfinite(figure) else None
    return figures
