"""Labelled images or signals before they are decoded: what every reader of a format returns."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.data.kinds import is_signal
from cnncli.errors import DataError
from cnncli.value import Value

UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, broken UTF-8, line separators
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # the text around


class Samples(Value):
    """Samples with the names of their classes; a sample is a file or a row of an array."""

    where: str  # for errors: data/train
    names: tuple[str, ...]  # for people: data/train/cat/1.png, digits.npz[3]
    keys: tuple[str, ...]  # what the images are told apart by wherever the data lie: cat/1.png, 3
    labels: tuple[str, ...]  # a class, or labels joined by |, per sample; none beside numbers
    pixels: NDArray[Any] | None = None  # uint8 images (N, H, W, C) or float32 signals (N, L, C);
    # None: the names are files to be decoded
    empty: tuple[str, ...] = ()  # classes without an image
    notices: tuple[str, ...] = ()
    columns: tuple[str, ...] = ("label",)  # what the labels or numbers are called
    numbers: NDArray[np.float64] | None = None  # (N, columns)
    suggests: str = "classify"  # the task that such labels are for
    blank: str = ""  # the first place where a label is missing

    def __len__(self) -> int:
        return len(self.names)

    @property
    def what(self) -> str:
        """What they are: image or signal."""
        if self.pixels is not None:
            return "signal" if self.pixels.ndim == 3 else "image"
        return "signal" if any(map(is_signal, self.names[:1])) else "image"

    def take(self, indices: NDArray[np.int64]) -> Samples:
        """Return some of the images."""
        chosen = indices.tolist()
        return replace(
            self,
            names=tuple(self.names[i] for i in chosen),
            keys=tuple(self.keys[i] for i in chosen),
            labels=tuple(self.labels[i] for i in chosen) if self.labels else (),
            numbers=None if self.numbers is None else self.numbers[indices],
            pixels=None if self.pixels is None else self.pixels[indices],
        )


def check_label(label: Any, where: str) -> str:
    """Return the name of a class; raise DataError for one that cannot be shown or stored."""
    name = str(label) if isinstance(label, (str, int)) and not isinstance(label, bool) else ""
    if not name or any(unicodedata.category(one) in UNPRINTABLE or one in TURNS for one in name):
        raise DataError(
            f"{where}: {ascii(label)[:60]} cannot be the name of a class; "
            "use a word without control characters, in UTF-8, or a whole number",
            path=where,
        )
    return name
