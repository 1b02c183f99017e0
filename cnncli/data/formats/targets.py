"""What an array y holds: classes, several labels or numbers, by its type, shape and values.

| y                                             | is taken as                               |
| --------------------------------------------- | ----------------------------------------- |
| whole numbers, words or bool (N,) or (N, 1)   | classes; words joined by a bar: labels    |
| 0 and 1, (N, K), a single 1 in each row       | classes, one-hot                          |
| 0 and 1, (N, K), otherwise                    | several labels                            |
| other floats (N,) or (N, K)                   | numbers                                   |

What is decided by values is said, with the way to the other meaning.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cnncli.data.arrays import AnyArray
from cnncli.errors import DataError, setting
from cnncli.samples import check_label
from cnncli.value import Value


class Targets(Value):
    """The labels or numbers of N samples, as Samples have them; both where y can be meant so."""

    labels: tuple[str, ...] = ()
    numbers: NDArray[np.float64] | None = None  # (N, columns)
    columns: tuple[str, ...] = ("label",)
    suggests: str = "classify"
    notices: tuple[str, ...] = ()


def read_targets(array: AnyArray, where: str) -> Targets:
    """Return what y holds; raise DataError where it is neither labels nor numbers."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype == np.bool_:
        array = array.astype(np.uint8)
    if array.ndim == 2 and array.dtype.kind in "iuf":
        flags = read_flags(array, tuple(map(str, range(array.shape[1]))), where)
        if flags is not None:
            return replace(flags, columns=_name_columns(array.shape[1]))
    if array.dtype.kind != "f":
        labels = _read_labels(array, where)
        several = any("|" in label for label in set(labels))
        return Targets(labels, suggests="multi-label" if several else "classify")
    numbers = _read_numbers(array, where)
    columns = _name_columns(numbers.shape[1])
    if numbers.shape[1] > 1 or (numbers != np.rint(numbers)).any():
        return Targets((), numbers, columns, "regress")
    notice = (
        f"{where}: whole numbers as floats are taken as numbers to predict, unless "
        f"{setting('task')} classify takes them as classes"
    )
    labels = tuple(str(int(number)) for number in numbers[:, 0].tolist())
    return Targets(labels, numbers, columns, "regress", (notice,))


def read_flags(numbers: AnyArray, columns: tuple[str, ...], where: str) -> Targets | None:
    """Return rows of 0 and 1 as a class each, or as several labels, called by the columns' names.

    None for other numbers, or a single column.
    """
    if len(columns) < 2 or not len(numbers) or any("|" in name for name in columns):
        return None
    if not ((numbers == 0) | (numbers == 1)).all():
        return None
    one_hot = bool((numbers.sum(axis=1) == 1).all())
    labels = tuple("|".join(columns[k] for k in np.flatnonzero(row)) for row in numbers)
    rows, names = ("one-hot rows", "classes") if one_hot else ("rows of 0 and 1", "labels")
    notice = (
        f"{where}: {rows} are taken as {names} {columns[0]} to {columns[-1]}, unless "
        f"{setting('task')} regress learns them as numbers"
    )
    return Targets(
        labels,
        numbers.astype(np.float64),
        columns,
        "classify" if one_hot else "multi-label",
        (notice,),
    )


def _name_columns(count: int) -> tuple[str, ...]:
    return ("y",) if count == 1 else tuple(f"y[{k}]" for k in range(count))


def _read_numbers(array: AnyArray, where: str) -> NDArray[np.float64]:
    """Return the numbers of each sample, float64 (N, K); raise DataError."""
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2 or not array.shape[1]:
        shape = "x".join(map(str, array.shape))
        raise DataError(f"{where}: {shape} numbers; expected one per image, or a row of them")
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise DataError(f"{where}: NaN or infinite numbers; leave these images out")
    return numbers


def _read_labels(array: AnyArray, where: str) -> tuple[str, ...]:
    """Return whole numbers or words, of each sample, as names of classes; raise DataError."""
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
