from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.formats import idx
from cnncli.errors import DataError

X = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
Y = np.array([7, 0, 1], np.uint8)
FILES = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def packed(array: np.ndarray) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def test_the_files_are_read(tmp_path: Path) -> None:
    for name, array in zip(FILES, (X, Y), strict=True):
        (tmp_path / name).write_bytes(packed(array))
    assert idx.can_read(str(tmp_path))
    assert idx.list_splits(str(tmp_path)) == ("train",)
    found = idx.read(str(tmp_path), "train")
    assert np.array_equal(found.values, X[..., None])
    assert found.labels == ("7", "0", "1")


@pytest.mark.parametrize("style", ["{}-idx{}-ubyte.gz", "{}.idx{}-ubyte", "{}.idx{}-ubyte.gz"])
def test_gzip_and_dots_are_read_too(tmp_path: Path, style: str) -> None:
    pack = gzip.compress if style.endswith(".gz") else bytes
    (tmp_path / style.format("t10k-images", 3)).write_bytes(pack(packed(X)))
    (tmp_path / style.format("t10k-labels", 1)).write_bytes(pack(packed(Y)))
    assert idx.list_splits(str(tmp_path)) == ("test",)
    assert np.array_equal(idx.read(str(tmp_path), "test").values, X[..., None])


def test_a_folder_without_them_is_not_idx(tmp_path: Path) -> None:
    assert not idx.can_read(str(tmp_path))
    assert not idx.can_read(str(tmp_path / "gone"))


def test_missing_labels_are_named(tmp_path: Path) -> None:
    (tmp_path / FILES[0]).write_bytes(packed(X))
    with pytest.raises(DataError, match=r"no train-labels-idx1-ubyte\[.gz\]; put it into"):
        idx.read(str(tmp_path), "train")


def test_other_counts_are_an_error(tmp_path: Path) -> None:
    (tmp_path / FILES[0]).write_bytes(packed(X))
    (tmp_path / FILES[1]).write_bytes(packed(Y[:2]))
    with pytest.raises(DataError, match="3 images but 2 labels in train-"):
        idx.read(str(tmp_path), "train")


HOSTILE = {
    "empty": b"",
    "text": b"hello, this is text and no array",
    "labels": packed(Y),
    "half a header": packed(X)[:9],
    "truncated": packed(X)[:-1],
    "too long": packed(X) + b"x",
    "huge": struct.pack(">4B3I", 0, 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1),
    "no width": struct.pack(">4B3I", 0, 0, 8, 3, 4, 4, 0),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILES[0]).write_bytes(data)
    with pytest.raises(DataError, match=r"not a usable IDX file \(.+\); fetch it again") as caught:
        idx.read(str(tmp_path), "train")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", [5, 40, -1])
def test_a_broken_gzip_is_one_line(tmp_path: Path, cut: int) -> None:
    (tmp_path / f"{FILES[0]}.gz").write_bytes(gzip.compress(packed(X))[:cut])
    with pytest.raises(DataError, match="not a usable IDX file"):
        idx.read(str(tmp_path), "train")


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILES[0])
    with pytest.raises(DataError, match="not a regular file"):
        idx.read(str(tmp_path), "train")


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("{0}-{1}-idx{2}-ubyte/{0}-{1}-idx{2}-ubyte", bytes),
        ("{0}-{1}-idx{2}-ubyte", gzip.compress),
        ("{0}-{1}-idx{2}-ubyte.gz", bytes),
        ("emnist-letters-{0}-{1}-idx{2}-ubyte", bytes),
        ("{0}-{1}.idx{2}-ubyte/data", None),
    ],
)
def test_archives_unpack_them_in_several_ways(tmp_path: Path, name: str, pack: object) -> None:
    for content, dimensions, array in (("images", 3, X), ("labels", 1, Y)):
        file = tmp_path / name.format("train", content, dimensions)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes((pack or bytes)(packed(array)))
    if pack is None:  # a folder without such a file
        assert not idx.can_read(str(tmp_path))
        return
    assert np.array_equal(idx.read(str(tmp_path), "train").values, X[..., None])


def test_the_unpacked_file_is_taken_of_two(tmp_path: Path) -> None:
    for file, array in zip(FILES, (X, Y), strict=True):
        (tmp_path / file).write_bytes(packed(array))
        (tmp_path / f"{file}.gz").write_bytes(b"damaged")
    assert idx.read(str(tmp_path), "train").labels == ("7", "0", "1")


def test_two_sets_in_one_folder_are_refused(tmp_path: Path) -> None:
    for word in ("digits", "letters"):
        (tmp_path / f"emnist-{word}-train-images-idx3-ubyte").write_bytes(packed(X))
    with pytest.raises(DataError, match=r"both .*digits.* and .*letters.*; keep one set"):
        idx.list_splits(str(tmp_path))


def test_the_test_part_may_be_called_so(tmp_path: Path) -> None:
    (tmp_path / "emnist-test-images-idx3-ubyte").write_bytes(packed(X))
    assert idx.list_splits(str(tmp_path)) == ("test",)
