"""From a path to images or signals: which format it is, which part of it, in which shape."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

from cnncli.data import folder, idx, manifest, npz
from cnncli.data.dataset import ImageSet
from cnncli.data.fitting import with_normalization
from cnncli.data.medium import AnyPreprocessing, choose_preprocessing
from cnncli.data.samples import Samples, training_classes
from cnncli.data.split import DEFAULT_FRACTION, set_aside
from cnncli.errors import DataError
from cnncli.value import Value


class Reader(Protocol):
    """What a module that reads one format offers; the splits are train, val and test."""

    def can_read(self, path: str) -> bool:
        """Say whether this is my format, by a glance at the path."""

    def splits(self, path: str) -> tuple[str, ...]:
        """Return the splits the set is divided into; none for a set that is not."""

    def read(self, path: str, split: str | None) -> Samples:
        """Return one split, or a set that is not divided; raise DataError."""


READERS = cast("tuple[Reader, ...]", (idx, folder, npz, manifest))


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

    train: ImageSet
    val: ImageSet
    preprocessing: AnyPreprocessing
    classes: tuple[str, ...]
    notices: tuple[str, ...]


def open_data(path: str) -> Source:
    """Find out what kind of data set a path leads to; raise DataError."""
    if path != "-" and not Path(path).exists():
        raise DataError(f"{path}: no such file or folder; check the path", path=path)
    for reader in READERS:
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
    val: str | float | None = None,
    size: tuple[int, int] | None = None,
    color: str = "auto",
    resize: str = "stretch",
    length: int | None = None,
    normalization: str = "standard",
    threads: int = 1,
) -> TrainingData:
    """Read a data set to train on; raise DataError.

    `val` is the path of a set or the fraction to set aside; None: the set's own val folder, or a
    tenth. Size, color, length, rate and normalization are learnt from the train set alone.
    """
    classes, train, held = _training_parts(path, val)
    if not len(held):
        raise DataError(
            f"{path}: nothing left to validate on; add {train.what}s or give --val", path=path
        )
    shape, chosen = choose_preprocessing(
        train, size=size, color=color, resize=resize, length=length, threads=threads
    )
    train_set = ImageSet(train, shape, classes, threads=threads)
    val_set = ImageSet(held, shape, classes, threads=threads)
    return TrainingData(
        train_set,
        val_set,
        with_normalization(shape, normalization, train_set.statistics),
        classes,
        tuple(dict.fromkeys(train_set.notices + val_set.notices + chosen)),
    )


def load_labelled(
    path: str,
    preprocessing: AnyPreprocessing,
    classes: Sequence[str],
    *,
    split: str | None = None,
    fraction: float = DEFAULT_FRACTION,
    threads: int = 1,
) -> ImageSet:
    """Read a set for a trained network, its labels matched to the classes by name; raise DataError.

    `split` None takes test, else val, else everything. Where there is no val set, "train" and "val"
    are the two parts that training with this `fraction` makes.
    """
    source = open_data(path)
    if split is None:
        split = next((one for one in ("test", "val", "train") if one in source.splits), None)
        samples = source.read(split)
    elif split in ("train", "val") and "val" not in source.splits:
        whole = source.read("train" if source.splits else None)
        samples = set_aside(whole, fraction)[split == "val"]
    else:
        samples = source.read(split)
    if not len(samples):
        raise DataError(f"{samples.where}: no {samples.what}s; add some", path=samples.where)
    return ImageSet(samples, preprocessing, classes, threads=threads)


def _training_parts(path: str, val: str | float | None) -> tuple[tuple[str, ...], Samples, Samples]:
    """Return the classes, the samples to train on and the ones to validate on."""
    source = open_data(path)
    train = source.read("train" if source.splits else None)
    classes = training_classes(train)
    if isinstance(val, str):
        other = open_data(val)
        return classes, train, other.read("val" if other.splits else None)
    if val is None and "val" in source.splits:
        return classes, train, source.read("val")
    return classes, *set_aside(train, DEFAULT_FRACTION if val is None else val)
