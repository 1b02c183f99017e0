"""What samples say of each image: classes, labels, numbers, masks; DataError where they do not."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from cnncli.errors import DataError, setting
from cnncli.samples import MaskedSamples, Samples
from cnncli.tasks.metrics import Floats
from cnncli.wording import listed, shortened


def classes_of(samples: Samples) -> Sequence[str]:
    """Return a class for each image."""
    _need_labels(samples, "classes")
    if samples.blank:
        raise DataError(
            f"{samples.blank}: '' cannot be the name of a class; write one", path=samples.where
        )
    return samples.labels


def labels_of(samples: Samples) -> list[list[str]]:
    """Return the labels of each image, of which there may be none."""
    _need_labels(samples, "labels")
    found = [[one.strip() for one in label.split("|")] if label else [] for label in samples.labels]
    for name, labels in zip(samples.names, found, strict=True):
        if "" in labels:
            raise DataError(
                f"{samples.where}: {name} has an empty label among others; write a|b",
                path=samples.where,
            )
    return found


def numbers_of(samples: Samples, names: Sequence[str]) -> Floats:
    """Return these numbers of each image, (N, K); a label can be one, if every label is."""
    if samples.numbers is None:
        _need_labels(samples, "numbers")
    missing = [name for name in names if name not in samples.columns]
    if missing:
        raise DataError(
            f"{samples.where}: has {', '.join(samples.columns)}, not {', '.join(missing)}; "
            "give the numbers their names",
            path=samples.where,
        )
    if samples.numbers is not None:
        return samples.numbers[:, [samples.columns.index(name) for name in names]]
    pairs = zip(samples.names, samples.labels, strict=True)
    return np.array([[_number(samples, name, label)] for name, label in pairs])


def masks_of(samples: Samples) -> MaskedSamples:
    """Return the samples with a mask for each image."""
    if not isinstance(samples, MaskedSamples):
        raise DataError(
            f"{samples.where}: has no masks; give a folder with images/ and masks/",
            path=samples.where,
        )
    return samples


def refuse_unknown(
    samples: Samples, found: Collection[str], known: Sequence[str], one: str, many: str
) -> None:
    """Raise DataError for names that are not among the known ones."""
    unknown = sorted(set(found) - set(known), key=str.encode)
    if unknown:
        raise DataError(
            f"{samples.where}: {listed(unknown, one, many)} not among the {len(known)} known ones "
            f"({shortened(known)}); rename or remove what is unknown",
            path=samples.where,
        )


def _need_labels(samples: Samples, wanted: str) -> None:
    if len(samples.labels) != len(samples):
        found = "masks" if samples.numbers is None else "numbers"
        raise DataError(
            f"{samples.where}: has {found}, not {wanted}; give path,label", path=samples.where
        )


def _number(samples: Samples, name: str, label: str) -> float:
    try:
        value = float(label)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(
            f"{samples.where}: {name} has the label {ascii(label)[:60]}, which is no number; "
            f"give numbers, or another {setting('task')}",
            path=samples.where,
        )
    return value
