from __future__ import annotations

from pathlib import Path

import pytest

from cnncli.data.formats import folder
from cnncli.errors import DataError


def test_class_folders_are_not_divided(class_folder) -> None:
    root = class_folder({"cat": 1, "dog": 1})
    assert folder.can_read(str(root))
    assert folder.list_splits(str(root)) == ()


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_the_three_names_of_a_validation_folder(class_folder, name: str) -> None:
    root = class_folder({"train/cat": 1, f"{name}/dog": 1, "test/cat": 1})
    assert folder.list_splits(str(root)) == ("train", "val", "test")
    assert folder.read(str(root), "val").labels == ("dog",)


def test_two_validation_folders_are_one_too_many(class_folder) -> None:
    root = class_folder({"train/cat": 1, "val/cat": 1, "valid/cat": 1})
    with pytest.raises(DataError, match="both val/ and valid/; keep one of them"):
        folder.list_splits(str(root))


def test_a_class_called_train_is_a_class(class_folder) -> None:
    root = class_folder({"bus": 1, "train": 2})
    assert folder.list_splits(str(root)) == ()
    assert folder.read(str(root), None).labels == ("bus", "train", "train")


def test_train_with_classes_beside_something_else_is_a_split(class_folder) -> None:
    root = class_folder({"train/a": 1, "train/b": 1, "figures": 1})
    assert folder.list_splits(str(root)) == ("train",)


def test_names_lead_to_the_files_and_keys_do_not_depend_on_where_they_lie(class_folder) -> None:
    root = class_folder({"train/cat": 2})
    found = folder.read(f"{root}/", "train")
    assert found.names == (f"{root}/train/cat/0.png", f"{root}/train/cat/1.png")
    assert found.keys == ("cat/0.png", "cat/1.png")


def test_deeper_images_belong_to_the_folder_on_top(class_folder) -> None:
    root = class_folder({"a/x": 1, "b/x": 1, "b": 1})
    found = folder.read(str(root), None)
    assert dict(zip(found.keys, found.labels, strict=True)) == {
        "a/x/0.png": "a", "b/0.png": "b", "b/x/0.png": "b",
    }  # fmt: skip


def test_empty_class_folders_are_told(class_folder) -> None:
    root = class_folder({"cat": 1, "dog": 1, "emu": 0})
    assert folder.read(str(root), None).empty == ("emu",)


def test_loose_images_are_noticed(class_folder, picture) -> None:
    root = class_folder({"cat": 1})
    picture(4, 4).save(root / "loose.png")
    found = folder.read(str(root), None)
    assert found.keys == ("cat/0.png",)
    assert found.notices == (f"{root}: images outside of class folders, ignored: 1",)


def test_images_without_class_folders_are_an_error(tmp_path: Path, picture) -> None:
    picture(4, 4).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="images, but no folder per class; put the images of"):
        folder.read(str(tmp_path), None)


def test_a_class_name_that_is_not_utf8_is_refused(tmp_path: Path, picture) -> None:
    bad = tmp_path / "\udcff"
    bad.mkdir()
    picture(4, 4).save(bad / "a.png")
    with pytest.raises(DataError, match=r"'\\udcff' cannot be the name of a class"):
        folder.read(str(tmp_path), None)


def test_dot_folders_are_no_classes(class_folder) -> None:
    root = class_folder({"cat": 1, ".ipynb_checkpoints": 1, ".cache/x": 1})
    assert folder.read(str(root), None).labels == ("cat",)
