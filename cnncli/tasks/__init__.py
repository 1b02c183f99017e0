"""What networks are trained for: a folder per task, with what it is and what people read of it."""

from __future__ import annotations

from typing import Any

from cnncli.errors import ModelFileError
from cnncli.samples import Samples
from cnncli.tasks.base import TASKS as TASKS
from cnncli.tasks.base import Task as Task
from cnncli.tasks.classification.task import Classification as Classification
from cnncli.tasks.multi_label.task import MultiLabel as MultiLabel
from cnncli.tasks.regression.task import Regression as Regression
from cnncli.tasks.segmentation.task import Segmentation as Segmentation


def choose_task(name: str, samples: Samples) -> type[Task]:
    """Return the task of this name, or for "auto" what the labels suggest."""
    return TASKS.find(samples.suggests if name == "auto" else name)


def read_task(outputs: list[str], value: dict[str, Any]) -> Task:
    """Return the task of a model file; it is not named where it is classification.

    Raises ModelFileError for what no task can have written.
    """
    name = value.get("name", Classification.name)
    if not isinstance(name, str) or name not in TASKS:
        raise ModelFileError("its manifest names no task that this cnncli knows")
    return TASKS[name].from_manifest(tuple(outputs), value)
