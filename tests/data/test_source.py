from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.set import SampleSet
from cnncli.data.settings import DataSettings
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.data.source import load_labeled, load_training, open_data
from cnncli.errors import DataError, UsageError
from cnncli.losses.cross_entropy import CrossEntropy
from cnncli.tasks import Classification

SIGNALS = SignalPreprocessing(6, 2, None)
SHAPE = Preprocessing(6, 5, 1)


def keys(images: SampleSet) -> set[str]:
    return set(images.samples.keys)


def test_class_folders_are_split_by_their_names(class_folder) -> None:
    data = load_training(str(class_folder({"cat": 30, "dog": 30})), threads=2)
    assert data.task.outputs == ("cat", "dog")
    assert len(data.train) + len(data.val) == 60
    assert 2 <= len(data.val) <= 10
    assert set(data.val.targets) == {0, 1}
    assert data.preprocessing.input_shape == (6, 5, 1)
    assert data.preprocessing.normalization == "standard"
    assert data.notices == ()


def test_a_validation_folder_is_used_whole(class_folder) -> None:
    root = class_folder({"train/cat": 3, "train/dog": 3, "valid/dog": 2, "test/cat": 5})
    data = load_training(str(root))
    assert (len(data.train), len(data.val)) == (6, 2)
    assert data.val.targets.tolist() == [1, 1]


def test_test_images_are_never_trained_on(class_folder) -> None:
    root = class_folder({"train/cat": 9, "train/dog": 9, "test/cat": 5, "test/emu": 5})
    data = load_training(str(root))
    assert len(data.train) + len(data.val) == 18
    assert data.task.outputs == ("cat", "dog")


def test_a_fraction_is_taken_of_the_train_images_even_beside_a_validation_folder(
    class_folder,
) -> None:
    root = class_folder({"train/cat": 20, "train/dog": 20, "val/cat": 1})
    data = load_training(str(root), val=0.5)
    assert len(data.train) + len(data.val) == 40
    assert len(data.val) > 8


def test_validation_can_come_from_another_set(class_folder) -> None:
    root = class_folder({"cat": 3, "dog": 3})
    other = class_folder({"dog": 4}, name="other")
    data = load_training(str(root), val=str(other))
    assert (len(data.train), len(data.val)) == (6, 4)
    assert data.val.targets.tolist() == [1] * 4


def test_a_class_missing_in_validation_shifts_no_label(class_folder) -> None:
    root = class_folder({"train/a": 2, "train/b": 2, "train/c": 2, "val/a": 1, "val/c": 1})
    assert load_training(str(root)).val.targets.tolist() == [0, 2]


def test_a_class_known_only_to_validation_is_an_error(class_folder) -> None:
    root = class_folder({"train/a": 2, "train/b": 2, "val/d": 1})
    with pytest.raises(DataError, match=r"val: class d not among the 2 known ones \(a, b\)"):
        load_training(str(root))


def test_normalization_is_learned_from_the_train_images_alone(class_folder) -> None:
    one = class_folder({"train/a": 4, "train/b": 4, "val/a": 1}, name="one")
    two = class_folder({"train/a": 4, "train/b": 4, "val/b": 4}, name="two")
    assert load_training(str(one)).preprocessing == load_training(str(two)).preprocessing


def test_size_color_and_resizing_can_be_asked_for(class_folder) -> None:
    root = class_folder({"cat": 5, "dog": 5})
    data = load_training(
        str(root), settings=DataSettings((9, 4), "rgb", "pad", normalization="unit")
    )
    assert data.train.values.shape[1:] == (9, 4, 3)
    assert data.preprocessing.resize == "pad"
    assert data.preprocessing.normalization == "unit"


def test_threads_change_nothing(class_folder) -> None:
    root = str(class_folder({"cat": 20, "dog": 20}))
    one, many = load_training(root, threads=1), load_training(root, threads=4)
    assert one.preprocessing == many.preprocessing
    assert np.array_equal(one.train.checksums, many.train.checksums)
    assert np.array_equal(one.train.values, many.train.values)


def test_adding_images_moves_none_between_training_and_validation(class_folder, picture) -> None:
    root = class_folder({"cat": 100, "dog": 100})
    before = load_training(str(root))
    for i in range(100, 130):
        picture(6, 5, seed=i).save(root / f"cat/{i}.png")
    after = load_training(str(root))
    assert keys(before.train) <= keys(after.train)
    assert keys(before.val) <= keys(after.val)


