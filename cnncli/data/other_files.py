"""Files that are not read, by their endings, and what they can be converted to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

CONVERSIONS = {  # what is read: what other programs turn into it
    ".wav": (".m4a", ".aac", ".wma", ".aif", ".aiff", ".au", ".amr", ".caf"),
    ".png": (
        ".heic", ".heif", ".avif", ".jxl", ".jp2", ".j2k", ".psd", ".svg", ".tga", ".pdf", ".exr",
        ".dng", ".cr2", ".nef", ".arw", ".mp4", ".avi", ".mov", ".mkv", ".webm",
    ),
    ".npy": (
        ".mat", ".h5", ".hdf5", ".nii", ".dcm", ".mrc", ".pt", ".pkl",
        ".edf", ".parquet",
    ),
}  # fmt: skip
READABLE = {ending: readable for readable, endings in CONVERSIONS.items() for ending in endings}
READ = {
    "image": (".jpg", ".png", ".gif", ".bmp", ".tif", ".webp", ".ppm", ".fits", ".npy"),
    "signal": (".wav", ".flac", ".ogg", ".mp3", ".csv", ".tsv", ".npy"),
}
SHOWN = 3  # endings in a message


def describe_other(ending: str) -> str | None:
    """Return why a file with this ending cannot be read; None where the ending does not tell."""
    readable = READABLE.get(ending)
    return readable and f"{ending} is not read, {readable} is"


def count_endings(endings: Counter[str]) -> str:
    """Return "24 .mp3, 2 .txt", the most frequent first."""
    common = sorted(endings.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = [f"{count} {ending or 'without an ending'}" for ending, count in common[:SHOWN]]
    return ", ".join(shown) + (", …" if len(common) > SHOWN else "")


def explain_others(endings: Counter[str], nouns: Sequence[str] = ("image", "signal")) -> str:
    """Return what follows "no images": what was found instead, what to do, what is read.

    `nouns` says what would be read. Nothing is returned where no file was found.
    """
    if not endings:
        return ""
    read = list(dict.fromkeys(chain(*(READ[noun] for noun in nouns))))
    foreign = [ending for ending in sorted(endings) if READABLE.get(ending) in read]
    pairs = ", ".join(f"{ending} to {READABLE[ending]}" for ending in foreign[:SHOWN])
    remedy = f"convert {pairs}; read are" if pairs else "read are"
    return f", but other files ({count_endings(endings)}); {remedy} {' '.join(read)}"
