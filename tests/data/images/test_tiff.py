from __future__ import annotations

import io
import struct
import sys

import numpy as np
import pytest

from cnncli.data.images.file import count_pages, decode, decode_mask, measure
from cnncli.data.images.mask import MaskError
from cnncli.data.unreadable import ImageError

tifffile = pytest.importorskip("tifffile", reason="the extra `tiff` is not installed")


def stored(array: np.ndarray, **options: object) -> bytes:
    data = io.BytesIO()
    tifffile.imwrite(data, array, **options)
    return data.getvalue()


def bands(count: int, dtype: str, planar: str = "contig") -> tuple[np.ndarray, bytes]:
    """Return pixels (6, 5, count) and a TIFF of them."""
    numbers = np.random.default_rng(count).integers(0, 200, (6, 5, count)).astype(dtype)
    array = np.moveaxis(numbers, 2, 0) if planar == "separate" else numbers
    return numbers, stored(array, photometric="minisblack", planarconfig=planar)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize(("count", "dtype"), [(2, "uint8"), (5, "uint16"), (8, "float32")])
def test_every_band_becomes_a_channel(count: int, dtype: str, planar: str) -> None:
    numbers, data = bands(count, dtype, planar)
    pixels = decode(data).pixels
    assert pixels.dtype == dtype
    assert np.array_equal(pixels, numbers)
    assert measure(data) == (6, 5, count, dtype == "uint8")


def test_a_fourth_band_that_is_no_alpha_is_not_dropped() -> None:
    numbers = np.arange(6 * 5 * 4, dtype=np.uint8).reshape(6, 5, 4)
    data = stored(numbers, photometric="rgb", extrasamples=["unspecified"])
    assert np.array_equal(decode(data).pixels, numbers)


def test_64_bit_floats_become_32() -> None:
    values = np.linspace(-1, 1, 30).reshape(6, 5)
    assert np.array_equal(decode(stored(values)).pixels[..., 0], values.astype(np.float32))


def test_big_endian_16_bits_count_down_from_white() -> None:
    values = np.arange(30, dtype=">u2").reshape(6, 5) * 1000
    data = stored(values, photometric="miniswhite", byteorder=">")
    pixels = decode(data).pixels
    assert pixels.dtype == np.uint16
    assert np.array_equal(pixels[..., 0], 65535 - values)


def test_pages_of_bands_are_read_one_by_one() -> None:
    numbers = np.random.default_rng(0).integers(0, 99, (3, 6, 5, 5)).astype(np.uint8)
    data = io.BytesIO()
    with tifffile.TiffWriter(data) as writer:
        for page in numbers:
            writer.write(page, photometric="minisblack", planarconfig="contig")
    assert count_pages(data.getvalue()) == 3
    for i in range(3):
        picture = decode(data.getvalue(), i)
        assert picture.frames_left_out
        assert np.array_equal(picture.pixels, numbers[i])
    with pytest.raises(ImageError, match="it has no page 4"):
        decode(data.getvalue(), 3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_are_refused(value: float) -> None:
    values = np.full((6, 5, 5), value, np.float32)
    with pytest.raises(ImageError, match="NaN or infinite pixels"):
        decode(stored(values, photometric="minisblack", planarconfig="contig"))


def test_complex_numbers_are_refused() -> None:
    with pytest.raises(ImageError, match="its pixels are complex64, not numbers"):
        decode(stored(np.ones((6, 5), np.complex64)))


def test_bands_are_no_mask(tmp_path) -> None:
    (tmp_path / "a.tif").write_bytes(bands(5, "uint8")[1])
    with pytest.raises(MaskError, match="its pixels are 5 bands of uint8"):
        decode_mask(str(tmp_path / "a.tif"))


def test_without_tifffile_it_is_said_how_to_get_it(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tifffile", None)
    with pytest.raises(ImageError) as caught:
        decode(bands(5, "uint8")[1])
    assert str(caught.value) == (
        '-: not a readable image (only tifffile reads it: pip install "cnncli[tiff]"); '
        "install that or convert it"
    )


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_planes_of_16_bits_of_color_are_read(compression: str | None) -> None:
    planes = np.random.default_rng(0).integers(0, 65536, (3, 6, 5)).astype(np.uint16)
    data = stored(planes, photometric="rgb", planarconfig="separate", compression=compression)
    assert np.array_equal(decode(data).pixels, np.moveaxis(planes, 0, -1))


@pytest.mark.parametrize("count", [2, 6])
def test_a_band_that_is_called_alpha_is_no_band(count: int) -> None:
    numbers, _ = bands(count, "uint16")
    numbers[..., -1] = 65535
    extra = ["unspecified"] * (count - 2) + ["unassalpha"]
    options = {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": extra}
    data = stored(numbers, **options)
    assert np.array_equal(decode(data).pixels, numbers[..., :-1])
    assert measure(data) == (6, 5, count - 1, False)
    numbers[2, 3, -1] = 9
    with pytest.raises(ImageError, match="it is transparent in parts"):
        decode(stored(numbers, **options))


def test_indices_of_a_palette_of_16_bits_are_no_gray() -> None:
    colors = np.zeros((3, 65536), np.uint16)
    data = stored(np.ones((6, 5), np.uint16), photometric="palette", colormap=colors)
    with pytest.raises(ImageError, match=r"a TIFF of PALETTE of 16 bits.*; save it as gray or RGB"):
        decode(data)


@pytest.mark.parametrize("number", [33003, 34712, 34887])
def test_a_compression_that_only_imagecodecs_reads_is_not_called_damage(number: int) -> None:
    data = bytearray(stored(np.ones((6, 5), np.uint8)))
    at = data.index(struct.pack("<HHI", 259, 3, 1))
    data[at + 8 : at + 10] = struct.pack("<H", number)
    with pytest.raises(ImageError) as caught:
        decode(bytes(data))
    assert "damaged" not in str(caught.value)
    assert str(caught.value).endswith("; pip install imagecodecs")
