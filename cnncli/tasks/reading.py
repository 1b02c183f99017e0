"""What samples say of each image: classes, labels, numbers, masks; DataError where they do not."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from cnncli.errors import DataError, setting
from cnncli.samples import MaskedSamples, Samples
from cnncli.tasks.metrics import Floats
from cnncli.wording import count_names, shorten


def read_classes(samples: Samples) -> Sequence[str]:
    """Return a class for each image."""
    _require_labels(samples, "classes")
    if samples.blank:
        raise DataError(
            f"{samples.blank}: '' cannot be the name of a class; write one", path=samples.where
        )
    return samples.labels


def read_labels(samples: Samples) -> list[list[str]]:
    """Return the labels of each image, of which there may be none."""
    _require_labels(samples, "labels")
    labels = [
        [name.strip() for name in label.split("|")] if label else [] for label in samples.labels
    ]
    for name, given in zip(samples.names, labels, strict=True):
        if "" in given:
            raise DataError(
                f"{samples.where}: {name} has an empty label among others; write a|b",
                path=samples.where,
            )
    return labels


def read_numbers(samples: Samples, names: Sequence[str]) -> Floats:
    """Return these numbers of each image, (N, K); labels are numbers, too, if each of them is."""
    if samples.numbers is None:
        _require_labels(samples, "numbers")
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
    return np.array([[_read_number(samples, name, label)] for name, label in pairs])


def require_masks(samples: Samples) -> MaskedSamples:
    """Return the samples with a mask for each image."""
    if not isinstance(samples, MaskedSamples):
        raise DataError(
            f"{samples.where}: has no masks; give a folder with images/ and masks/",
            path=samples.where,
        )
    return samples


def refuse_unknown(
    samples: Samples, names: Collection[str], known: Sequence[str], singular: str, plural: str
) -> None:
    """Raise DataError for names of classes or labels that are not among the known ones."""
    unknown = sorted(set(names) - set(known), key=str.encode)
    if unknown:
        raise DataError(
            f"{samples.where}: {count_names(unknown, singular, plural)} not among the "
            f"{len(known)} known ones ({shorten(known)}); rename or remove what is unknown",
            path=samples.where,
        )


def _require_labels(samples: Samples, wanted: str) -> None:
    if len(samples.labels) != len(samples):
        held = "masks" if samples.numbers is None else "numbers"
        raise DataError(
            f"{samples.where}: has {held}, not {wanted}; give path,label", path=samples.where
        )


def _read_number(samples: Samples, name: str, label: str) -> float:
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
