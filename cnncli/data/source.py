"""From a path to images or signals: which format it is, which part of it, in which shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from cnncli.data.dataset import DataSet
from cnncli.data.formats import folder, idx, listing, masks, npz, part_lists
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.origin import Origin, take_traces
from cnncli.data.part import choose_part
from cnncli.data.preprocessing import AnyPreprocessing
from cnncli.data.set import SampleSet
from cnncli.data.settings import AS_THE_DATA_ARE, DataSettings
from cnncli.data.split import DEFAULT_FRACTION, set_aside
from cnncli.data.unreadable import FileError, UnreadableError, build_each, skip_unreadable
from cnncli.errors import DataError, UsageError, setting
from cnncli.samples import Samples
from cnncli.tasks import Segmentation, Task, choose_task
from cnncli.tasks.reading import require_masks
from cnncli.value import Value
from cnncli.wording import count_names


class Opened(Protocol):
    """What reads a set whose format is known; the splits are train, val and test."""

    def list_splits(self, path: str) -> tuple[str, ...]:
        """Return the splits the set is divided into; none for a set that is not."""

    def read(self, path: str, split: str | None) -> Samples:
        """Return a split, or a set that is not divided; raise DataError."""


class Reader(Opened, Protocol):
    """What a module that reads a format offers."""

    def can_read(self, path: str) -> bool:
        """Say whether this is my format, by a glance at the path."""


# In the order they are asked: folders of IDX files, of masks and of lists are folders, too.
READERS: tuple[Reader, ...] = (idx, masks, part_lists, folder, npz)


class Source(Value):
    """A data set whose format is known, not read yet."""

    path: str
    reader: Opened
    splits: tuple[str, ...]
    notices: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()  # files to leave out

    def read(self, split: str | None = None) -> Samples:
        """Return the samples of a split, or of a set that is not divided; raise DataError."""
        if split is not None and split not in self.splits:
            raise DataError(
                f"{self.path}: has no {split} set; {self._word_remedy()}", path=self.path
            )
        samples = self.reader.read(self.path, split)
        if self.without:
            samples = samples.drop(self.without)
        return replace(samples, notices=self.notices + samples.notices)

    def read_all(self) -> Samples:
        """Return the samples of all parts; raise DataError."""
        parts = [self.read(split) for split in self.splits]
        return type(parts[0]).join(parts, self.path) if parts else self.read()

    def _word_remedy(self) -> str:
        if not self.splits:
            return "it is not divided, so use all of it"
        return f"it has {' and '.join(self.splits)}"


class TrainingData(Value):
    """What a training needs to know of the data."""

    train: DataSet
    val: DataSet
    preprocessing: AnyPreprocessing
    task: Task
    notices: tuple[str, ...]
    origin: Origin | None = None  # which samples these are
    broken: tuple[FileError, ...] = ()  # what is wrong with the files that were left out

    def count_samples(self) -> list[int] | None:
        """Return how many samples have each class or label, before any were set aside."""
        is_cut = self.origin is not None and self.origin.fraction is not None
        parts = [self.train, self.val] if is_cut else [self.train]
        counts = [self.task.count_samples(part.targets) for part in parts]
        known = [count for count in counts if count is not None]
        return [sum(column) for column in zip(*known, strict=True)] if known else None


class LabeledData(Value):
    """A set to judge a trained network on."""

    samples: DataSet
    split: str  # test, val, train or all
    notices: tuple[str, ...]
    broken: tuple[FileError, ...] = ()  # what is wrong with the files that were left out


def open_data(path: str) -> Source:
    """Find out what kind of data set a path leads to; raise DataError."""
    if path != "-":
        _require(path)
    if path == "-" or (listing.can_read(path) and not Path(path).is_dir()):
        rows = listing.open_list(path)  # read once, as stdin cannot be read again
        return Source(path, rows, rows.list_splits(path))
    inner = folder.unwrap(path) if Path(path).is_dir() else path
    notices = () if inner == path else (f"{path}: the set is taken from {inner}",)
    for reader in READERS:
        if reader.can_read(inner):
            return Source(inner, reader, reader.list_splits(inner), notices)
    raise DataError(
        f"{path}: not a data set; give a folder with one folder per class, "
        "a .csv, .tsv or .jsonl list, a .npz file or a folder of IDX files",
        path=path,
    )


def _require(path: str) -> None:
    """Raise DataError unless there is something at a path: a link to itself, say, leads nowhere."""
    try:
        Path(path).stat()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file or folder; check the path", path=path) from None
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise DataError(f"{path}: cannot be opened ({reason}); check it", path=path) from error


def load_training(
    path: str,
    *,
    task: str = "auto",
    loss: str | None = None,
    val: str | float | None = None,
    settings: DataSettings = AS_THE_DATA_ARE,
    threads: int = 1,
    skip_broken: bool = False,
) -> TrainingData:
    """Read a data set to train on; raise DataError, or UsageError for settings that
    neither the data nor the task have a use for.

    `task` and `loss` are names; "auto" takes the task the data suggest, None its usual loss.
    `val` is the path of a set or the fraction to set aside; None: the set's own val folder, or a
    tenth. Size, color, length, rate and normalization are learned from the train set alone.
    With `skip_broken` files that cannot be read are left out, as if they were not there.
    """
    source, other = open_data(path), open_data(val) if isinstance(val, str) else None
    fraction = None if isinstance(val, str) else val

    def load(without: frozenset[str]) -> TrainingData:
        train = replace(source, without=without)
        held = None if other is None else replace(other, without=without)
        learned, parts, origin = _split_training(
            train, held, fraction, task, loss, settings.ignored
        )
        return replace(_load_parts(path, learned, *parts, settings, threads), origin=origin)

    data, broken = skip_unreadable(load, skip=skip_broken)
    return replace(data, broken=broken)


def _load_parts(
    path: str, task: Task, train: Samples, held: Samples, settings: DataSettings, threads: int
) -> TrainingData:
    """Return the two parts decoded and normalized, with what is learned from them."""
    if not len(held):
        raise DataError(
            f"{path}: nothing left to validate on; add {train.noun}s or give {setting('val')}",
            path=path,
        )
    train_set: DataSet
    val_set: DataSet
    notices: tuple[str, ...] = ()
    if isinstance(task, Segmentation):
        from cnncli.data.maps.choice import load_training_maps

        if settings.resize_mode != "stretch":
            raise UsageError(
                f"{setting('resize')} is not for masks, which keep their size; leave it out"
            )
        train_set, val_set, task = load_training_maps(
            require_masks(train), require_masks(held), task, settings, threads
        )
    else:
        if settings.ignored:
            raise UsageError(f"{setting('ignored')} is not for {task.name}; leave it out")
        try:
            preprocessing, notices = _choose_preprocessing(train, settings, threads)
        except UnreadableError:  # of all samples to train on; so those to validate on are told, too
            build_each(
                path, lambda part: _choose_preprocessing(part, settings, threads), (train, held)
            )
            raise
        task = task.learn_from_training(train)

        def build(part: Samples) -> SampleSet:
            return SampleSet(part, preprocessing, task, threads=threads)

        train_set, val_set = build_each(path, build, (train, held))
        if settings.weighted:
            task = task.balance(train_set.targets)
    _check_settings(path, settings, train.noun)
    if not train_set.preprocessing.scale:
        usual = "standard" if settings.like is None else settings.like.normalization
        for part in (train_set, val_set):
            part.choose_normalization(settings.normalization or usual, train_set.statistics)
    notices = tuple(dict.fromkeys(train_set.notices + val_set.notices + notices))
    return TrainingData(train_set, val_set, train_set.preprocessing, task, notices)


def load_labeled(
    path: str,
    preprocessing: AnyPreprocessing,
    task: Task,
    *,
    origin: Origin | None = None,
    split: str | None = None,
    threads: int = 1,
    skip_broken: bool = False,
) -> LabeledData:
    """Read a set for a trained network, its labels matched to the task by name; raise DataError.

    `split` is as for `choose_part`, `origin` says which samples the network was trained on. With
    `skip_broken` files that cannot be read are left out.
    """
    source = open_data(path)

    def load(without: frozenset[str]) -> LabeledData:
        part = choose_part(
            replace(source, without=without), task, split, origin, preprocessing.noun
        )
        samples = part.samples
        _require_some(samples)
        data: DataSet
        if isinstance(task, Segmentation) and isinstance(preprocessing, Preprocessing):
            from cnncli.data.maps.choice import load_maps

            data = load_maps(require_masks(samples), preprocessing, task, threads)
        else:
            data = SampleSet(samples, preprocessing, task, threads=threads)
        if part.fault is not None:
            raise part.fault
        return LabeledData(data, part.split, (*data.notices, *part.notices))

    labeled, broken = skip_unreadable(load, skip=skip_broken)
    return replace(labeled, broken=broken)


def _require_some(samples: Samples) -> None:
    """Raise DataError, with what else was found, for a set without a sample."""
    if not len(samples):
        places = f" in {count_names(samples.empty, 'class', 'classes')}" if samples.empty else ""
        raise DataError(
            f"{samples.where}: no {samples.noun}s{places}{samples.instead or '; add some'}",
            path=samples.where,
        )


def _choose_preprocessing(
    samples: Samples, settings: DataSettings, threads: int
) -> tuple[AnyPreprocessing, tuple[str, ...]]:
    """Return a preprocessing, and what there is to say about the choice.

    It has no scale and shift where these are to be chosen by the samples.
    """
    if settings.like is not None:
        from cnncli.data.inheritance import inherit_preprocessing

        return inherit_preprocessing(settings.like, samples, settings), ()
    if samples.noun == "signal":
        from cnncli.data.signals.choice import choose_signal_shape

        return choose_signal_shape(samples, settings, threads)
    from cnncli.data.images.choice import choose_image_shape

    return choose_image_shape(samples, settings, threads)


def _check_settings(path: str, settings: DataSettings, noun: str) -> None:
    """Raise UsageError for settings that are about another kind of samples."""
    if noun == "signal":
        given = {
            "size": settings.size is not None,
            "color": settings.color != "auto",
            "resize": settings.resize_mode != "stretch",
        }
        for name, is_given in given.items():
            if is_given:
                raise UsageError(
                    f"{setting(name)} is about images; {path} holds signals, so give "
                    f"{setting('length')} N"
                )
    elif settings.length is not None:
        raise UsageError(
            f"{setting('length')} is about signals; {path} holds images, so give {setting('size')}"
        )


def _learn_task(
    name: str, loss: str | None, samples: Samples, ignored: Sequence[str]
) -> tuple[Task, Samples]:
    """Return the task of this name, or for "auto" what the data suggest, learned from them.

    The samples come with what was noticed on the way. Raises UsageError for a loss the task cannot
    use, DataError for labels it cannot.
    """
    kind = choose_task(name, samples)
    chosen_loss = kind.choose_loss(loss)
    if issubclass(kind, Segmentation):
        from cnncli.data.maps.levels import with_levels

        samples = with_levels(require_masks(samples), ignored)
    return kind.learn(samples, chosen_loss), samples


def _split_training(
    source: Source,
    other: Source | None,
    fraction: float | None,
    name: str,
    loss: str | None,
    ignored: Sequence[str],
) -> tuple[Task, tuple[Samples, Samples], Origin]:
    """Return the task, the samples to train and to validate on, and what to know them by."""
    train = source.read("train" if source.splits else None)
    _require_some(train)
    task, train = _learn_task(name, loss, train, ignored)
    if other is not None:
        held = other.read("val" if other.splits else None)
    elif fraction is None and "val" in source.splits:
        held = source.read("val")
    else:
        fraction = DEFAULT_FRACTION if fraction is None else fraction
        train, held = set_aside(train, fraction, task.stratify(train))
    return task, (train, held), Origin(fraction, take_traces(train), take_traces(held))
