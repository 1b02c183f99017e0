"""A .npz or HDF5 file with samples x and labels y, or x_train y_train, x_val y_val, x_test y_test.

What x holds is found by shapes.py, what y holds by targets.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cnncli.data.arrays import AnyArray, list_arrays, load_npz, to_images, to_signals
from cnncli.data.formats.targets import read_targets
from cnncli.data.hdf5 import is_hdf5
from cnncli.data.shapes import are_signals, unflatten
from cnncli.errors import DataError
from cnncli.samples import Samples
from cnncli.wording import shorten

SPLITS = ("train", "val", "test")


def can_read(path: str) -> bool:
    """Say whether this is named like a .npz or HDF5 file."""
    return Path(path).suffix.lower() == ".npz" or is_hdf5(path)


def list_splits(path: str) -> tuple[str, ...]:
    """Return which of train, val and test it holds; none where it holds just x and y."""
    names = list_arrays(path)
    return () if "x" in names else tuple(split for split in SPLITS if f"x_{split}" in names)


def read(path: str, split: str | None) -> Samples:
    """Return the images of a split, or of x and y; raise DataError."""
    names = list_arrays(path)
    x, y = (f"x_{split}", f"y_{split}") if split else ("x", "y")
    if x not in names or y not in names:
        raise DataError(
            f"{path}: holds {shorten(sorted(names)) or 'no arrays'}, not {x} and {y}; save it "
            f"with numpy.savez(file, {x}=images, {y}=classes)",
            path=path,
        )
    array, answers = load_npz(path, x, y)
    array, notices = unflatten(array, f"{path}, {x}")
    convert = to_signals if are_signals(array) else to_images
    samples = build_samples(path, x, convert(array, f"{path}, {x}"), ())
    count = len(answers) if answers.ndim else 1
    if count != len(samples):
        raise DataError(f"{path}: {len(samples)} {samples.noun}s but {count} in {y}", path=path)
    targets = read_targets(answers, f"{path}, {y}")
    return replace(
        samples,
        labels=targets.labels,
        numbers=targets.numbers,
        columns=targets.columns,
        suggests=targets.suggests,
        blank=f"{path}[{targets.labels.index('')}]" if "" in targets.labels else "",
        notices=notices + targets.notices,
    )


def build_samples(path: str, array: str, values: AnyArray, labels: tuple[str, ...]) -> Samples:
    """Return the rows of an array with their classes; a row is named by its file and number."""
    numbers = range(len(values))
    return Samples(
        where=f"{path}, {array}",
        names=tuple(f"{path}[{i}]" for i in numbers),
        keys=tuple(f"{array}[{i}]" for i in numbers),
        labels=labels,
        values=values,
        noun="signal" if values.ndim == 3 else "image",
    )
