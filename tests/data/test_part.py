from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.part import HELD_OUT
from cnncli.data.source import LabeledData, TrainingData, load_labeled, load_training
from cnncli.errors import DataError


def judge(data: TrainingData, root: Path, split: str | None = None) -> LabeledData:
    return load_labeled(str(root), data.preprocessing, data.task, origin=data.origin, split=split)


def keys(part: object) -> set[str]:
    return set(part.samples.keys)


def test_what_was_set_aside_is_judged_whatever_the_fraction(class_folder) -> None:
    root = class_folder({"cat": 30, "dog": 30})
    for fraction in (None, 0.3, 0.5):
        data = load_training(str(root), val=fraction)
        for split in (None, "val"):
            part = judge(data, root, split)
            assert (part.split, keys(part.samples)) == ("val", keys(data.val))
        assert keys(judge(data, root, "train").samples) == keys(data.train)
        assert len(judge(data, root, "all").samples) == 60


def test_a_fraction_beside_a_val_folder_is_what_is_judged(class_folder) -> None:
    root = class_folder({"train/cat": 20, "train/dog": 20, "val/cat": 4, "val/dog": 4})
    data = load_training(str(root), val=0.5)
    assert keys(judge(data, root, "val").samples) == keys(data.val)
    assert len(judge(data, root, "all").samples) == 48


def test_a_val_folder_is_judged_from_within_its_set_or_by_itself(class_folder) -> None:
    root = class_folder({"train/cat": 9, "train/dog": 9, "val/cat": 3, "val/dog": 3})
    data = load_training(str(root))
    within, alone = judge(data, root), judge(data, root / "val")
    assert (within.split, alone.split) == ("val", "val")
    assert within.samples.names == alone.samples.names
    assert "holds images the model was trained on; only those it was validated" in within.notices[0]
    assert alone.notices == ()


def test_another_set_to_validate_on_is_known_again(class_folder) -> None:
    root = class_folder({"cat": 9, "dog": 9})
    other = class_folder({"cow/cat": 3, "cow/dog": 2}, name="other") / "cow"
    data = load_training(str(root), val=str(other))
    assert judge(data, other).split == "val"
    with pytest.raises(DataError, match="not the 5 images the model was validated on, or files"):
        judge(data, root, "val")
    whole = judge(data, root)
    assert (whole.split, len(whole.samples)) == ("all", 18)
    assert "holds images the model was trained on, so the figures are too good" in whole.notices[0]
    assert keys(judge(data, root, "train").samples) == keys(data.train)


def test_a_set_the_model_never_saw_is_judged_whole(class_folder) -> None:
    data = load_training(str(class_folder({"cat": 12, "dog": 12})))
    new = class_folder({"dog": 12, "cat": 12}, name="new")  # the same names, other pixels
    part = judge(data, new)
    assert (part.split, len(part.samples), part.notices) == ("all", 24, ())
    for split, verb in (("train", "trained"), ("val", "validated")):
        with pytest.raises(DataError, match=f"not the .* images the model was {verb} on, or "):
            judge(data, new, split)


def test_parts_of_a_set_the_model_never_saw_are_those_of_that_name(class_folder) -> None:
    data = load_training(str(class_folder({"cat": 12, "dog": 12})))
    new = class_folder({"train/dog": 5, "val/dog": 4, "val/cat": 4}, name="new")
    assert (judge(data, new).split, len(judge(data, new).samples)) == ("all", 13)
    part = judge(data, new, "val")
    assert len(part.samples) == 8
    assert "called val, but not what the model was validated on" in part.notices[-1]
    assert len(judge(data, new, "train").samples) == 5


def test_a_set_that_has_grown_is_judged_whole_and_it_is_said(class_folder, picture) -> None:
    root = class_folder({"cat": 20, "dog": 20})
    data = load_training(str(root))
    for i in range(20, 40):
        picture(6, 5, seed=i).save(root / f"cat/{i}.png")
    part = judge(data, root)
    assert (part.split, len(part.samples)) == ("all", 60)
    assert "holds images the model was trained on, so the figures are too good" in part.notices[0]
    with pytest.raises(DataError, match="or files were added or taken away; give that set"):
        judge(data, root, "val")


def test_a_val_folder_that_has_grown_is_still_what_is_judged(class_folder, picture) -> None:
    root = class_folder({"train/cat": 9, "train/dog": 9, "val/cat": 3, "val/dog": 3})
    data = load_training(str(root))
    picture(6, 5, seed=9).save(root / "val/cat/9.png")
    part = judge(data, root)
    assert (part.split, len(part.samples)) == ("val", 7)
    assert "and others than then; only its val part is judged" in part.notices[0]


def test_broken_files_that_training_skipped_are_skipped_again(class_folder) -> None:
    root = class_folder({"cat": 30, "dog": 30})
    whole = load_training(str(root))
    for part in (whole.train, whole.val):
        Path(part.names[0]).write_text("no image")
    data = load_training(str(root), skip_broken=True)
    for split in (None, "val"):
        with pytest.raises(DataError, match=r"cannot be read: .* by skip_broken"):
            judge(data, root, split)
        part = load_labeled(
            str(root), data.preprocessing, data.task, origin=data.origin, split=split,
            skip_broken=True,
        )  # fmt: skip
        assert (part.split, keys(part.samples)) == ("val", keys(data.val))
        broken = {error.path for error in part.broken}
        assert whole.val.names[0] in broken <= {whole.train.names[0], whole.val.names[0]}


