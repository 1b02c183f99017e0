"""Training a network further whose training was complete.

A model file has no moments of the optimizer, and the learning rate ended at its lowest. So the
epochs that are added are a training of their own, with a schedule and moments that begin again, on
the weights of the best epoch until then, which stays the best until another is better. What it ends
with follows from the model file, the data and the settings alone.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from cnncli.engine import Weights
from cnncli.engine.optimizers import OPTIMIZERS, Optimizer
from cnncli.errors import UsageError
from cnncli.tasks import Task
from cnncli.trained.model import Trained
from cnncli.training.calibration import divide_logits
from cnncli.training.events import Epoch
from cnncli.training.settings import Settings
from cnncli.training.state import Best, State


def take_up(trained: Trained, settings: Settings) -> State:
    """Return the state in which a training goes on with a network.

    Raises UsageError for a network whose training left too few traces for that.
    """
    training, graph = trained.model.training, trained.graph
    epochs = [_read_epoch(record, trained.task) for record in training.get("log", [])]
    if len(epochs) != training["epochs_run"]:
        raise UsageError(
            "the model does not have the figures of each of its epochs, so it cannot be trained "
            "further; begin again"
        )
    temperature = training["temperature"]
    weights = Weights(graph, settings.find_frozen(graph))
    weights.load(
        divide_logits(graph, trained.model.weights, 1 / temperature) or trained.model.weights
    )
    moments = Optimizer(OPTIMIZERS.read(settings.optimizer), weights, 0.0, 1).state
    averaged = {name: array.copy() for name, array in weights.arrays.items()}
    state = State(weights.arrays, moments, averaged if settings.average else {}, epochs=epochs)
    if epochs:  # else it is a network as it begins
        best = epochs[training["best_epoch"] - 1]
        figures = {name: _read_figure(training[name]) for name in best.validation}
        state.best = Best(best, trained.model.weights, temperature, figures, trained.task)
    return state


def go_further(trained: Trained, settings: Settings) -> Settings:
    """Return settings of a training that goes on behind the epochs of a network."""
    return replace(settings, after=trained.model.training["epochs_run"])


def _read_epoch(record: dict[str, Any], task: Task) -> Epoch:
    """Return an epoch of the log in a model file, which does not say how long it took."""
    return Epoch(
        epoch=record["epoch"],
        learning_rate=record["lr"],
        train_loss=_read_figure(record["train_loss"]),
        validation={name: _read_figure(record[name]) for name in task.monitors if name in record},
        seconds=0.0,
        samples_per_second=0.0,
        best=record["best"],
    )


def _read_figure(figure: float | None) -> float:
    return math.nan if figure is None else figure
