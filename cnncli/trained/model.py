"""A trained network, opened: everything that commands and Python ask of a model file."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cnncli.allowance import find_excess
from cnncli.data.origin import Origin
from cnncli.data.preprocessing import read_preprocessing
from cnncli.engine import Weights
from cnncli.engine.copies import describe_copies, make_copies
from cnncli.errors import (
    ArchitectureError,
    DataError,
    ModelFileError,
    UsageError,
    did_you_mean,
    name_settings,
)
from cnncli.exchange import is_foreign, read_network
from cnncli.exchange.given import Given
from cnncli.layers.base import Array, ReluGradient, volume
from cnncli.model_file import load_model
from cnncli.tasks import Segmentation, read_task

if TYPE_CHECKING:
    from cnncli.data.preprocessing import AnyPreprocessing
    from cnncli.graph import Graph
    from cnncli.model_file import Model
    from cnncli.samples import MaskLevels
    from cnncli.tasks import Task
    from cnncli.trained.answers import Answer, Record
    from cnncli.trained.probe import Probe
    from cnncli.trained.runner import Runner
    from cnncli.trained.sample import Sample, Source

MIRRORS = {"hflip": 1, "altflip": 1, "vflip": 0}  # axes that steps of an augmentation mirror
USUAL_LAYER = 1 << 30  # bytes of what a layer reads and writes, where users do not allow more


class Trained:
    """A trained network with its preprocessing and its task; it belongs to a single thread.

    `threads` is how many the methods for Python work with; no result depends on it. `origin` says
    which samples it was trained and validated on, None that the model file does not say. With
    `tta` every answer is the mean over shifted copies of a sample, and mirrored ones where those
    it was trained on were mirrored; what layers answer is not. `notes` are what there is to say
    about the file of another tool that it was read from.
    """

    def __init__(
        self,
        model: Model,
        preprocessing: AnyPreprocessing,
        task: Task,
        *,
        origin: Origin | None = None,
        threads: int = 1,
        tta: bool = False,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.model, self.preprocessing, self.task = model, preprocessing, task
        self.graph = model.graph
        self.origin, self.threads = origin, threads
        self.notes = notes
        self.copies = make_copies(_find_mirrored(model.training)) if tta else ()

    def __repr__(self) -> str:
        return f"<Trained {self.graph.text}>"

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

    @property
    def averaged(self) -> Record:
        """What a record of its answers says of the copies they are means over."""
        return {"tta": len(self.copies)} if self.copies else {}

    def describe_copies(self) -> str:
        """Return in words what its answers are means over."""
        unit = "pixel" if self.preprocessing.noun == "image" else "sample"
        return f"each answer is the mean over {describe_copies(self.copies, unit)}"

    def read(self, source: Source) -> Sample:
        """Return a sample in the shape of the network's input, as it is and normalized.

        `source` is as for `sample.read_values`. Raises DataError.
        """
        from cnncli.trained.sample import read_sample

        return read_sample(source, self.preprocessing)

    def prepare(self, source: Source) -> Array:
        """Return the input the network takes for a sample: float32 (H, W, C) or (L, C)."""
        return self.read(source).input

    def predict(
        self, source: Source, *, top_k: int | None = None, min_confidence: float | None = None
    ) -> Record:
        """Return the answer to a sample as `predict --json` writes it.

        The path stands in it where that is the source. Raises DataError for what cannot be read, or
        gets an answer that is not finite.
        """
        from cnncli.plain import to_plain
        from cnncli.tasks.base import NOT_FINITE
        from cnncli.trained.answers import are_finite
        from cnncli.trained.sample import read_values

        name, values = read_values(source, self.preprocessing)
        (output,) = self._single.answer([values])
        if not are_finite(output):
            raise DataError(NOT_FINITE, place=name)
        record = self.task.answer(output, top_k, min_confidence)
        path = {"path": name} if isinstance(source, str | os.PathLike) else {}
        answer: Record = to_plain({**path, **record, **self.averaged})
        return answer

    def predict_all(
        self,
        paths: Iterable[str | os.PathLike[str]],
        *,
        top_k: int | None = None,
        min_confidence: float | None = None,
    ) -> Iterator[Record]:
        """Yield the answers to files, folders and arrays of samples, as lines of `predict --json`.

        What cannot be read is a record with `path` and `error` in its place.
        """
        from cnncli.plain import to_plain
        from cnncli.trained.answers import make_record

        names = (os.fspath(path) for path in paths)
        for answer in self.answers(names, threads=self.threads):
            record = make_record(answer, self.task, top_k, min_confidence)
            if "error" in record:
                record["error"] = name_settings(record["error"], str)
            else:
                record |= self.averaged
            yield to_plain(record)

    def run(self, x: Array | Source, keep: Collection[str] = ()) -> dict[str, Array]:
        """Return `logits` and what the layers named in `keep` answer, by name.

        `x` is an input as `prepare` returns it, or N of them in an array, or a path. The arrays
        are float32, (*shape of the layer's output), or (N, *that) for N inputs. Raises UsageError
        for a layer that there is not, or an array that is no input.
        """
        inputs, is_batch = self._inputs(x)
        values = self._probe.run(inputs, keep)
        return values if is_batch else {name: array[0] for name, array in values.items()}

    def gradients(
        self,
        x: Array | Source,
        *,
        of: str | int | None = None,
        to: Collection[str] = ("input",),
        relu: ReluGradient = "true",
        layer: str | None = None,
    ) -> dict[str, Array]:
        """Return the gradient of a logit with respect to each of the values in `to`, by name.

        `x` is as for `run`. `of` is the name of the class, label or number whose logit is meant
        (of a number as it was standardized for training; where every pixel has a class, the sum
        over all pixels); None: the largest logit of each input. With a `layer`, `of` is the number
        of one of its filters, and its largest value is meant; None: that of the filter with the
        largest. `to` names layers, or "input". The arrays are shaped like those values, float32,
        with N in front for N inputs. `relu` is how a gradient passes a relu: "true", "guided" or
        "deconv". Raises UsageError for an output or a layer that there is not.
        """
        inputs, is_batch = self._inputs(x)
        outputs = None
        if of is not None:
            number = of if isinstance(of, int) else self.find_output(of)
            outputs = np.full(len(inputs), number)
        gradients = self._probe.differentiate(inputs, outputs, to, relu, layer)
        return gradients if is_batch else {name: array[0] for name, array in gradients.items()}

    def find_output(self, name: str) -> int:
        """Return the number of an output, a class, label or number; raise UsageError."""
        names = self.task.outputs
        if name not in names:
            hint = did_you_mean(name, names) or ";"
            raise UsageError(
                f"{name!r} is none of the {self.task.plural}{hint} there are {', '.join(names)}"
            )
        return names.index(name)

    def evaluate(self, data: str | os.PathLike[str], *, split: str | None = None) -> Record:
        """Return the figures of `evaluate --json` on a labeled set; raise DataError.

        `split` is test, val, train or all; None: test, else what the network was validated on,
        else all.
        """
        from cnncli.data.source import load_labeled
        from cnncli.plain import to_plain
        from cnncli.trained.runner import judge_all

        labeled = load_labeled(
            os.fspath(data),
            self.preprocessing,
            self.task,
            origin=self.origin,
            split=split,
            threads=self.threads,
        )
        judged = judge_all(self.open_runner(threads=self.threads), labeled.samples, self.task)
        figures: Record = to_plain(
            {"split": labeled.split, **self.averaged, **self.task.compute_figures(judged)}
        )
        return figures

    def open_runner(self, **settings: Any) -> Runner:
        """Return the network ready to answer; `settings` are those of `runner.open_runner`."""
        from cnncli.trained.runner import open_runner

        return open_runner(
            self.graph, self.weights, self.preprocessing, copies=self.copies, **settings
        )

    def answers(
        self, paths: Iterable[str], *, layer: str | None = None, threads: int = 1, **settings: Any
    ) -> Iterator[Answer]:
        """Return the answers to files, folders and arrays of samples, in order, as they arrive.

        Each comes with the features of a layer, where that is named. What cannot be read is an
        answer with its error. `settings` are those of `runner.open_runner`.
        """
        from cnncli.data.batches.stream import stream
        from cnncli.trained.answers import answer_stream

        keep = [layer] if layer else []
        runner = self.open_runner(keep=keep, threads=threads, **settings)
        batches = stream(paths, self.preprocessing, batch_size=runner.batch, threads=threads)
        return answer_stream(runner, batches, layer)

    @cached_property
    def _single(self) -> Runner:
        batch_size = 1 if self.masks is None else None
        return self.open_runner(batch_size=batch_size, threads=self.threads)

    @cached_property
    def _probe(self) -> Probe:
        from cnncli.trained.probe import Probe

        return Probe(self.graph, self.weights, self.threads)

    def _inputs(self, x: Array | Source) -> tuple[Array, bool]:
        """Return inputs (N, *input shape), and whether `x` is several; raise DataError."""
        if not isinstance(x, np.ndarray):
            return self.prepare(x)[None], False
        shape = self.graph.input_shape
        if x.dtype != np.float32 or shape not in (x.shape, x.shape[1:]):
            given, needed = ("x".join(map(str, size)) for size in (x.shape, shape))
            raise DataError(
                f"an array of {given} {x.dtype}, where the network takes {needed} float32; "
                "prepare() makes one of an image or a signal"
            )
        return (x[None], False) if x.shape == shape else (x, True)


def _check_memory(path: str, graph: Graph) -> None:
    """Refuse a network of which a single layer takes more memory than is allowed for an input."""
    layers = [(node.name, (*node.input_shapes, node.output_shape)) for node in graph.nodes]
    name, needed = max(
        ((name, 4 * sum(map(volume, shapes))) for name, shapes in layers),
        key=lambda layer: layer[1],
        default=("", 0),
    )
    if excess := find_excess(needed, USUAL_LAYER):
        fault, remedy = excess
        raise ModelFileError(f"{path}: for one input its {name} {fault}; {remedy}", path=path)


def _find_mirrored(training: Record) -> set[int]:
    """Return the axes along which the samples of a training were mirrored at random."""
    settings = training.get("settings")
    augment = settings.get("augment") if isinstance(settings, dict) else None
    return {MIRRORS[step] for step in re.findall("[a-z]+", str(augment)) if step in MIRRORS}


def load(
    path: str | os.PathLike[str],
    *,
    given: Given | None = None,
    threads: int = 1,
    tta: bool = False,
) -> Trained:
    """Open a model file, `-` being stdin; `threads` and `tta` are those of `Trained`.

    A network of another tool is opened as `exchange.read_network` reads it, with what is `given`
    beside its file. Raises what that raises, and ModelFileError for a file that is no model, or
    whose parts do not fit together.
    """
    model, notes = _read(os.fspath(path), given or Given())
    try:
        preprocessing = read_preprocessing(model.preprocessing)
        task = read_task(model.classes, model.task)
        task.check(model.graph)
        origin = Origin.from_manifest(model.training.get("samples"))
    except (ModelFileError, ArchitectureError) as error:
        raise ModelFileError(error.message, place=os.fspath(path), path=os.fspath(path)) from error
    unlike = isinstance(task, Segmentation) and preprocessing.noun != "image"
    if preprocessing.input_shape != model.input_shape or unlike:
        raise ModelFileError(
            f"{path}: its network does not take its own inputs; train it again",
            path=os.fspath(path),
        )
    _check_memory(os.fspath(path), model.graph)
    return Trained(model, preprocessing, task, origin=origin, threads=threads, tta=tta, notes=notes)


def _read(path: str, given: Given) -> tuple[Model, tuple[str, ...]]:
    """Return the model in a file, by its name one of our own or of another tool, and notes."""
    if given.arch is None and not is_foreign(path):
        return load_model(path), ()
    imported = read_network(path, given)
    return imported.model, imported.notes
