"""From a path to images or signals: which format it is, which part of it, in which shape."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast

from cnncli.data import folder, idx, manifest, masks, npz
from cnncli.data.dataset import ImageSet
from cnncli.data.fitting import with_normalization
from cnncli.data.medium import AnyPreprocessing, choose_preprocessing
from cnncli.data.pixels import PixelSet
from cnncli.data.preprocessing import Preprocessing
from cnncli.data.samples import Samples
from cnncli.data.split import DEFAULT_FRACTION, set_aside
from cnncli.errors import DataError, UsageError
from cnncli.tasks import Task, learn_task
from cnncli.value import Value


class Reader(Protocol):
    """What a module that reads one format offers; the splits are train, val and test."""

    def can_read(self, path: str) -> bool:
        """Say whether this is my format, by a glance at the path."""

    def splits(self, path: str) -> tuple[str, ...]:
        """Return the splits the set is divided into; none for a set that is not."""

    def read(self, path: str, split: str | None) -> Samples:
        """Return one split, or a set that is not divided; raise DataError."""


Set = ImageSet | PixelSet

READERS = cast("tuple[Reader, ...]", (idx, masks, folder, npz, manifest))


class Source(Value):
    """A data set that has been found but not read."""

    path: str
    reader: Reader
    splits: tuple[str, ...]

    def read(self, split: str | None = None) -> Samples:
        """Return the samples of a split, or of a set that is not divided; raise DataError."""
        if split is not None and split not in self.splits:
            raise DataError(f"{self.path}: has no {split} set; {self._remedy()}", path=self.path)
        return self.reader.read(self.path, split)

    def _remedy(self) -> str:
        if not self.splits:
            return "it is not divided, so use all of it"
        return f"it has {' and '.join(self.splits)}"


class TrainingData(Value):
    """What a training needs to know of the data."""

    train: Set
    val: Set
    preprocessing: AnyPreprocessing
    task: Task
    notices: tuple[str, ...]


def open_data(path: str) -> Source:
    """Find out what kind of data set a path leads to; raise DataError."""
    if path != "-" and not Path(path).exists():
        raise DataError(f"{path}: no such file or folder; check the path", path=path)
    for reader in (manifest,) if path == "-" else READERS:
        if reader.can_read(path):
            return Source(path, reader, reader.splits(path))
    raise DataError(
        f"{path}: not a data set; give a folder with one folder per class, "
        "a .csv, .tsv or .jsonl list, a .npz file or a folder of IDX files",
        path=path,
    )


def load_training(
    path: str,
    *,
    task: str = "auto",
    loss: str | None = None,
    val: str | float | None = None,
    size: tuple[int, int] | None = None,
    color: str = "auto",
    resize: str = "stretch",
    length: int | None = None,
    normalization: str = "standard",
    weighted: bool = False,
    threads: int = 1,
) -> TrainingData:
    """Read a data set to train on; raise DataError, or UsageError for options that
    neither the data nor the task have a use for.

    `task` and `loss` are names; "auto" takes the task the data suggest, None its usual loss.
    `val` is the path of a set or the fraction to set aside; None: the set's own val folder, or a
    tenth. Size, color, length, rate and normalization are learnt from the train set alone.
    """
    learnt, train, held = _training_parts(path, task, loss, val)
    if not len(held):
        raise DataError(
            f"{path}: nothing left to validate on; add {train.what}s or give --val", path=path
        )
    if learnt.per_pixel:
        from cnncli.data.mapped import map_sets

        if resize != "stretch":
            raise UsageError("--resize-mode is not for masks, which keep their size; leave it out")
        maps = map_sets(
            train,
            held,
            learnt,
            size=size,
            color=color,
            normalization=normalization,
            weighted=weighted,
            threads=threads,
        )
        return _normalized(*maps, normalization, ())
    if weighted:
        raise UsageError(f"--class-weights is not for {learnt.name}; leave it out")
    shape, chosen = choose_preprocessing(
        train,
        size=size,
        color=color,
        resize=resize,
        length=length,
        normalization=normalization,
        threads=threads,
    )
    learnt = learnt.fitted(train)
    train_set = ImageSet(train, shape, learnt, threads=threads)
    val_set = ImageSet(held, shape, learnt, threads=threads)
    return _normalized(train_set, val_set, shape, learnt, normalization, chosen)


def _normalized(
    train: Set,
    val: Set,
    shape: AnyPreprocessing,
    task: Task,
    normalization: str,
    chosen: tuple[str, ...],
) -> TrainingData:
    """Return sets with the normalization that the one to train on asks for."""
    return TrainingData(
        train,
        val,
        with_normalization(shape, normalization, train.statistics),
        task,
        tuple(dict.fromkeys(train.notices + val.notices + chosen)),
    )


def load_labelled(
    path: str,
    preprocessing: AnyPreprocessing,
    task: Task,
    *,
    split: str | None = None,
    fraction: float = DEFAULT_FRACTION,
    threads: int = 1,
) -> Set:
    """Read a set for a trained network, its labels matched to the task by name; raise DataError.

    `split` None takes test, else val, else everything. Where there is no val set, "train" and "val"
    are the two parts that training with this `fraction` makes.
    """
    source = open_data(path)
    if split is None:
        split = next((one for one in ("test", "val", "train") if one in source.splits), None)
        samples = source.read(split)
    elif split in ("train", "val") and "val" not in source.splits:
        whole = source.read("train" if source.splits else None)
        samples = set_aside(whole, fraction, task.strata(whole))[split == "val"]
    else:
        samples = source.read(split)
    if not len(samples):
        raise DataError(f"{samples.where}: no {samples.what}s; add some", path=samples.where)
    if task.per_pixel:
        from cnncli.data.mapped import map_set

        assert isinstance(preprocessing, Preprocessing)
        return map_set(samples, preprocessing, task, threads)
    return ImageSet(samples, preprocessing, task, threads=threads)


def _training_parts(
    path: str, name: str, loss: str | None, val: str | float | None
) -> tuple[Task, Samples, Samples]:
    """Return the task, the samples to train on and the ones to validate on."""
    source = open_data(path)
    train = source.read("train" if source.splits else None)
    task = learn_task(name, loss, train)
    if isinstance(val, str):
        other = open_data(val)
        return task, train, other.read("val" if other.splits else None)
    if val is None and "val" in source.splits:
        return task, train, source.read("val")
    fraction = DEFAULT_FRACTION if val is None else val
    return task, *set_aside(train, fraction, task.strata(train))