def test_the_folder_is_left_as_it_was(class_folder) -> None:
    root = class_folder({"train/cat": 5, "train/dog": 5, "val/cat": 2})

    def tree() -> list[tuple[str, str, int]]:
        return sorted(
            (str(path), hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
            if path.is_file()
            else (str(path), "", path.stat().st_mtime_ns)
            for path in [root, *root.rglob("*")]
        )

    before = tree()
    load_training(str(root))
    load_labeled(str(root), SHAPE, Classification(("cat", "dog")))
    assert tree() == before


def test_a_folder_that_cannot_be_written_to_is_enough(class_folder) -> None:
    root = class_folder({"cat": 5, "dog": 5})
    for folder in (root / "cat", root / "dog", root):
        folder.chmod(0o555)
    assert len(load_training(str(root)).train)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({}, "no images; add some"),
        ({"cat": 3}, r"only one class \(cat\)"),
        ({"cat": 3, "dog": 0}, "no images in class dog"),
        ({"cat": 0, "dog": 0}, r"no images in 2 classes \(cat, dog\)"),
        ({"train/cat": 3, "val/cat": 3}, r"train: only one class \(cat\)"),
        ({"val/cat": 3}, "has no train set; it has val"),
        ({"cat": 1, "dog": 1}, "nothing left to validate on; add images or give val"),
    ],
)
def test_what_cannot_be_trained_on_is_one_line(
    class_folder, tmp_path: Path, counts: dict[str, int], message: str
) -> None:
    root = class_folder(counts)
    root.mkdir(exist_ok=True)
    with pytest.raises(DataError, match=message) as caught:
        load_training(str(root))
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_pipe_among_the_images_stops_the_training_at_once(class_folder) -> None:
    root = class_folder({"cat": 5, "dog": 5})
    os.mkfifo(root / "cat/pipe.png")
    with pytest.raises(DataError, match=r"1 of 11 images cannot be read: \S*cat/pipe\.png"):
        load_training(str(root))


@pytest.mark.parametrize("name", ["gone", "gone.csv", "gone.npz"])
def test_a_path_to_nothing_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=f"{name}: no such file or folder; check the path"):
        open_data(str(tmp_path / name))


def test_a_single_image_is_no_data_set(tmp_path: Path, picture) -> None:
    picture(4, 4).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png: not a data set; give a folder"):
        open_data(str(tmp_path / "a.png"))


def test_all_formats_give_the_same_training(class_folder, tmp_path: Path) -> None:
    root = class_folder({"0": 20, "1": 20})
    from_folder = load_training(str(root), val=str(root))
    (tmp_path / "list.csv").write_text(
        "".join(
            f"set/{label}/{i}.png,{label}\n" for label in "01" for i in sorted(range(20), key=str)
        )
    )
    x = from_folder.train.values[..., 0]
    y = from_folder.train.targets
    np.savez(tmp_path / "a.npz", x=x, y=y)
    (tmp_path / "idx").mkdir()
    for name, array in (("images-idx3", x), ("labels-idx1", y.astype(np.uint8))):
        head = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        (tmp_path / f"idx/train-{name}-ubyte").write_bytes(head + array.tobytes())
    for path in ("list.csv", "a.npz", "idx"):
        data = load_training(str(tmp_path / path), val=str(root))
        assert data.task.outputs == ("0", "1")
        assert data.preprocessing == from_folder.preprocessing
        assert np.array_equal(data.train.values, from_folder.train.values)
        assert np.array_equal(data.train.targets, from_folder.train.targets)


def labeled(root: Path, split: str | None, classes=("cat", "dog")) -> SampleSet:
    return load_labeled(str(root), SHAPE, Classification(tuple(classes)), split=split).samples


def test_evaluation_takes_test_then_val_then_everything(class_folder) -> None:
    counts = {"train/cat": 4, "val/cat": 3, "test/cat": 2}
    assert len(labeled(class_folder(counts, name="a"), None)) == 2
    del counts["test/cat"]
    assert len(labeled(class_folder(counts, name="b"), None)) == 3
    assert len(labeled(class_folder({"cat": 5}, name="c"), None)) == 5


@pytest.mark.parametrize(("split", "count"), [("train", 4), ("val", 3), ("test", 2)])
def test_evaluation_takes_the_split_it_is_told(class_folder, split: str, count: int) -> None:
    root = class_folder({"train/cat": 4, "val/cat": 3, "test/cat": 2})
    assert len(labeled(root, split)) == count


