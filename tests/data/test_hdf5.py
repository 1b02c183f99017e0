from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.arrays import list_arrays, load_npz
from cnncli.data.formats import npz
from cnncli.data.hdf5 import is_hdf5
from cnncli.errors import DataError

X = np.arange(2 * 4 * 5, dtype=np.uint8).reshape(2, 4, 5)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """An HDF5 file with images, their classes and a group."""
    h5py = pytest.importorskip("h5py", reason="the extra `h5` is not installed")
    path = str(tmp_path / "set.h5")
    with h5py.File(path, "w") as out:
        out.create_dataset("x", data=X, compression="gzip")
        out["y"] = [3, 7]
        out.create_group("more")["z"] = [1]
    return path


def test_files_are_known_by_their_endings() -> None:
    assert [is_hdf5(name) for name in ("a.h5", "B.HDF5", "a.npz", "h5")] == [
        True,
        True,
        False,
        False,
    ]


def test_arrays_are_listed_and_read_as_from_an_npz(file: str) -> None:
    assert sorted(list_arrays(file)) == ["x", "y"]
    x, y = load_npz(file, "x", "y")
    assert np.array_equal(x, X)
    assert y.tolist() == [3, 7]


def test_it_is_a_set_of_labeled_images(file: str) -> None:
    assert npz.can_read(file)
    samples = npz.read(file, None)
    assert samples.labels == ("3", "7")
    assert np.array_equal(samples.values[..., 0], X)


def test_an_array_that_lies_in_other_files_is_refused(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="the extra `h5` is not installed")
    path = str(tmp_path / "set.h5")
    with h5py.File(path, "w") as out:
        out.create_dataset("x", (4,), "u1", external=[(str(tmp_path / "other"), 0, 4)])
    with pytest.raises(DataError, match="x lies in other files; copy it into this one"):
        load_npz(path, "x")


def test_more_than_the_memory_is_never_read(file: str, monkeypatch) -> None:
    monkeypatch.setattr("cnncli.data.hdf5.measure_available_memory", lambda: 39)
    with pytest.raises(DataError, match="x is larger than the memory"):
        load_npz(file, "x")


def test_what_is_no_hdf5_is_refused_in_a_line(tmp_path: Path) -> None:
    pytest.importorskip("h5py", reason="the extra `h5` is not installed")
    path = tmp_path / "set.h5"
    path.write_text("words")
    with pytest.raises(DataError, match="not usable as HDF5") as caught:
        list_arrays(str(path))
    assert "\n" not in str(caught.value)


def test_without_h5py_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DataError) as caught:
        list_arrays(str(tmp_path / "set.h5"))
    assert str(caught.value).endswith(
        'only h5py reads it: pip install "cnncli[h5]"; install that or convert it'
    )
