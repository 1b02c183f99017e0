from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.arrays import list_arrays, load_npy, load_npz, to_images
from cnncli.errors import DataError

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def npy(array: np.ndarray) -> bytes:
    data = io.BytesIO()
    np.save(data, array)
    return data.getvalue()


def with_header(header: str, body: bytes = b"") -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


def zipped(path: Path, members: list[tuple[str, bytes]]) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    return str(path)


@pytest.mark.parametrize(
    "array",
    [
        IMAGES,
        IMAGES.astype(">i4"),
        np.asfortranarray(IMAGES),
        IMAGES[:0],
        np.array(["cat", "dög"]),
        np.array(7),
    ],
    ids=["plain", "big-endian", "fortran", "empty", "words", "number"],
)
def test_npy_comes_back(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array)
    found = load_npy(str(tmp_path / "a.npy"))
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_comes_back_array_by_array(tmp_path: Path, save) -> None:
    save(tmp_path / "a.npz", x=IMAGES, y=[1, 2])
    path = str(tmp_path / "a.npz")
    assert list_arrays(path) == ["x", "y"]
    y, x = load_npz(path, "y", "x")
    assert y.tolist() == [1, 2]
    assert np.array_equal(x, IMAGES)


PLAIN = "{{'descr': '{}', 'fortran_order': False, 'shape': {}}}"
HOSTILE = {
    "objects": npy(np.array([{}], dtype=object)),
    "pickle": b"\x80\x04K\x01.",
    "empty": b"",
    "text": b"hello",
    "shorter than its header says": npy(IMAGES)[:-1],
    "longer than its header says": npy(IMAGES) + b"x",
    "a terabyte": with_header(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1099511627776,)}"
    ),
    "negative": with_header(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-1, -4)}", bytes(4)
    ),
    "void": with_header("{'descr': '|V4', 'fortran_order': False, 'shape': (1,)}", bytes(4)),
    "dates": npy(np.array(["2020-01-01"], dtype="datetime64[D]")),
    "records": npy(np.zeros(2, dtype=[("a", "u1")])),
    "complex": npy(np.zeros(2, complex)),
    "code": with_header("{'descr': __import__('os'), 'fortran_order': False, 'shape': ()}"),
    "unfinished": with_header("{'descr': '|u1', 'fortran_order': False, 'shape': ((((("),
    "long header": with_header(PLAIN.format("|u1", "(1,)") + " " * 20_000, b"x"),
    "version 9": b"\x93NUMPY\x09\x00" + bytes(64),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_array_is_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.npy: not usable \(.*\); save it with") as caught:
        load_npy(str(tmp_path / "a.npy"))
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match=r"a\.npz: not usable \(.*\); save it with"):
        load_npz(zipped(tmp_path / "a.npz", [("x.npy", data)]), "x")


def test_a_file_that_is_no_archive_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"hello")
    with pytest.raises(DataError, match="not usable \\(File is not a zip file\\)"):
        list_arrays(str(tmp_path / "a.npz"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_arrays_of_one_name_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.npz", [("x.npy", npy(IMAGES)), ("x.npy", npy(IMAGES))])
    with pytest.raises(DataError, match="two of the same name"):
        load_npz(path, "x")


def test_a_flipped_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=IMAGES)
    data = bytearray(path.read_bytes())
    data[data.index(IMAGES.tobytes()) + 5] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="Bad CRC-32"):
        load_npz(str(path), "x")


def test_an_array_larger_than_the_memory_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("cnncli.data.arrays.measure_available_memory", lambda: 23)
    np.save(tmp_path / "a.npy", IMAGES)
    with pytest.raises(DataError, match=r"^[^(]*not usable \(larger than the memory\)"):
        load_npy(str(tmp_path / "a.npy"))


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.npy")
    with pytest.raises(DataError, match="not a regular file"):
        load_npy(str(tmp_path / "a.npy"))


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 4, 1), (2, 3, 4, 3), (2, 6, 4, 7), (0, 3, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, ">u2"])
def test_whole_levels_are_taken_as_they_are(shape: tuple[int, ...], dtype: object) -> None:
    array = np.random.default_rng(0).integers(0, 256, shape).astype(dtype)
    found = to_images(array, "x")
    assert found.dtype in (np.uint8, np.uint16) and found.dtype == array.dtype.newbyteorder("=")
    assert found.ndim == 4
    assert np.array_equal(found.reshape(shape), array)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
def test_floats_from_0_to_1_are_rounded_to_8_bits(dtype: object) -> None:
    levels = np.arange(256).reshape(4, 8, 8)
    assert np.array_equal(to_images((levels / 255).astype(dtype), "x")[..., 0], levels)


def test_floats_are_converted_in_blocks(monkeypatch) -> None:
    array = np.random.default_rng(0).random((7, 3, 2))
    expected = to_images(array, "x")
    monkeypatch.setattr("cnncli.data.arrays.BLOCK", 13)
    assert np.array_equal(to_images(array, "x"), expected)


@pytest.mark.parametrize("value", [-0.1, 1.5, 255.0, np.nan, np.inf])
def test_other_floats_are_refused(value: float) -> None:
    array = np.zeros((2, 3, 4))
    array[1, 1, 1] = value
    with pytest.raises(DataError, match="x: float images that are not within 0 to 1"):
        to_images(array, "x")


@pytest.mark.parametrize("dtype", [bool, np.int64, np.uint32, "U1"])
def test_other_types_are_refused(dtype: object) -> None:
    with pytest.raises(DataError, match="expected uint8, uint16, or floats from 0 to 1"):
        to_images(np.zeros((2, 3, 4), dtype), "x")


@pytest.mark.parametrize("shape", [(), (4,), (3, 4), (2, 3, 4, 5, 6), (2, 0, 4)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="not of images; expected NxHxW"):
        to_images(np.zeros(shape, np.uint8), "x")


@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (2, 1, 9, 8), (2, 4, 9, 8), (2, 7, 16, 16)])
def test_channels_first_is_explained(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"transpose\(0, 2, 3, 1\) puts the channels last"):
        to_images(np.zeros(shape, np.uint8), "x")
