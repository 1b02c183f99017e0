"""Which kind of sample a file holds, by its name: an image, a sound, a table or an array."""

from __future__ import annotations

import os
from collections.abc import Iterable

from cnncli.data.images.file import EXTENSIONS as IMAGES
from cnncli.errors import DataError

WAV = frozenset({".wav", ".wave"})
COMPRESSED = frozenset({".flac", ".ogg", ".oga", ".opus", ".mp3"})  # sounds, read by an extra
TABLES = frozenset({".csv", ".tsv"})
ARRAYS = frozenset({".npy"})
SIGNALS = WAV | COMPRESSED | TABLES | ARRAYS
SAMPLES = IMAGES | SIGNALS
KINDS = {"images": IMAGES, "sounds": WAV | COMPRESSED, "tables": TABLES, "arrays": ARRAYS}
CERTAIN = ("images", "sounds")  # beside them, tables and arrays of numbers are notes
NOTES = TABLES | ARRAYS


def get_suffix(name: str) -> str:
    """Return the ending of a file's name, in lower case."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - pathlib takes its time to import


def name_sample(kind: str) -> str:
    """Return what a sample of a kind is called: image or signal."""
    return "image" if kind == "images" else "signal"


def find_kind_in_folder(names: Iterable[str], where: str) -> str:
    """Return which kind of samples the files of a folder are; raise DataError for two.

    Tables and arrays that lie beside images or sounds are notes about them, no samples.
    """
    kinds = _list_kinds(names)
    certain = [kind for kind in kinds if kind in CERTAIN]
    return _require_one(certain or kinds, where)


def find_kind_in_list(names: Iterable[str], where: str) -> str:
    """Return which kind of samples listed files are; raise DataError for two."""
    return _require_one(_list_kinds(names), where)


def _list_kinds(names: Iterable[str]) -> list[str]:
    endings = {get_suffix(name) for name in names}
    kinds = [kind for kind, of_kind in KINDS.items() if not of_kind.isdisjoint(endings)]
    if endings - SAMPLES and "images" not in kinds:
        kinds.insert(0, "images")
    return kinds


def _require_one(kinds: list[str], where: str) -> str:
    if len(kinds) > 1:
        raise DataError(
            f"{where}: {' and '.join(kinds)} in one set; keep one kind, or convert the others",
            path=where,
        )
    return kinds[0] if kinds else "images"
