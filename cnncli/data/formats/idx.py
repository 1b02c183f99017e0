"""A folder of IDX files, MNIST's format: http://yann.lecun.com/exdb/mnist/.

Archives unpack them in several ways: with a dot or a hyphen in the name, with a word in front
(emnist-letters-train-images-idx3-ubyte), each in a folder of its own, gzipped or not whatever the
ending says.

Big-endian: two zero bytes, the type (8: unsigned byte), the number of sizes, the sizes, the values.
"""

from __future__ import annotations

import gzip
import math
import os
import re
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from cnncli.data.arrays import open_regular
from cnncli.data.formats.npz import build_samples
from cnncli.data.walk import join_path, list_files, list_folders
from cnncli.errors import DataError
from cnncli.memory import measure_available_memory
from cnncli.samples import Samples

PREFIXES = {"train": "train", "test": "t10k"}
NAME = re.compile(
    r"(.*[-_])?(train|t10k|test)-(images|labels)[-.]idx[13]-ubyte(\.gz)?", re.IGNORECASE
)
GZIP = b"\x1f\x8b"


def can_read(path: str) -> bool:
    """Say whether this is a folder with IDX files in it."""
    return Path(path).is_dir() and bool(list_splits(path))


def list_splits(path: str) -> tuple[str, ...]:
    """Return which of train and test are there."""
    return tuple(split for split, prefix in PREFIXES.items() if _find_file(path, prefix, "images"))


def read(path: str, split: str | None) -> Samples:
    """Return the images of a split; raise DataError."""
    prefix = PREFIXES[split or "train"]
    pixels = _load(path, prefix, "images")
    labels = _load(path, prefix, "labels")
    if len(labels) != len(pixels):
        raise DataError(
            f"{path}: {len(pixels)} images but {len(labels)} labels in {prefix}-*; "
            "the two files belong to different sets",
            path=path,
        )
    words = tuple(map(str, labels.tolist()))
    return build_samples(path, prefix, pixels[..., np.newaxis], words)


def _find_file(path: str, prefix: str, content: str) -> str | None:
    """Return the file of images or labels; raise DataError where there are two."""
    by_stem: dict[str, str] = {}  # unpacked before gzipped, in the folder before in one of its own
    for file in sorted(
        _list_files(path), key=lambda file: (file.endswith(".gz"), file.count(os.sep), file)
    ):
        match = NAME.fullmatch(os.path.basename(file))  # noqa: PTH119 - spelled as given
        if match is None or match[3].lower() != content:
            continue
        if (match[2].lower() == "train") == (prefix == "train"):
            by_stem.setdefault((match[1] or "").lower(), file)
    if len(by_stem) > 1:
        first, second = list(by_stem.values())[:2]
        raise DataError(f"{path}: both {first} and {second}; keep one set in the folder", path=path)
    return next(iter(by_stem.values()), None)


def _list_files(path: str) -> list[str]:
    """Return the paths of the files in a folder, and in the folders in it called like IDX files."""
    files = [join_path(path, name) for name in list_files(path) if NAME.fullmatch(name)]
    for folder in filter(NAME.fullmatch, list_folders(path)):
        inside = join_path(path, folder)
        files += [join_path(inside, name) for name in list_files(inside)]
    return files


def _load(path: str, prefix: str, content: str) -> NDArray[np.uint8]:
    file = _find_file(path, prefix, content)
    dimensions = 3 if content == "images" else 1
    if file is None:
        raise DataError(
            f"{path}: no {prefix}-{content}-idx{dimensions}-ubyte[.gz]; put it into the folder",
            path=path,
        )
    try:
        with open_regular(file) as values:
            packed = values.read(len(GZIP)) == GZIP
            values.seek(0)
            if not packed:
                return _parse(values, dimensions)
            with gzip.open(values) as unpacked:
                return _parse(unpacked, dimensions)
    except Exception as error:  # gzip and zlib raise half a dozen kinds
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise DataError(
            f"{file}: not a usable IDX file ({reason}); fetch it again", path=file
        ) from error


def _parse(file: BinaryIO | gzip.GzipFile, dimensions: int) -> NDArray[np.uint8]:
    header = file.read(4 + 4 * dimensions)
    if header[:4] != bytes((0, 0, 8, dimensions)) or len(header) != 4 + 4 * dimensions:
        raise ValueError(f"it does not open with 0 0 8 {dimensions} and {dimensions} sizes")
    shape = tuple(np.frombuffer(header, ">u4", offset=4).tolist())
    size = math.prod(shape)
    if size > measure_available_memory():
        raise ValueError("larger than the memory")
    if 0 in shape[1:]:
        raise ValueError("images of no size")
    data = file.read(size)
    if len(data) != size or file.read(1):
        raise ValueError("truncated, or longer than its header says")
    return np.frombuffer(data, np.uint8).reshape(shape)
