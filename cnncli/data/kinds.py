"""Which kind of sample a file holds, by its name: an image, or one of three kinds of signals."""

from __future__ import annotations

import os
from collections.abc import Iterable

from cnncli.data.image import EXTENSIONS as IMAGES
from cnncli.errors import DataError

WAV = frozenset({".wav", ".wave"})
TABLES = frozenset({".csv", ".tsv"})
ARRAYS = frozenset({".npy"})
SIGNALS = WAV | TABLES | ARRAYS
SAMPLES = IMAGES | SIGNALS
KINDS = {"images": IMAGES, "WAV files": WAV, "tables": TABLES, "arrays": ARRAYS}
CERTAIN = ("images", "WAV files")  # beside them, tables and arrays of numbers are notes


def suffix(name: str) -> str:
    """Return the ending of a file's name, in lower case."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - pathlib takes its time to import


def is_signal(name: str) -> bool:
    """Say whether a file is named like a signal; everything else is tried as an image."""
    return suffix(name) in SIGNALS


def kind_in_folder(names: Iterable[str], where: str) -> str:
    """Return the one kind of samples among files of a folder; raise DataError for two.

    Tables and arrays that lie beside images or WAV files are notes about them, no samples.
    """
    found = _kinds(names)
    certain = [kind for kind in found if kind in CERTAIN]
    return _one(certain or found, where)


def kind_in_list(names: Iterable[str], where: str) -> str:
    """Return the one kind of samples among listed files; raise DataError for two."""
    return _one(_kinds(names), where)


def _kinds(names: Iterable[str]) -> list[str]:
    endings = {suffix(name) for name in names}
    found = [kind for kind, own in KINDS.items() if not own.isdisjoint(endings)]
    if endings - SAMPLES and "images" not in found:
        found.insert(0, "images")
    return found


def _one(found: list[str], where: str) -> str:
    if len(found) > 1:
        raise DataError(
            f"{where}: {' and '.join(found)} in one set; keep one kind, or convert the others",
            path=where,
        )
    return found[0] if found else "images"
