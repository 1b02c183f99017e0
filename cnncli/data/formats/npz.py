"""A .npz file with samples x and labels y, or x_train y_train, x_val y_val, x_test y_test.

Whole numbers and words are classes, words joined by | several labels; floats (N,) or (N, K) are
numbers to learn.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnncli.data.arrays import AnyArray, are_signals, list_arrays, load_npz, to_images, to_signals
from cnncli.errors import DataError
from cnncli.samples import Samples, check_label

SPLITS = ("train", "val", "test")


def can_read(path: str) -> bool:
    """Say whether this is named like a .npz file."""
    return Path(path).suffix.lower() == ".npz"


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
            f"{path}: holds {', '.join(sorted(names)) or 'no arrays'}, not {x} and {y}; save it "
            f"with numpy.savez(file, {x}=images, {y}=classes)",
            path=path,
        )
    images, classes = load_npz(path, x, y)
    convert = to_signals if are_signals(images) else to_images
    values = convert(images, f"{path}, {x}")
    where = f"{path}, {y}"
    if len(classes) != len(values):
        nouns = "signals" if are_signals(images) else "images"
        raise DataError(f"{path}: {len(values)} {nouns} but {len(classes)} in {y}", path=path)
    if classes.dtype.kind != "f":
        return build_samples(path, x, values, to_labels(classes, where))
    numbers = to_numbers(classes, where)
    width = numbers.shape[1]
    columns = ("y",) if width == 1 else tuple(f"y[{k}]" for k in range(width))
    unlabeled = build_samples(path, x, values, ())
    return replace(unlabeled, numbers=numbers, columns=columns, suggests="regress")


def build_samples(path: str, array: str, values: AnyArray, labels: tuple[str, ...]) -> Samples:
    """Return labeled rows of an array; an image is named by its file and number."""
    numbers = range(len(values))
    missing = labels.index("") if "" in labels else None
    return Samples(
        where=f"{path}, {array}",
        names=tuple(f"{path}[{i}]" for i in numbers),
        keys=tuple(f"{array}[{i}]" for i in numbers),
        labels=labels,
        values=values,
        noun="signal" if values.ndim == 3 else "image",
        suggests="multi-label" if any("|" in label for label in set(labels)) else "classify",
        blank="" if missing is None else f"{path}[{missing}]",
    )


def to_numbers(array: AnyArray, where: str) -> NDArray[np.float64]:
    """Return the numbers of each image, float64 (N, K); raise DataError."""
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2 or not array.shape[1]:
        shape = "x".join(map(str, array.shape))
        raise DataError(f"{where}: {shape} numbers; expected one per image, or a row of them")
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise DataError(f"{where}: NaN or infinite numbers; leave these images out")
    return numbers


def to_labels(array: AnyArray, where: str) -> tuple[str, ...]:
    """Return whole numbers or words, of each image, as names of classes; raise DataError."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "iuUS":
        shape = "x".join(map(str, array.shape))
        raise DataError(
            f"{where}: {shape or 'one'} {array.dtype}; expected a whole number or a word per image"
        )
    values, positions = np.unique(array, return_inverse=True)
    words = [
        word.decode(errors="replace") if type(word) is bytes else word for word in values.tolist()
    ]
    names = ["" if word == "" else check_label(word, where) for word in words]
    return tuple(names[i] for i in positions.tolist())
