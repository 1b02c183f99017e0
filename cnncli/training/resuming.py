"""Whether a training goes on from a checkpoint as it would have gone on without a stop."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from cnncli.data.checksums import find_difference
from cnncli.data.preprocessing import read_preprocessing
from cnncli.errors import ModelFileError, UsageError, setting
from cnncli.model_file import Model, load_model
from cnncli.training.checkpoint import Checkpoint
from cnncli.training.settings import Settings

if TYPE_CHECKING:
    from cnncli.data.source import TrainingData
    from cnncli.graph import Graph


def find_other_data(checkpoint: Checkpoint, data: TrainingData) -> str | None:
    """Return in words where data first differ from those of a checkpoint; None: nowhere."""
    parts = ((checkpoint.train, data.train), (checkpoint.val, data.val))
    return next(filter(None, (find_difference(before, part) for before, part in parts)), None)


def find_other_network(checkpoint: Checkpoint, data: TrainingData, graph: Graph) -> str | None:
    """Return in words what a network or its inputs and outputs were; None: they are the same."""
    task, before = data.task, checkpoint.task
    if (task.outputs, task.to_manifest()) != (before.outputs, before.to_manifest()):
        return f"the task was to {before.name} {', '.join(before.outputs)}"
    size = "x".join(map(str, checkpoint.input_shape))
    if graph.input_shape != checkpoint.input_shape:
        return f"the input was {size}"
    if data.preprocessing.to_manifest() != checkpoint.preprocessing:
        return f"the input was {size}, {read_preprocessing(checkpoint.preprocessing).description}"
    return None if graph.text == checkpoint.arch else f"the network was {checkpoint.arch}"


def list_other_settings(before: Settings, now: Settings) -> list[str]:
    """Return the names of the settings that differ; threads do not count."""
    names = [field.name for field in fields(Settings) if field.name != "threads"]
    return [name for name in names if getattr(before, name) != getattr(now, name)]


def check_model(path: str, checkpoint: Checkpoint) -> None:
    """Raise UsageError for a model that the training of a checkpoint cannot have written."""
    if not Path(path).exists():
        return
    try:
        model = load_model(path)
    except ModelFileError:
        model = None
    if model is None or not _is_of(model, checkpoint):
        raise UsageError(
            f"{path}: was not written by the training that is to go on; "
            f"{setting('force')} overwrites it",
            path=path,
        )


def _is_of(model: Model, checkpoint: Checkpoint) -> bool:
    """Say whether a training wrote this model, or goes on with it."""
    settings, training = json.loads(json.dumps(asdict(checkpoint.settings))), model.training
    del settings["threads"]
    goes_on = checkpoint.settings.after == training.get("epochs_run")
    return model.arch == checkpoint.arch and (goes_on or training.get("settings") == settings)