def test_a_few_of_the_training_images_are_judged_whole_and_it_is_said(class_folder) -> None:
    root = class_folder({"cat": 9, "dog": 9})
    data = load_training(str(root))
    for path in root.rglob("*.png"):
        if str(path) != data.train.names[0]:
            path.unlink()
    part = judge(data, root)
    assert (part.split, len(part.samples)) == ("all", 1)
    assert "so the figures are too good" in part.notices[-1]


def test_a_test_part_comes_first(class_folder) -> None:
    root = class_folder({"train/cat": 9, "train/dog": 9, "test/cat": 2, "test/dog": 2})
    data = load_training(str(root))
    assert (judge(data, root).split, len(judge(data, root).samples)) == ("test", 4)
    assert keys(judge(data, root, "val").samples) == keys(data.val)
    assert len(judge(data, root, "all").samples) == 22


def test_a_model_that_does_not_say_judges_everything_and_says_so(class_folder) -> None:
    flat, parted = class_folder({"cat": 4, "dog": 4}), class_folder(
        {"train/cat": 4, "train/dog": 4, "val/cat": 1}, name="parted"
    )  # fmt: skip
    data = load_training(str(flat))

    def unknown(root: Path, split: str | None = None) -> LabeledData:
        return load_labeled(str(root), data.preprocessing, data.task, split=split)

    whole = unknown(flat)
    assert (whole.split, len(whole.samples)) == ("all", 8)
    assert "does not say what it was trained and validated on, which may be" in whole.notices[0]
    assert (unknown(parted).split, len(unknown(parted, "all").samples)) == ("val", 9)
    assert len(unknown(parted, "train").samples) == 8
    with pytest.raises(DataError, match="trained and validated on; give split all"):
        unknown(flat, "val")


def test_signals_arrays_and_lists_are_known_again_as_folders_are(
    signal_folder: Path, signal_array: str, tmp_path: Path
) -> None:
    paths = sorted(signal_folder.rglob("*.npy"))
    (tmp_path / "list.csv").write_text("".join(f"{path},{path.parent.name}\n" for path in paths))
    for root in (signal_folder, Path(signal_array), tmp_path / "list.csv"):
        data = load_training(str(root))
        assert keys(judge(data, root).samples) == keys(data.val)
    copy = shutil.copytree(signal_folder, tmp_path / "copy")
    assert judge(load_training(str(signal_folder)), copy, "val").split == "val"
    np.save(copy / "a" / "0.npy", np.ones((6, 2), np.float32))
    assert len(judge(load_training(str(signal_folder)), copy, "all").samples) == 40


def test_another_list_of_the_training_images_is_known_and_said(
    class_folder, tmp_path: Path
) -> None:
    root = class_folder({"cat": 20, "dog": 20})
    lines = "".join(f"set/{c}/{i}.png,{c}\n" for c in ("cat", "dog") for i in range(20))
    (tmp_path / "list.csv").write_text(lines)
    for trained, judged in ((root, tmp_path / "list.csv"), (tmp_path / "list.csv", root)):
        data = load_training(str(trained))
        part = judge(data, judged)
        assert (part.split, len(part.samples)) == ("all", 40)
        assert "holds images the model was trained on, so the figures" in part.notices[-1]


def test_parts_of_unlike_samples_are_not_judged_together(tmp_path: Path) -> None:
    arrays = {"x_train": np.ones((4, 3, 3)), "x_test": np.ones((4, 5, 5))}
    labels = {"y_train": np.arange(4) % 2, "y_test": np.arange(4) % 2}
    np.savez(tmp_path / "a.npz", **arrays, **labels)
    data = load_training(str(tmp_path / "a.npz"), val=0.5)
    with pytest.raises(DataError, match="its parts hold unlike samples; give one of them"):
        judge(data, tmp_path / "a.npz", "all")


def test_what_was_held_out_is_the_val_part_even_beside_a_test_part(class_folder) -> None:
    root = class_folder({"train/cat": 20, "train/dog": 20, "test/cat": 4, "test/dog": 4})
    data = load_training(str(root))
    assert judge(data, root).split == "test"
    part = judge(data, root, HELD_OUT)
    assert (part.split, keys(part.samples)) == ("val", keys(data.val))


def test_a_set_the_model_never_saw_was_held_out_as_a_whole(class_folder) -> None:
    data = load_training(str(class_folder({"cat": 12, "dog": 12})))
    counts = {"test/dog": 2, "test/cat": 1, "train/dog": 6, "train/cat": 7}
    new = class_folder(counts, name="new")  # the same names, other pixels
    part = judge(data, new, HELD_OUT)
    assert (part.split, len(part.samples)) == ("all", 16)


def test_samples_the_model_was_trained_on_were_not_held_out(class_folder) -> None:
    root = class_folder({"cat": 9, "dog": 9})
    other = class_folder({"cat": 3, "dog": 2}, name="other")
    data = load_training(str(root), val=str(other))
    with pytest.raises(DataError, match="trained on, which it knows too well; give the set as it"):
        judge(data, root, HELD_OUT)