def test_evaluation_of_a_split_that_is_not_there_is_an_error(class_folder) -> None:
    root = class_folder({"train/cat": 4})
    with pytest.raises(DataError, match="has no test set; it has train"):
        labeled(root, "test")
    with pytest.raises(DataError, match="has no test set; it is not divided"):
        labeled(class_folder({"cat": 4}, name="flat"), "test")


def test_evaluation_of_an_unknown_class_is_an_error(class_folder) -> None:
    with pytest.raises(DataError, match="class emu not among"):
        labeled(class_folder({"cat": 2, "emu": 2}), None)


def test_evaluation_of_nothing_is_an_error(class_folder, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("")
    with pytest.raises(DataError, match="no images; add some"):
        labeled(tmp_path / "list.csv", None)


def test_a_list_on_stdin_can_be_trained_on(class_folder, stdin, monkeypatch) -> None:
    root = class_folder({"cat": 5, "dog": 5})
    stdin("".join(f"{root}/{c}/{i}.png,{c}\n" for c in ("cat", "dog") for i in range(5)).encode())
    data = load_training("-")
    assert len(data.train) + len(data.val) == 10


def test_the_sample_digits_are_complete() -> None:
    digits = str(Path(__file__).parents[2] / "sample_data/digits")
    data = load_training(digits, threads=2)
    assert data.task.outputs == tuple("0123456789")
    assert data.preprocessing.input_shape == (28, 28, 1)
    assert (
        np.bincount(np.concatenate([data.train.targets, data.val.targets])).tolist() == [100] * 10
    )
    test = load_labeled(digits, data.preprocessing, data.task).samples
    assert np.bincount(test.targets).tolist() == [20] * 10
    assert not {name.split("/")[-1] for name in test.names} & {
        name.split("/")[-1] for name in data.train.names + data.val.names
    }


def test_numbers_are_standardized_by_the_train_images_alone(class_folder, tmp_path: Path) -> None:
    root = class_folder({"any": 40})
    rows = [f"{path},{i}" for i, path in enumerate(sorted(root.rglob("*.png")))]
    (tmp_path / "list.csv").write_text("\n".join(["path,mass", *rows]))
    data = load_training(str(tmp_path / "list.csv"), loss="mae")
    train = data.train.samples.numbers
    assert len(train) < 40
    assert data.task.mean == (train.mean(),)
    assert data.train.targets.mean() == pytest.approx(0, abs=1e-6)
    again = load_labeled(
        str(tmp_path / "list.csv"), data.preprocessing, data.task, origin=data.origin
    )
    assert keys(again.samples) == keys(data.val)


def test_the_same_list_with_other_numbers_has_other_checksums(class_folder, tmp_path: Path) -> None:
    root = class_folder({"any": 20})
    sums = []
    for factor in (1, -1):
        rows = [f"{path},{factor * i}" for i, path in enumerate(sorted(root.rglob("*.png")))]
        (tmp_path / "list.csv").write_text("\n".join(["path,mass", *rows]))
        sums.append(load_training(str(tmp_path / "list.csv")).train.checksums)
    assert (sums[0] == sums[1]).all(axis=0).tolist() == [True, False, True]


def test_folders_lists_and_arrays_of_signals_are_the_same_data(signal_folder: Path, signal) -> None:
    files = sorted(signal_folder.rglob("*.npy"), key=lambda path: int(path.stem))
    lines = "".join(
        f"{path.relative_to(signal_folder.parent)},{path.parent.name}\n" for path in files
    )
    (signal_folder.parent / "list.csv").write_text(lines)
    from_list = load_training(str(signal_folder.parent / "list.csv"), val=str(signal_folder))
    from_folder = load_training(str(signal_folder), val=str(signal_folder))
    for data in (from_list, from_folder):
        assert data.preprocessing.input_shape == (6, 2)
        assert data.task.outputs == ("a", "b")
    number = from_folder.train.samples.keys.index("b/7.npy")
    assert np.array_equal(from_folder.train.values[number], signal(7))
    assert np.array_equal(from_list.train.values[7], signal(7))


def test_arrays_of_signals_are_read(signal_array: str, tmp_path: Path) -> None:
    data = load_training(signal_array, settings=DataSettings(normalization="unit"))
    assert data.preprocessing.input_shape == (16, 2)
    assert data.train.values.dtype == np.float32
    np.savez(tmp_path / "flat.npz", x=np.ones((9, 5), np.int16), y=np.arange(9))
    digits = Classification(tuple("012345678"))
    flat = load_labeled(str(tmp_path / "flat.npz"), SignalPreprocessing(5, 1, None), digits)
    assert flat.samples.values.shape == (9, 5, 1)


def test_floats_shaped_like_images_stay_images(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones((9, 8, 8)), y=np.arange(9))
    assert open_data(str(tmp_path / "a.npz")).read().noun == "image"


def test_the_normalization_is_learned_from_the_training_part_alone(
    signal_folder: Path, signal
) -> None:
    other = signal_folder.parent / "other" / "a"
    other.mkdir(parents=True)
    np.save(other / "1.npy", signal(1) * 1000)
    data = load_training(
        str(signal_folder),
        val=str(signal_folder.parent / "other"),
        settings=DataSettings(normalization="unit"),
    )
    largest = np.abs([signal(number) for number in range(40)]).max((0, 1))
    assert np.allclose(1 / np.array(data.preprocessing.scale), largest)


def test_signals_and_images_are_told_apart(signal_folder: Path, class_folder) -> None:
    images = class_folder({"a": 2, "b": 2}, name="images")
    with pytest.raises(DataError, match="images, where signals are needed; give a set of signals"):
        load_labeled(str(images), SIGNALS, Classification(("a", "b")))
    with pytest.raises(DataError, match="signals, where images are needed"):
        load_labeled(str(signal_folder), Preprocessing(6, 5, 1), Classification(("a", "b")))
    (signal_folder / "a" / "x.png").write_bytes((images / "a" / "0.png").read_bytes())
    assert len(open_data(str(signal_folder)).read()) == 1  # the arrays may be notes about the image
    (signal_folder / "a" / "x.wav").touch()
    with pytest.raises(DataError, match="images and sounds in one set"):
        open_data(str(signal_folder)).read()


def test_flattened_images_are_no_signals_unless_they_have_channels(tmp_path: Path) -> None:
    task, x = Classification(("0", "1")), np.arange(6 * 64, dtype=np.uint8).reshape(6, 64)
    np.savez(tmp_path / "a.npz", x=x, y=[0, 1] * 3)
    message = r"images, where signals are needed; give a set of signals, an array \(N, L, C\)"
    with pytest.raises(DataError, match=message):
        load_labeled(str(tmp_path / "a.npz"), SignalPreprocessing(64, 1, None), task)
    np.savez(tmp_path / "a.npz", x=x[..., None], y=[0, 1] * 3)
    data = load_labeled(str(tmp_path / "a.npz"), SignalPreprocessing(64, 1, None), task)
    assert np.array_equal(data.samples.values[..., 0], x)


def test_bad_signals_are_listed(signal_folder: Path) -> None:
    (signal_folder / "a" / "0.npy").write_bytes(b"no")
    np.save(signal_folder / "b" / "1.npy", np.ones((4, 3)))
    with pytest.raises(DataError) as caught:
        load_training(str(signal_folder))
    assert "2 of " in str(caught.value) and "signals cannot be read: " in str(caught.value)
    assert "1.npy (channels: 3, and the network takes 2)" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (DataSettings(size=(8, 8)), "size"),
        (DataSettings(color="gray"), "color"),
        (DataSettings(resize="pad"), "resize"),
    ],
)
def test_settings_of_images_are_not_for_signals(signal_folder: Path, settings, name: str) -> None:
    message = f"{name} is about images; .* holds signals, so give length N"
    with pytest.raises(UsageError, match=message):
        load_training(str(signal_folder), settings=settings)


