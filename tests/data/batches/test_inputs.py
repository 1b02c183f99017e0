from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.batches.inputs import expand, read_paths
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.errors import DataError

SIGNALS = SignalPreprocessing(6, 2, None)
IMAGES = Preprocessing(4, 3, 3)


def names(*paths: str) -> list[str]:
    return [one.name for one in expand(paths, IMAGES)]


def test_files_are_taken_in_the_order_given(tmp_path: Path) -> None:
    assert names("b.png", "./a.png", "b.png") == ["b.png", "./a.png", "b.png"]


def test_folders_are_walked_in_byte_order(class_folder) -> None:
    root = class_folder({"b": 1, "a/x": 2})
    assert names(str(root)) == [f"{root}/a/x/0.png", f"{root}/a/x/1.png", f"{root}/b/0.png"]


@pytest.mark.parametrize("save", ["npy", "x", "only", "two"])
def test_arrays_are_taken_apart(tmp_path: Path, save: str, noise) -> None:
    images = np.stack([noise(4, 3, 3, seed) for seed in range(3)])
    path = str(tmp_path / ("a.npy" if save == "npy" else "a.npz"))
    arrays = {"x": {"x": images}, "only": {"z": images}, "two": {"y": [1], "x": images}}
    np.save(path, images) if save == "npy" else np.savez(path, **arrays[save])
    found = list(expand([path], IMAGES))
    assert [one.name for one in found] == [f"{path}[0]", f"{path}[1]", f"{path}[2]"]
    assert np.array_equal([one.load().pixels for one in found], images)


def test_a_single_image_as_an_array_is_one_input(tmp_path: Path, noise) -> None:
    for name, size in (("fits", (4, 3)), ("other", (9, 7))):
        np.save(tmp_path / f"{name}.npy", noise(*size, 3))
        path = str(tmp_path / f"{name}.npy")
        (image,) = expand([path], IMAGES)
        assert image.name == path
        assert np.array_equal(image.load().pixels, noise(*size, 3))


def test_a_folder_of_arrays_is_an_image_each(tmp_path: Path, noise) -> None:
    for i in range(2):
        np.save(tmp_path / f"{i}.npy", noise(4, 3, 3, i))
    inputs = list(expand([str(tmp_path)], IMAGES))
    assert [image.name for image in inputs] == [f"{tmp_path}/0.npy", f"{tmp_path}/1.npy"]
    assert np.array_equal(inputs[1].load().pixels, noise(4, 3, 3, 1))


def test_a_bad_path_is_an_input_that_fails_to_load(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.npz").write_text("text")
    np.savez(tmp_path / "two.npz", a=[1], b=[2])
    expected = {
        "gone.png": "no such file",
        "empty": "no images in this folder",
        "bad.npz": "not usable",
        "two.npz": "holds a, b, not the images x",
        "gone.npy": "no such file",
    }
    found = list(expand((str(tmp_path / name) for name in expected), IMAGES))
    assert [one.name for one in found] == [str(tmp_path / name) for name in expected]
    for one, message in zip(found, expected.values(), strict=True):
        with pytest.raises(DataError, match=message):
            one.load()


def test_nothing_is_opened_before_its_turn(tmp_path: Path) -> None:
    def paths():
        yield "first.png"
        raise AssertionError("asked for too much")

    assert next(expand(paths(), IMAGES)).name == "first.png"


def test_stdin_is_one_image(stdin, picture, tmp_path: Path) -> None:
    picture(4, 3).save(tmp_path / "a.png")
    stdin((tmp_path / "a.png").read_bytes())
    (one,) = expand(["-"], IMAGES)
    assert one.name == "-"
    assert np.array_equal(one.load().pixels[..., 0], np.asarray(picture(4, 3)))


@pytest.mark.parametrize(("data", "reason"), [(b"", "nothing on stdin"), (b"text", "not JPEG")])
def test_stdin_without_an_image_fails_to_load(stdin, data: bytes, reason: str) -> None:
    stdin(data)
    (one,) = expand(["-"], IMAGES)
    with pytest.raises(DataError, match=f"-: not a readable image \\({reason}"):
        one.load()


def test_a_closed_stdin_fails_to_load() -> None:
    before = os.dup(0)
    os.close(0)
    try:
        (one,) = expand(["-"], IMAGES)
        with pytest.raises(DataError, match="bad file descriptor"):
            one.load()
    finally:
        os.dup2(before, 0)
        os.close(before)


@pytest.mark.parametrize(
    ("data", "null", "expected"),
    [
        (b"a.png\nb c.png\n", False, [b"a.png", b"b c.png"]),
        (b"a.png\n\nb.png", False, [b"a.png", b"b.png"]),
        (b"a\nb.png\0-rf.png\0", True, [b"a\nb.png", b"-rf.png"]),
        (b"\xff\xfe.png\n \n", False, [b"\xff\xfe.png", b" "]),
        (b"", False, []),
    ],
)
def test_lists_of_paths_survive_byte_for_byte(
    tmp_path: Path, data: bytes, null: bool, expected: list[bytes], stdin
) -> None:
    (tmp_path / "list").write_bytes(data)
    stdin(data)
    for source in (str(tmp_path / "list"), "-"):
        assert [os.fsencode(path) for path in read_paths(source, null=null)] == expected


def test_paths_longer_than_a_chunk_stay_whole(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("cnncli.data.batches.inputs.CHUNK", 3)
    (tmp_path / "list").write_text("a.png\nlonger.png\nb.png\n")
    assert list(read_paths(str(tmp_path / "list"))) == ["a.png", "longer.png", "b.png"]


def test_paths_arrive_while_the_list_is_still_open() -> None:
    reading, writing = os.pipe()
    before = os.dup(0)
    os.dup2(reading, 0)
    try:
        paths = read_paths("-")
        for name in ("a.png", "b.png"):
            os.write(writing, name.encode() + b"\n")
            assert next(paths) == name
    finally:
        os.dup2(before, 0)
        for descriptor in (before, reading, writing):
            os.close(descriptor)


def test_a_missing_list_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read \\(no such file or directory\\)"):
        next(read_paths(str(tmp_path / "gone")))


def test_stdin_is_one_signal(stdin) -> None:
    stdin(b"1,2\n3,4\n")
    (sample,) = expand(["-"], SIGNALS)
    assert sample.load().values.tolist() == [[1, 2], [3, 4]]


def test_an_empty_stdin_asks_for_a_signal(stdin) -> None:
    stdin(b"")
    (one,) = expand(["-"], SIGNALS)
    with pytest.raises(DataError, match=r"nothing on stdin.*give one signal on stdin"):
        one.load()


@pytest.mark.parametrize(
    "data",
    [b"a.png\r\nb c.png\r\n", b"\xef\xbb\xbfa.png\nb c.png", b"\xef\xbb\xbfa.png\r\nb c.png\r\n"],
)
def test_lists_of_paths_from_windows_are_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "list").write_bytes(data)
    assert list(read_paths(str(tmp_path / "list"))) == ["a.png", "b c.png"]


def test_a_list_of_paths_in_utf_16_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes("a.png\r\nb.png\r\n".encode("utf-16"))
    with pytest.raises(DataError, match="list: is text in UTF-16, not UTF-8; save it as UTF-8"):
        list(read_paths(str(tmp_path / "list")))


def test_null_bytes_between_short_paths_are_no_utf_16(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"a\0b\0c\r\0d\0")
    assert list(read_paths(str(tmp_path / "list"), null=True)) == ["a", "b", "c\r", "d"]
