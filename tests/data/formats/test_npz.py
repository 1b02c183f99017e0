from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnncli.data.formats import npz
from cnncli.errors import DataError

X = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


def saved(folder: Path, **arrays: object) -> str:
    np.savez(folder / "a.npz", **arrays)
    return str(folder / "a.npz")


def test_x_and_y_are_one_set(tmp_path: Path) -> None:
    path = saved(tmp_path, x=X, y=[2, 0, 10])
    assert npz.can_read(path)
    assert npz.list_splits(path) == ()
    found = npz.read(path, None)
    assert found.labels == ("2", "0", "10")
    assert found.names == (f"{path}[0]", f"{path}[1]", f"{path}[2]")
    assert np.array_equal(found.values, X[..., None])


def test_names_with_train_and_test_are_splits(tmp_path: Path) -> None:
    path = saved(tmp_path, x_train=X, y_train=[1, 2, 3], x_test=X[:1], y_test=["4"])
    assert npz.list_splits(path) == ("train", "test")
    assert npz.read(path, "test").labels == ("4",)
    assert len(npz.read(path, "train")) == 3


@pytest.mark.parametrize(
    "y",
    [
        [1, 2, 1],
        [[1], [2], [1]],
        ["1", "2", "1"],
        np.array([b"1", b"2", b"1"]),
        np.uint8([1, 2, 1]),
    ],
    ids=["integers", "column", "words", "bytes", "uint8"],
)
def test_classes_are_whole_numbers_or_words(tmp_path: Path, y: object) -> None:
    assert npz.read(saved(tmp_path, x=X, y=y), None).labels == ("1", "2", "1")


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.ones((3, 3), int) * 2, "3x3 int64; expected a whole number or a word per image"),
        ([1, 2], "3 images but 2 in y"),
        (np.ones((3, 2, 2)), "3x2x2 numbers; expected one per image, or a row of them"),
        ([0.5, np.nan, 2], "NaN or infinite numbers; leave these images out"),
        (["a", "b\n", "b"], "cannot be the name of a class"),
    ],
)
def test_other_labels_are_refused(tmp_path: Path, y: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        npz.read(saved(tmp_path, x=X, y=y), None)


@pytest.mark.parametrize(
    ("y", "columns"), [([0.5, 1, 2], ("y",)), ([[0.5, 3], [1, 4], [2, 5]], ("y[0]", "y[1]"))]
)
def test_floats_are_numbers_to_learn(tmp_path: Path, y: list, columns: tuple[str, ...]) -> None:
    found = npz.read(saved(tmp_path, x=X, y=np.array(y, np.float32)), None)
    assert (found.columns, found.suggests, found.labels) == (columns, "regress", ())
    assert found.numbers.tolist() == np.reshape(y, (3, -1)).tolist()


def test_words_with_a_bar_are_several_labels(tmp_path: Path) -> None:
    path = saved(tmp_path, x=X, y=["a|b", "", "b"])
    found = npz.read(path, None)
    assert (found.labels, found.suggests) == (("a|b", "", "b"), "multi-label")
    assert found.blank == f"{path}[1]"


def test_missing_arrays_are_named(tmp_path: Path) -> None:
    path = saved(tmp_path, x=X, labels=[1, 2, 3])
    with pytest.raises(DataError, match=r"holds labels, x, not x and y; save it with numpy\.savez"):
        npz.read(path, None)


def test_flattened_images_are_read_and_said(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).integers(0, 256, (3, 100), np.uint8)
    found = npz.read(saved(tmp_path, x=rows, y=[0, 1, 0]), None)
    assert found.noun == "image"
    assert np.array_equal(found.values[..., 0], rows.reshape(3, 10, 10))
    assert "taken as images of 10x10x1" in found.notices[0]


def test_one_hot_rows_are_classes_or_numbers(tmp_path: Path) -> None:
    found = npz.read(saved(tmp_path, x=X, y=np.eye(3)), None)
    assert (found.labels, found.suggests) == (("0", "1", "2"), "classify")
    assert found.numbers.tolist() == np.eye(3).tolist()
    assert "one-hot" in found.notices[0]


def test_a_single_answer_for_several_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="3 images but 1 in y"):
        npz.read(saved(tmp_path, x=X, y=7), None)