def test_a_length_is_not_for_images(class_folder) -> None:
    root = class_folder({"cat": 5, "dog": 5})
    with pytest.raises(UsageError, match=r"length is about signals; .* so give size"):
        load_training(str(root), settings=DataSettings(length=8))


def test_classes_are_weighed_by_the_samples_to_train_on(class_folder) -> None:
    root = class_folder({"train/cat": 9, "train/dog": 3, "val/cat": 2, "val/dog": 5})
    plain = load_training(str(root)).task
    task = load_training(str(root), settings=DataSettings(weighted=True)).task
    assert plain.loss == CrossEntropy()
    assert task == replace(plain, loss=CrossEntropy().balance([9, 3], 12))
    assert task.loss.shares == (0.75, 0.25)  # type: ignore[attr-defined]


def test_skipping_broken_files_is_training_without_them(class_folder) -> None:
    root = class_folder({"cat": 30, "dog": 30})
    broken = [root / "cat/4.png", root / "cat/19.png", root / "dog/0.png", root / "dog/27.png"]
    for path in broken[::2]:
        path.write_bytes(path.read_bytes()[:40])
    for path in broken[1::2]:
        path.write_text("no image")
    with pytest.raises(DataError, match=r"set: 4 of 60 images cannot be read: .* by skip_broken$"):
        load_training(str(root))
    skipped = load_training(str(root), skip_broken=True, threads=3)
    assert {error.path for error in skipped.broken} == set(map(str, broken))
    for path in broken:
        path.unlink()
    left = load_training(str(root))
    assert left.broken == ()
    assert np.array_equal(skipped.train.checksums, left.train.checksums)
    assert np.array_equal(skipped.val.checksums, left.val.checksums)
    assert skipped.preprocessing == left.preprocessing


