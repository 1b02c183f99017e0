from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnncli.data.shapes import (
    are_gray_levels,
    are_signals,
    load_array,
    name_samples,
    split_images,
    unflatten,
)
from cnncli.errors import DataError

GRAY = (9, 8, 1)
COLOR = (9, 8, 3)
LEVELS = np.random.default_rng(0).integers(0, 256, (5, 9 * 9), np.uint8)
WAVES = np.random.default_rng(0).standard_normal((5, 81))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_rows_of_gray_levels_are_square_images(dtype: type) -> None:
    images, notices = unflatten(LEVELS.astype(dtype), "a.npz, x")
    assert np.array_equal(images, LEVELS.reshape(5, 9, 9))
    assert notices == (
        "a.npz, x: rows of 81 numbers are taken as images of 9x9x1; signals have the shape "
        "(N, 81, 1)",
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_levels_divided_by_255_are_images_too(dtype: type) -> None:
    images, _ = unflatten((LEVELS / 255).astype(dtype), "x")
    assert images.shape == (5, 9, 9)


@pytest.mark.parametrize(
    ("rows", "notice"),
    [
        (WAVES, "taken as signals; images have the shape (N, 9, 9)"),
        (np.abs(WAVES) / 9, "taken as signals; images have the shape (N, 9, 9)"),
        (LEVELS.astype(int) - 1, "taken as signals; images have the shape (N, 9, 9)"),
        (np.zeros((2, 768), np.uint8), "images in color have the shape (N, 16, 16, 3)"),
        (LEVELS[:, :80], ""),
        (LEVELS[:, :49], ""),
        (np.zeros((2, 9, 9)), ""),
    ],
)
def test_other_arrays_stay_as_they_are(rows: np.ndarray, notice: str) -> None:
    array, notices = unflatten(rows, "x")
    assert array is rows
    assert notice in "".join(notices) and len(notices) == bool(notice)


@pytest.mark.parametrize(
    ("shape", "dtype", "signals"),
    [
        ((2, 81), np.uint8, True),
        ((2, 81, 1), np.uint8, True),
        ((2, 12, 3), np.float32, True),
        ((2, 12, 3), np.uint8, False),
        ((2, 11, 3), np.float32, False),
        ((2, 9, 8, 3), np.float32, False),
    ],
)
def test_signals_are_long(shape: tuple[int, ...], dtype: type, signals: bool) -> None:
    assert are_signals(np.zeros(shape, dtype)) == signals


def test_levels_are_looked_at_in_blocks(monkeypatch) -> None:
    monkeypatch.setattr("cnncli.data.shapes.BLOCK", 100)
    rows = LEVELS.astype(np.float32)
    assert are_gray_levels(rows)
    rows[4, 80] += 0.5
    assert not are_gray_levels(rows)


@pytest.mark.parametrize("value", [-1.0, 256.0, np.nan, np.inf])
def test_other_values_are_no_gray_levels(value: float) -> None:
    assert not are_gray_levels(np.array([[0.0, value]]))


@pytest.mark.parametrize(
    ("shape", "network"),
    [((9, 8), GRAY), ((9, 8, 1), GRAY), ((72,), GRAY), ((9, 8, 3), COLOR), ((20, 30, 3), GRAY),
     ((20, 30, 3), COLOR), ((20, 30, 1), COLOR),
     ((20, 30), GRAY), ((64, 64), COLOR), ((20, 30, 6), (9, 8, 6))],
)  # fmt: skip
def test_a_single_image_has_the_name_of_its_file(shape, network) -> None:
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    ((name, pixels),) = split_images(array, network, "a.npy")
    assert name == "a.npy"
    assert pixels.ndim == 3
    assert np.array_equal(pixels.reshape(shape), array)


@pytest.mark.parametrize(
    ("shape", "network", "image"),
    [((4, 9, 8), GRAY, (9, 8, 1)), ((4, 20, 30), GRAY, (20, 30, 1)), ((4, 72), GRAY, (9, 8, 1)),
     ((4, 9, 8, 3), COLOR, (9, 8, 3)), ((1, 9, 8), GRAY, (9, 8, 1)),
     ((4, 9, 3), (9, 3, 1), (9, 3, 1))],
)  # fmt: skip
def test_several_images_are_numbered(shape, network, image) -> None:
    images = split_images(np.zeros(shape, np.uint8), network, "a.npy")
    assert [name for name, _ in images] == [f"a.npy[{i}]" for i in range(shape[0])]
    assert {pixels.shape for _, pixels in images} == {image}


@pytest.mark.parametrize(
    ("shape", "network", "message"),
    [
        ((3, 9, 8), COLOR, "one image with its channels first or 3 gray images; transpose"),
        ((20, 64), GRAY, "an array of 20x64, which is one image or rows of pixels; array"),
        ((40, 8), GRAY, "an array of 40x8, which is one image or rows of pixels; array"),
        ((4, 216), COLOR, "an array of 4x216, which is one image or rows of pixels; array"),
        ((73,), GRAY, "an array of 73, not of images"),
    ],
)
def test_what_cannot_be_known_is_refused(shape, network, message: str) -> None:
    with pytest.raises(DataError, match=message):
        split_images(np.zeros(shape, np.uint8), network, "a.npy")


@pytest.mark.parametrize(
    ("array", "noun", "notice"),
    [
        (np.zeros((9, 8, 3), np.uint8), "image", ""),
        (np.zeros((9, 8), np.uint8), "image", "arrays of 9x8 are taken as gray images"),
        (np.full((9, 8), 0.3), "image", "arrays of 9x8 are taken as gray images"),
        (np.full((9, 8), 4000, np.uint16), "image", "arrays of 9x8 are taken as gray images"),
        (-np.ones((9, 8)), "signal", "taken as signals of 9 samples in 8 channels"),
        (np.zeros(30), "signal", ""),
        (np.zeros((40, 2), np.uint8), "signal", ""),
        (np.zeros((5, 2)), "signal", ""),
    ],
)
def test_arrays_in_files_of_their_own_are_images_or_signals(
    tmp_path: Path, array: np.ndarray, noun: str, notice: str
) -> None:
    np.save(tmp_path / "b.npy", array)
    files = [str(tmp_path / name) for name in ("gone.npy", "b.npy")]
    found, notices = name_samples("arrays", files, "set")
    assert found == noun
    assert notice in "".join(notices) and len(notices) == bool(notice)


@pytest.mark.parametrize(("kind", "noun"), [("images", "image"), ("tables", "signal")])
def test_other_files_say_by_their_endings_what_they_are(kind: str, noun: str) -> None:
    assert name_samples(kind, ["gone"], "set") == (noun, ())


def test_rows_of_a_table_are_gray_images(tmp_path: Path) -> None:
    names = ",".join(f"pixel{i}" for i in range(72))
    rows = np.arange(144).reshape(2, 72)
    lines = [names, *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "test.csv").write_text("\n".join(lines) + "\n")
    path = str(tmp_path / "test.csv")
    images = split_images(load_array(path), GRAY, path)
    assert [name for name, _ in images] == [f"{path}[0]", f"{path}[1]"]
    assert np.array_equal(images[1][1][..., 0], rows[1].reshape(9, 8))


@pytest.mark.parametrize(
    ("text", "reason"), [("a,b\nx,y\n", "'x' is not a number"), (None, "no such file")]
)
def test_other_tables_are_refused(tmp_path: Path, text: str | None, reason: str) -> None:
    if text:
        (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=f"a.csv: not a readable table .*{reason}"):
        load_array(str(tmp_path / "a.csv"))
