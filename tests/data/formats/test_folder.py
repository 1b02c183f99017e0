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
    assert folder.read(str(root), "train").notices == (
        f"{root}: no parts of the set, ignored: folder figures",
    )


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


@pytest.mark.parametrize(
    "names",
    [
        ("TRAINING", "Validation", "Testing"),
        ("train_set", "dev_set", "test_set"),
        ("trainset", "valset", "testset"),
        ("train-images", "eval-images", "test-images"),
        ("train2017", "val2017", "test2017"),
        ("letters_train", "letters_val", "letters_test"),
        ("train", "dev", "eval"),
    ],
)
def test_parts_are_known_by_other_names_and_told(class_folder, names: tuple[str, ...]) -> None:
    root = class_folder({f"{name}/{label}": 1 for name in names for label in "ab"})
    assert folder.list_splits(str(root)) == ("train", "val", "test")
    for split, name in zip(("train", "val", "test"), names, strict=True):
        samples = folder.read(str(root), split)
        assert (samples.labels, samples.where) == (("a", "b"), f"{root}/{name}")
        told = [f"{root}: {name}/ is taken as {split}"] if name not in ("train",) else []
        assert list(samples.notices) == told


@pytest.mark.parametrize("names", [("trainer", "tester"), ("express_train", "bus"), ("a", "b")])
def test_classes_that_only_sound_like_parts_are_classes(class_folder, names) -> None:
    root = class_folder(dict.fromkeys(names, 2))
    assert folder.list_splits(str(root)) == ()
    assert set(folder.read(str(root), None).labels) == set(names)


@pytest.mark.parametrize(
    "counts",
    [
        {"fold0/a": 1, "fold0/b": 1, "fold1/a": 1, "fold1/b": 1},
        {"2019/a": 1, "2019/b": 1, "2019/c": 1, "2020/a": 1, "2020/b": 1},
        {"left/u": 1, "left/v": 1, "right/u": 1, "right/v": 1, "extra": 2},
    ],
)
def test_folders_with_the_same_folders_are_no_classes(class_folder, counts) -> None:
    with pytest.raises(DataError, match=r"hold no images of their own but the same folders"):
        folder.read(str(class_folder(counts)), None)


def test_parts_inside_of_classes_are_refused_with_the_way_out(class_folder) -> None:
    root = class_folder({f"{label}/{part}": 1 for label in "ab" for part in ("train", "val")})
    with pytest.raises(DataError, match="put parts of a set outside of classes, as in train/a/"):
        folder.read(str(root), None)


def test_images_beside_a_list_are_refused_with_its_name(class_folder) -> None:
    root = class_folder({"images": 2})
    (root / "classes.csv").touch()
    with pytest.raises(DataError, match=r"images/ is no class .* or give the list .*classes\.csv"):
        folder.read(str(root), None)


def test_classes_with_one_folder_each_are_classes(class_folder) -> None:
    root = class_folder({"n01/images": 2, "n02/images": 2})
    assert set(folder.read(str(root), None).labels) == {"n01", "n02"}


@pytest.mark.parametrize(
    ("names", "ending"), [(("photos1", "truth"), ""), (("x", "y"), ""), (("in", "out"), "_mask")]
)
def test_masks_under_any_name_are_no_class(tmp_path: Path, picture, names, ending: str) -> None:
    for i in range(5):
        for name in names:
            (tmp_path / name).mkdir(exist_ok=True)
        picture(16, 16, seed=i).save(tmp_path / names[0] / f"{i}.png")
        mask = picture(16, 16, seed=i).point(lambda level: 255 * (level > 128))
        mask.save(tmp_path / names[1] / f"{i}{ending}.png")
    with pytest.raises(DataError, match=f"{names[1]}/ looks like masks for {names[0]}/"):
        folder.read(str(tmp_path), None)


def test_masks_beside_their_images_are_left_out_and_told(class_folder, picture) -> None:
    root = class_folder({"benign": 2, "normal": 2})
    picture(6, 5).save(root / "benign/0_mask.png")
    picture(6, 5).save(root / "benign/alone_mask.png")
    samples = folder.read(str(root), None)
    assert len(samples) == 5
    assert samples.notices == (
        f"{root}: masks of images beside them (benign/0_mask.png), ignored: 1",
    )