def test_files_that_do_not_fit_the_others_are_skipped_as_well(signal_folder: Path) -> None:
    (signal_folder / "a" / "0.npy").write_bytes(b"no")
    np.save(signal_folder / "b" / "1.npy", np.ones((4, 3)))
    data = load_training(str(signal_folder), skip_broken=True)
    assert sorted(Path(str(error.path)).name for error in data.broken) == ["0.npy", "1.npy"]
    assert len(data.train) + len(data.val) == 38


def test_a_class_of_which_nothing_can_be_read_is_an_error(class_folder) -> None:
    root = class_folder({"cat": 9, "dog": 9, "emu": 3})
    for path in (root / "emu").iterdir():
        path.write_text("no image")
    with pytest.raises(DataError, match="no images in class emu"):
        load_training(str(root), skip_broken=True)


def test_a_set_of_which_nothing_can_be_read_is_an_error(class_folder) -> None:
    root = class_folder({"cat": 3, "dog": 3})
    for path in root.rglob("*.png"):
        path.write_text("no image")
    with pytest.raises(
        DataError, match=r"6 of 6 images cannot be read: .*; replace or remove them$"
    ):
        load_training(str(root), skip_broken=True)


@pytest.mark.parametrize("text", ["path,label\n{}", "{}{}"])
def test_broken_files_of_a_list_are_skipped_however_often_they_are_listed(
    class_folder, tmp_path: Path, text: str
) -> None:
    root = class_folder({"cat": 12, "dog": 12})
    (root / "dog/5.png").write_text("no image")
    lines = "".join(f"{path},{path.parent.name}\n" for path in sorted(root.rglob("*.png")))
    (tmp_path / "list.csv").write_text(text.format(lines, lines))
    data = load_training(str(tmp_path / "list.csv"), skip_broken=True)
    assert [error.path for error in data.broken] == [str(root / "dog/5.png")]
    assert str(root / "dog/5.png") not in data.train.names + data.val.names


def test_evaluation_skips_broken_files_of_its_part(class_folder) -> None:
    root = class_folder({"test/cat": 4, "test/dog": 4, "train/cat": 2})
    (root / "test/dog/1.png").write_text("no image")
    (root / "train/cat/1.png").write_text("no image")
    task = Classification(("cat", "dog"))
    with pytest.raises(DataError, match="1 of 8 images cannot be read"):
        load_labeled(str(root), SHAPE, task)
    judged = load_labeled(str(root), SHAPE, task, skip_broken=True)
    assert [error.path for error in judged.broken] == [str(root / "test/dog/1.png")]
    assert judged.samples.targets.tolist() == [0] * 4 + [1] * 3


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a/1.heic", "b/2.heic", "b/3.txt"], "no images in 2 classes (a, b), but other files "
         "(2 .heic, 1 .txt); convert .heic to .png; read are .jpg"),
        (["a/1.m4a", "b/1.aif"], "(1 .aif, 1 .m4a); convert .aif to .wav, .m4a to .wav"),
        (["a/x.mat", "b/x.MAT"], "(2 .mat); convert .mat to .npy"),
        (["a/x.qqq", "b/x"], "(1 without an ending, 1 .qqq); read are"),
    ],
)  # fmt: skip
def test_a_folder_without_samples_says_what_was_found_and_what_is_read(
    tmp_path: Path, names: list[str], message: str
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"?")
    with pytest.raises(DataError) as caught:
        load_training(str(tmp_path))
    assert message in str(caught.value)
    with pytest.raises(DataError, match="but other files"):
        load_labeled(str(tmp_path), SHAPE, Classification(("a", "b")))
