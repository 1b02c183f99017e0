from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnncli.data.images.array import decode_array, measure_array
from cnncli.data.images.file import Header
from cnncli.data.unreadable import ImageError


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 1), (5, 4, 3)])
def test_an_array_is_an_image(tmp_path: Path, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    path = str(tmp_path / "a.npy")
    np.save(path, pixels)
    assert np.array_equal(decode_array(path).pixels.reshape(shape), pixels)
    assert measure_array(path) == Header(5, 4, 3 if shape[-1] == 3 else 1)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros(5, np.uint8), "an array of 1x5, not of images"),
        (np.zeros((3, 9, 8), np.uint8), "an array of 1x3x9x8, with channels first"),
        (np.full((5, 4), 2.0), "float images that are not within 0 to 1 (2 to 2)"),
        (None, "not usable (no such file or directory)"),
    ],
)
def test_other_arrays_are_refused_by_name(tmp_path: Path, array, reason: str) -> None:
    path = str(tmp_path / "a.npy")
    if array is not None:
        np.save(path, array)
    with pytest.raises(ImageError) as caught:
        decode_array(path)
    assert caught.value.reason == reason
    assert str(caught.value).startswith(f"{path}: not a readable image ({reason})")