def test_masks_in_a_folder_within_the_class_are_left_out_and_said(class_folder) -> None:
    root = class_folder({"a": 2, "a/masks": 2, "b": 1, "b/other": 1, "b/labels/x": 1})
    samples = folder.read(str(root), None)
    assert samples.keys == ("a/0.png", "a/1.png", "b/0.png", "b/labels/x/0.png", "b/other/0.png")
    assert "masks of images beside them (a/masks/0.png), ignored: 2" in samples.notices[0]


def test_several_sets_of_lists_are_no_classes(tmp_path: Path) -> None:
    for name in ("tea", "oil"):
        (tmp_path / name).mkdir()
        for part in ("TRAIN", "TEST"):
            (tmp_path / name / f"{name}_{part}.tsv").write_text("1\t2\t3\n1\t3\t4\n")
    with pytest.raises(DataError, match=r"oil/ is a set with .*, and no class; give .*/oil"):
        folder.read(str(tmp_path), None)


@pytest.mark.parametrize("name", ["", "data"])
def test_images_and_masks_in_one_folder_are_refused(class_folder, picture, name: str) -> None:
    root = class_folder({name or ".": 2})
    picture(6, 5).save(root / name / "0_mask.png")
    with pytest.raises(DataError, match=r"images and masks in one folder \(.*0_mask.png\); put"):
        folder.read(str(root), None)


@pytest.mark.parametrize("junk", ["__MACOSX", "lost+found", "@eaDir", "$RECYCLE.BIN"])
def test_folders_of_systems_are_no_classes(class_folder, junk: str) -> None:
    root = class_folder({"cat": 1, "dog": 1, f"{junk}/cat": 1, f"cat/{junk}": 1})
    assert folder.read(str(root), None).labels == ("cat", "dog")


@pytest.mark.parametrize(
    ("counts", "inner"),
    [
        ({"pets/cat": 1, "pets/dog": 1}, "pets"),
        ({"a/b/cat": 1, "a/b/dog": 1, "__MACOSX/cat": 1}, "a/b"),
        ({"data/train/cat": 1, "data/train/dog": 1}, "data"),
        ({"train/cat": 1, "train/dog": 1}, ""),
        ({"cat": 2}, ""),
    ],
)
def test_a_folder_around_everything_is_passed_through(class_folder, counts, inner: str) -> None:
    root = str(class_folder(counts))
    assert folder.unwrap(root) == (f"{root}/{inner}" if inner else root)


def test_a_table_beside_the_only_folder_is_a_note(class_folder) -> None:
    root = class_folder({"pets/cat": 1, "pets/dog": 1})
    (root / "labels.csv").touch()
    assert folder.unwrap(str(root)) == f"{root}/pets"


def test_a_part_may_be_wrapped_in_its_own_name(class_folder) -> None:
    root = class_folder(
        {f"seg_{part}/seg_{part}/{c}": 1 for part in ("train", "test") for c in "ab"}
    )
    assert folder.read(str(root), "test").labels == ("a", "b")


def test_a_link_around_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(".")
    assert folder.unwrap(str(tmp_path)) == str(tmp_path)


def test_classes_that_differ_between_parts_are_told(class_folder) -> None:
    root = class_folder({"train/a": 1, "train/b": 1, "train/c": 1, "val/a": 1, "test/a": 1,
                         "test/b": 1, "test/c": 1, "test/d": 1})  # fmt: skip
    assert folder.read(str(root), "train").notices == (
        f"{root}: val/ lacks 2 classes (b, c)",
        f"{root}: test/ has, and train has not, class d",
    )
    assert folder.read(str(root), "val").notices == ()


def test_names_that_differ_in_composition_alone_are_one_class(class_folder) -> None:
    root = class_folder({"train/caf\u00e9": 1, "train/tea": 1, "val/cafe\u0301": 1, "val/tea": 1})
    train, val = (folder.read(str(root), split) for split in ("train", "val"))
    assert set(train.labels) == set(val.labels)
    assert train.notices == ()
