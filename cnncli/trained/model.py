"""A trained network, opened: everything that commands and Python ask of a model file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnncli.data.preprocessing import read_preprocessing
from cnncli.engine import Weights
from cnncli.errors import ArchitectureError, ModelFileError
from cnncli.model_file import load_model
from cnncli.tasks import Segmentation, read_task

if TYPE_CHECKING:
    from cnncli.data.dataset import DataSet
    from cnncli.data.preprocessing import AnyPreprocessing
    from cnncli.model_file import Model
    from cnncli.samples import MaskLevels
    from cnncli.tasks import Task
    from cnncli.trained.answers import Answer
    from cnncli.trained.runner import Runner


class Trained:
    """A trained network with its preprocessing and its task; it belongs to one thread."""

    def __init__(self, model: Model, preprocessing: AnyPreprocessing, task: Task) -> None:
        self.model, self.preprocessing, self.task = model, preprocessing, task
        self.graph = model.graph

    @cached_property
    def weights(self) -> Weights:
        """The weights as the engine takes them."""
        weights = Weights(self.graph)
        weights.load(self.model.weights)
        return weights

    @property
    def masks(self) -> MaskLevels | None:
        """How its classes look in a mask, where it gives every pixel a class; else None."""
        return self.task.masks if isinstance(self.task, Segmentation) else None

    def open_runner(self, **settings: Any) -> Runner:
        """Return the network ready to answer; `settings` are those of `runner.open_runner`."""
        from cnncli.trained.runner import open_runner

        return open_runner(self.graph, self.weights, self.preprocessing, self.task, **settings)

    def answers(
        self, paths: Iterable[str], *, layer: str | None = None, threads: int = 1, **settings: Any
    ) -> Iterator[Answer]:
        """Return the answers to files, folders and arrays of samples, in order, as they arrive.

        Each comes with the features of a layer, where one is named. What cannot be read is an
        answer with its error. `settings` are those of `runner.open_runner`.
        """
        from cnncli.data.batches.stream import stream
        from cnncli.trained.answers import answer_stream

        keep = [layer] if layer else []
        runner = self.open_runner(keep=keep, threads=threads, **settings)
        batches = stream(paths, self.preprocessing, batch_size=runner.batch, threads=threads)
        return answer_stream(runner, batches, layer)

    def judge(self, samples: DataSet, **settings: Any) -> Iterator[Any]:
        """Yield what the task judged of a labeled set, batch by batch, in its order."""
        return self.open_runner(**settings).judge(samples, self.task)


def load(path: str | os.PathLike[str]) -> Trained:
    """Open a model file, `-` being stdin.

    Raises ModelFileError for a file that is no model, or whose parts do not fit together.
    """
    model = load_model(path)
    preprocessing = read_preprocessing(model.preprocessing)
    try:
        task = read_task(model.classes, model.task)
        task.check(model.graph)
    except (ModelFileError, ArchitectureError) as error:
        raise ModelFileError(f"{path}: {error}", path=os.fspath(path)) from error
    unlike = task.per_pixel and preprocessing.noun != "image"
    if preprocessing.input_shape != model.input_shape or unlike:
        raise ModelFileError(
            f"{path}: its network does not take its own inputs; train it again",
            path=os.fspath(path),
        )
    return Trained(model, preprocessing, task)
