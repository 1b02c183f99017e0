"""Signals on every way that images take: folders, lists, arrays, splits, streams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnncli.data.batches.inputs import expand, load_sample
from cnncli.data.batches.stream import stream
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.set import SampleSet
from cnncli.data.settings import DataSettings
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.data.source import load_labeled, load_training, open_data
from cnncli.errors import DataError
from cnncli.tasks import Classification

SHAPE = SignalPreprocessing(6, 2, None)
AB = Classification(("a", "b"))


def signal(number: int, length: int = 6) -> np.ndarray:
    return np.random.default_rng(number).standard_normal((length, 2)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of 20 arrays each."""
    for number in range(40):
        (tmp_path / "set" / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        np.save(tmp_path / "set" / "ab"[number % 2] / f"{number}.npy", signal(number))
    return tmp_path / "set"


@pytest.fixture
def array(tmp_path: Path) -> str:
    path = str(tmp_path / "set.npz")
    x = np.stack([signal(number, 16) for number in range(40)])
    np.savez(path, x=x, y=np.arange(40) % 2)
    return path


def test_folders_lists_and_arrays_of_signals_are_the_same_data(folder: Path) -> None:
    files = sorted(folder.rglob("*.npy"), key=lambda path: int(path.stem))
    lines = "".join(f"{path.relative_to(folder.parent)},{path.parent.name}\n" for path in files)
    (folder.parent / "list.csv").write_text(lines)
    from_list = load_training(str(folder.parent / "list.csv"), val=str(folder))
    from_folder = load_training(str(folder), val=str(folder))
    for data in (from_list, from_folder):
        assert data.preprocessing.input_shape == (6, 2)
        assert data.task.outputs == ("a", "b")
    number = from_folder.train.samples.keys.index("b/7.npy")
    assert np.array_equal(from_folder.train.values[number], signal(7))
    assert np.array_equal(from_list.train.values[7], signal(7))


def test_arrays_of_signals_are_read(array: str, tmp_path: Path) -> None:
    data = load_training(array, settings=DataSettings(normalization="unit"))
    assert data.preprocessing.input_shape == (16, 2)
    assert data.train.values.dtype == np.float32
    np.savez(tmp_path / "flat.npz", x=np.ones((9, 5), np.int16), y=np.arange(9))
    digits = Classification(tuple("012345678"))
    flat = load_labeled(str(tmp_path / "flat.npz"), SignalPreprocessing(5, 1, None), digits)
    assert flat.values.shape == (9, 5, 1)


def test_floats_shaped_like_images_stay_images(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones((9, 8, 8)), y=np.arange(9))
    assert open_data(str(tmp_path / "a.npz")).read().noun == "image"


def test_the_normalization_is_learned_from_the_training_part_alone(folder: Path) -> None:
    other = folder.parent / "other" / "a"
    other.mkdir(parents=True)
    np.save(other / "1.npy", signal(1) * 1000)
    data = load_training(
        str(folder), val=str(folder.parent / "other"), settings=DataSettings(normalization="unit")
    )
    largest = np.abs([signal(number) for number in range(40)]).max((0, 1))
    assert np.allclose(1 / np.array(data.preprocessing.scale), largest)


def test_signals_that_do_not_fit_into_memory_are_decoded_again(folder: Path) -> None:
    samples = open_data(str(folder)).read()
    kept = SampleSet(samples, SHAPE, AB, threads=2)
    again = SampleSet(samples, SHAPE, AB, threads=2, memory=0)
    out = np.empty((3, 6, 2), np.float32)
    again.read(np.array([5, 0, 9]), out)
    assert np.array_equal(out, kept.values[[5, 0, 9]])
    assert again.digest == kept.digest


def test_signals_and_images_are_told_apart(folder: Path, class_folder) -> None:
    images = class_folder({"a": 2, "b": 2}, name="images")
    with pytest.raises(DataError, match="images, where signals are needed; give a set of signals"):
        load_labeled(str(images), SHAPE, AB)
    with pytest.raises(DataError, match="signals, where images are needed"):
        load_labeled(str(folder), Preprocessing(6, 5, 1), AB)
    (folder / "a" / "x.png").write_bytes((images / "a" / "0.png").read_bytes())
    assert len(open_data(str(folder)).read()) == 1  # the arrays may be notes about the image
    (folder / "a" / "x.wav").touch()
    with pytest.raises(DataError, match="images and WAV files in one set"):
        open_data(str(folder)).read()


def test_bad_signals_are_listed(folder: Path) -> None:
    (folder / "a" / "0.npy").write_bytes(b"no")
    np.save(folder / "b" / "1.npy", np.ones((4, 3)))
    with pytest.raises(DataError) as caught:
        load_training(str(folder))
    assert "2 of " in str(caught.value) and "signals are not readable: " in str(caught.value)
    assert "1.npy (channels: 3, and the network takes 2)" in str(caught.value)


def test_a_stream_hands_on_signals_and_errors_in_order(folder: Path, array: str) -> None:
    paths = [str(folder / "a" / "0.npy"), "absent.wav", array, str(folder)]
    items = [one for batch in stream(paths, SHAPE, batch_size=7) for one in batch]
    assert len(items) == 1 + 1 + 40 + 40
    assert np.array_equal(items[0].values, signal(0))
    assert "absent.wav: not a readable signal (no such file)" in str(items[1].error)
    assert items[2].name == f"{array}[0]"
    assert np.array_equal(items[2].values, signal(0, 16)[5:11])


def test_signals_that_do_not_fit_the_network_are_errors_in_place(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((4, 3)))
    ((item,),) = stream([str(tmp_path / "a.npy")], SHAPE, batch_size=2)
    assert "channels: 3, and the network takes 2" in str(item.error)


def test_stdin_is_one_signal(stdin) -> None:
    stdin(b"1,2\n3,4\n")
    assert load_sample("-", SHAPE).tolist() == [[0, 0], [0, 0], [1, 2], [3, 4], [0, 0], [0, 0]]


def test_an_empty_stdin_asks_for_a_signal(stdin) -> None:
    stdin(b"")
    (one,) = expand(["-"], SHAPE)
    with pytest.raises(DataError, match=r"nothing on stdin.*give one signal on stdin"):
        one.load()
