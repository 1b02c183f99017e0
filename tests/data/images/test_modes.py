from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from cnncli.data.images.file import decode, measure
from cnncli.data.unreadable import ImageError

GRAY = np.arange(256, dtype=np.uint8).reshape(16, 16)
RGB = np.stack([GRAY, GRAY[::-1], GRAY.T], axis=-1)
FORMATS_WITH_EXIF = ("JPEG", "PNG", "TIFF", "WEBP")


def stored(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def pixels(image: Image.Image, kind: str = "PNG", **options: object) -> np.ndarray:
    return decode(stored(image, kind, **options)).pixels


def test_gray_stays_one_channel() -> None:
    assert np.array_equal(pixels(Image.fromarray(GRAY)), GRAY[..., None])


def test_rgb_stays_as_it_is() -> None:
    assert np.array_equal(pixels(Image.fromarray(RGB)), RGB)


@pytest.mark.parametrize("kind", ["BMP", "GIF", "PPM", "PNG", "TIFF"])
def test_every_lossless_format_gives_the_same_gray(kind: str) -> None:
    assert np.array_equal(pixels(Image.fromarray(GRAY), kind), GRAY[..., None])


def test_one_bit_becomes_black_and_white() -> None:
    bits = np.eye(8, dtype=bool)
    assert np.array_equal(pixels(Image.fromarray(bits))[..., 0], bits * np.uint8(255))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bit_gray_is_divided_by_257(kind: str) -> None:
    ramp = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    exact = ramp / 257
    found = pixels(Image.fromarray(ramp), kind)[..., 0]
    assert np.abs(found - exact).max() <= 0.5 + 1e-9


def test_big_endian_sixteen_bit_tiff_is_divided_by_257() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    image = Image.frombytes("I;16B", (16, 16), ramp.astype(">u2").tobytes())
    assert np.abs(pixels(image, "TIFF")[..., 0] - ramp / 257).max() <= 0.5 + 1e-9


def test_float_pixels_are_refused() -> None:
    image = Image.fromarray(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8))
    with pytest.raises(ImageError, match="its pixels are F, not 8 or 16 bits"):
        decode(stored(image, "TIFF"))


def test_32_bit_integers_are_refused() -> None:
    image = Image.fromarray(np.arange(64, dtype=np.int32).reshape(8, 8))
    with pytest.raises(ImageError, match="its pixels are I, not 8 or 16 bits"):
        decode(stored(image, "TIFF"))


def test_lab_is_refused() -> None:
    image = Image.frombytes("LAB", (2, 2), bytes(12))
    with pytest.raises(ImageError, match="its pixels are LAB"):
        decode(stored(image, "TIFF"))


def test_cmyk_is_converted() -> None:
    cmyk = Image.fromarray(RGB).convert("CMYK")
    assert np.array_equal(pixels(cmyk, "TIFF"), np.asarray(cmyk.convert("RGB")))


def test_alpha_shows_the_white_background() -> None:
    alpha = Image.fromarray(np.dstack([RGB, GRAY]))
    share = GRAY[..., None] / 255
    expected = RGB * share + 255 * (1 - share)
    found = pixels(alpha)
    assert found.shape == (16, 16, 3)
    assert np.abs(found - expected).max() <= 1


def test_hidden_color_under_full_transparency_is_white() -> None:
    assert (pixels(Image.new("RGBA", (3, 3), (200, 10, 10, 0))) == 255).all()


def test_gray_with_alpha_stays_gray() -> None:
    found = pixels(Image.merge("LA", [Image.fromarray(GRAY), Image.new("L", (16, 16), 255)]))
    assert np.array_equal(found, GRAY[..., None])


def test_gray_with_alpha_zero_is_white() -> None:
    assert (pixels(Image.new("LA", (3, 3), (7, 0))) == 255).all()


def test_palette_becomes_its_colors() -> None:
    image = Image.fromarray(RGB).quantize(16)
    assert np.array_equal(pixels(image), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("transparency", [0, b"\x00\xff"])
def test_transparent_palette_entries_are_white(transparency: int | bytes) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    assert pixels(image, transparency=transparency).tolist() == [[[255] * 3, [40, 50, 60]]]


def test_a_gray_palette_counts_as_gray_in_the_header() -> None:
    image = Image.new("P", (2, 2))
    image.putpalette([level for level in range(256) for _ in range(3)])
    assert measure(stored(image)).gray


def test_a_colored_palette_does_not_count_as_gray() -> None:
    assert not measure(stored(Image.fromarray(RGB).quantize(16))).gray


@pytest.mark.parametrize("kind", FORMATS_WITH_EXIF)
@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_orientation_is_applied(kind: str, turn: int) -> None:
    upright = Image.new("RGB", (32, 16), "black")
    upright.paste("red", (0, 0, 16, 8))  # top left
    upright.paste("blue", (16, 8, 32, 16))  # bottom right
    exif = Image.Exif()
    exif[0x0112] = turn
    tag = Image.new("RGB", (1, 1)).getexif()
    tag[0x0112] = {6: 8, 8: 6}.get(turn, turn)  # the turn that undoes it
    turning = upright.copy()
    turning.info["exif"] = tag.tobytes()
    turning.getexif()[0x0112] = tag[0x0112]
    lying = ImageOps.exif_transpose(turning)
    lying.info.clear()
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100} if kind == "JPEG" else {}
    data = stored(lying.copy(), kind, exif=exif, **options)
    found = decode(data).pixels
    assert found.shape == (16, 32, 3)
    assert np.abs(found.astype(int) - np.asarray(upright)).mean() < 8
    assert measure(data)[:2] == (16, 32)


def test_a_broken_exif_block_means_upright() -> None:
    data = stored(Image.fromarray(GRAY), "JPEG", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff")
    assert decode(data).pixels.shape == (16, 16, 1)


def test_an_orientation_out_of_range_means_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    assert np.array_equal(pixels(Image.fromarray(RGB), exif=exif), RGB)


def test_pixels_are_contiguous() -> None:
    exif = Image.Exif()
    exif[0x0112] = 7
    assert pixels(Image.fromarray(RGB), exif=exif).flags.c_contiguous
