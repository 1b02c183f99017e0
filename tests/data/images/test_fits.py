from __future__ import annotations

import io
import sys

import numpy as np
import pytest

from cnncli.data.images.file import count_pages, decode, measure
from cnncli.data.unreadable import ImageError


def test_without_astropy_it_is_said_how_to_get_it(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "astropy", None)
    monkeypatch.setitem(sys.modules, "astropy.io", None)
    monkeypatch.setitem(sys.modules, "astropy.io.fits", None)
    with pytest.raises(ImageError) as caught:
        decode(b"SIMPLE  =                    T".ljust(2880))
    assert '(only astropy reads it: pip install "cnncli[fits]")' in str(caught.value)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "int16"])
def test_an_array_becomes_gray(dtype: str) -> None:
    data, values = store(np.arange(12).reshape(3, 4).astype(dtype))
    pixels = decode(data).pixels
    assert pixels.dtype == (dtype if dtype.startswith("u") else "float32")
    assert np.array_equal(pixels[..., 0], values)
    assert measure(data) == (3, 4, 1, dtype == "uint8")


def test_planes_are_pages() -> None:
    data, values = store(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    assert count_pages(data) == 2
    assert np.array_equal(decode(data, 1).pixels[..., 0], values[1])
    with pytest.raises(ImageError, match="it has no page 3"):
        decode(data, 2)


def store(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    fits = pytest.importorskip("astropy.io.fits", reason="the extra `fits` is not installed")
    data = io.BytesIO()
    fits.PrimaryHDU(values).writeto(data)
    return data.getvalue(), values
