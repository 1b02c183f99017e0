from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.formats import folder, part_lists
from cnncli.errors import DataError


@pytest.fixture
def lists(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes files into a folder by name and text."""

    def write(**files: str) -> str:
        (tmp_path / "set").mkdir(exist_ok=True)
        for name, text in files.items():
            (tmp_path / "set" / name.replace("__", ".")).write_text(text)
        return str(tmp_path / "set")

    return write


SIGNALS = "1\t0.5\t0.25\t-1\n2\t0\t1\t2.5\n1\t0.5\t0.5\t-1\n2\t0\t1\t2\n"
PIXELS = ",".join(f"pixel{i}" for i in range(64))
ROW = ",".join(map(str, range(64)))


@pytest.mark.parametrize("ending", ["tsv", "csv", "txt"])
def test_signals_of_the_ucr_archive_are_read(lists, ending: str) -> None:
    text = SIGNALS.replace("\t", {"tsv": "\t", "csv": ",", "txt": "  "}[ending])
    root = lists(**{f"Tea_{part}__{ending}": text for part in ("TRAIN", "TEST")}, README__md="")
    assert part_lists.can_read(root)
    assert part_lists.list_splits(root) == ("train", "test")
    samples = part_lists.read(root, "test")
    assert samples.values[1, :, 0].tolist() == [0, 1, 2.5]
    assert samples.labels == ("1", "2", "1", "2")
    assert samples.notices[0] == (
        f"{root}: divided by the lists {root}/Tea_TRAIN.{ending}, {root}/Tea_TEST.{ending}"
    )


def test_a_table_without_labels_is_left_out_and_said(lists) -> None:
    root = lists(train__csv=f"label,{PIXELS}\n7,{ROW}\n3,{ROW}\n", test__csv=f"{PIXELS}\n{ROW}\n",
                 sample_submission__csv="ImageId,Label\n1,0\n")  # fmt: skip
    assert part_lists.list_splits(root) == ("train",)
    samples = part_lists.read(root, "train")
    assert (samples.labels, samples.noun) == (("7", "3"), "image")
    assert np.array_equal(samples.values[0, :, :, 0], np.arange(64).reshape(8, 8))
    assert f"{root}/test.csv: has no labels and is left out" in samples.notices


def test_lists_of_paths_may_be_three(lists) -> None:
    root = lists(**{f"{part}__csv": f"path,label\nimages/{part}.png,cat\n"
                    for part in ("train", "val", "test")})  # fmt: skip
    assert part_lists.list_splits(root) == ("train", "val", "test")
    assert part_lists.read(root, "val").names == (f"{root}/images/val.png",)


@pytest.mark.parametrize("name", ["test__csv", "notes__csv", "train__md", "training_day__csv"])
def test_a_folder_without_a_list_to_train_on_is_another_format(lists, name: str) -> None:
    assert not part_lists.can_read(lists(**{name: "path,label\na.png,cat\n"}))


def test_lists_beside_a_folder_to_train_on_are_notes(class_folder) -> None:
    root = class_folder({"train/cat": 1, "train/dog": 1})
    (root / "train.csv").write_text("path,label\na.png,cat\n")
    assert not part_lists.can_read(str(root))


@pytest.mark.parametrize("name", ["train.txt", "train.csv"])
def test_lists_of_paths_alone_beside_classes_are_notes(class_folder, name: str) -> None:
    root = class_folder({"cat": 2, "dog": 2})
    (root / name).write_text("cat/0.png\ndog/0.png\n")
    assert not part_lists.can_read(str(root))


def test_lists_of_paths_and_labels_beside_classes_divide_them(class_folder) -> None:
    root = class_folder({"cat": 2, "dog": 2})
    for part in ("train", "test"):
        (root / f"{part}.csv").write_text("path,label\ncat/0.png,cat\ndog/0.png,dog\n")
    assert part_lists.can_read(str(root))
    (root / "train.jsonl").touch()
    assert not part_lists.can_read(str(root))


@pytest.mark.parametrize("names", [("train__csv", "train__tsv"), ("X_train__txt", "y_train__txt")])
def test_two_lists_for_one_part_are_refused(lists, names: tuple[str, str]) -> None:
    root = lists(**dict.fromkeys(names, SIGNALS), X_test__txt=SIGNALS, y_test__txt=SIGNALS)
    with pytest.raises(DataError, match=r"are both for (train|test); keep one list for each part"):
        part_lists.list_splits(root)


def test_a_folder_around_lists_is_passed_through(lists, tmp_path: Path) -> None:
    root = lists(Tea_TRAIN__tsv=SIGNALS, Tea_TEST__tsv=SIGNALS)
    assert folder.unwrap(str(tmp_path)) == root
