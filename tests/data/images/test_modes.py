from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from cnncli.data.images.file import decode, measure
from cnncli.data.unreadable import ImageError

GRAY = np.arange(256, dtype=np.uint8).reshape(16, 16)
RGB = np.stack([GRAY, GRAY[::-1], GRAY.T], axis=-1)
RAMP = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
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
def test_sixteen_bit_gray_stays_as_it_is(kind: str) -> None:
    found = pixels(Image.fromarray(RAMP), kind)
    assert found.dtype == np.uint16
    assert np.array_equal(found[..., 0], RAMP)


def test_big_endian_sixteen_bit_tiff_is_the_same() -> None:
    image = Image.frombytes("I;16B", (16, 16), RAMP.astype(">u2").tobytes())
    assert np.array_equal(pixels(image, "TIFF")[..., 0], RAMP)


def deep_png(numbers: np.ndarray) -> bytes:
    """Return a PNG of 16 bits a channel, (height, width, 2, 3 or 4)."""
    height, width, channels = numbers.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in numbers)
    kind = {2: 4, 3: 2, 4: 6}[channels]

    def chunk(name: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


DEEP = np.stack([RAMP, RAMP[::-1], RAMP.T], axis=-1)


def test_sixteen_bits_of_color_keep_all_of_them() -> None:
    assert np.array_equal(decode(deep_png(DEEP)).pixels, DEEP)
    assert measure(deep_png(DEEP)) == (16, 16, 3, False)


def test_opaque_sixteen_bits_with_alpha_are_color() -> None:
    opaque = np.full((16, 16, 1), 65535, np.uint16)
    assert np.array_equal(decode(deep_png(np.dstack([DEEP, opaque]))).pixels, DEEP)


def test_what_is_transparent_in_sixteen_bits_is_white_in_eight() -> None:
    alpha = np.full((16, 16, 1), 65535, np.uint16)
    alpha[0] = 0
    found = decode(deep_png(np.dstack([DEEP, alpha]))).pixels
    assert (found[0] == 255).all()
    assert np.array_equal(found[1:], DEEP[1:] >> 8)


def test_a_color_of_sixteen_bits_that_is_transparent_is_white() -> None:
    data = deep_png(DEEP)
    at = data.index(b"IDAT") - 4
    body = b"tRNS" + struct.pack(">3H", *DEEP[0, 0].tolist())
    chunk = struct.pack(">I", 6) + body + struct.pack(">I", zlib.crc32(body))
    assert decode(data[:at] + chunk + data[at:]).pixels[0, 0].tolist() == [255, 255, 255]


def test_gray_with_alpha_in_sixteen_bits_is_read_in_eight() -> None:
    opaque = np.full((16, 16), 65535, np.uint16)
    found = decode(deep_png(np.dstack([RAMP, opaque]))).pixels
    assert np.array_equal(found[..., 0], RAMP >> 8)


@pytest.mark.parametrize("values", [np.linspace(-1, 1, 64), np.linspace(0, 1e6, 64)])
def test_float_pixels_stay_as_they_are(values: np.ndarray) -> None:
    floats = values.astype(np.float32).reshape(8, 8)
    data = stored(Image.fromarray(floats), "TIFF")
    assert np.array_equal(decode(data).pixels[..., 0], floats)
    assert measure(data) == (8, 8, 1, False)


def test_32_bit_integers_become_floats() -> None:
    integers = np.arange(-32, 32, dtype=np.int32).reshape(8, 8)
    found = pixels(Image.fromarray(integers), "TIFF")
    assert found.dtype == np.float32
    assert np.array_equal(found[..., 0], integers)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_floats_that_are_no_numbers_are_refused(value: float) -> None:
    floats = np.zeros((4, 4), np.float32)
    floats[1, 2] = value
    with pytest.raises(ImageError, match=r"NaN or infinite pixels.*; replace them by numbers"):
        decode(stored(Image.fromarray(floats), "TIFF"))


def tiff(rows: bytes, width: int, bits: int, photometric: int, sample_format: int = 1) -> bytes:
    """Return a little-endian TIFF of gray, in a single strip."""
    height = len(rows) * 8 // bits // (-(-width * bits // 8) * 8 // bits)
    entries = [
        (256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 1), (262, 3, photometric),
        (273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, len(rows)), (339, 3, sample_format),
    ]  # fmt: skip
    directory = struct.pack("<H", len(entries))
    for tag, kind, value in entries:
        directory += struct.pack("<HHI", tag, kind, 1) + struct.pack("<I", value)
    head = struct.pack("<2sHI", b"II", 42, 8 + len(rows))
    return head + rows + directory + bytes(4)


@pytest.mark.parametrize(
    ("rows", "bits", "expected"),
    [
        (b"\x80\x40", 1, [[0] + [255] * 7, [255, 0] + [255] * 6]),
        (b"\x0f\xf0\x78\x87", 4, [[255, 0, 0, 255], [136, 119, 119, 136]]),
        (b"\x00\xff\x10\x20", 8, [[255, 0], [239, 223]]),
        (struct.pack("<4H", 0, 65535, 256, 1), 16, [[65535, 0], [65279, 65534]]),
    ],
)
def test_white_is_zero_in_every_depth(rows: bytes, bits: int, expected: list[list[int]]) -> None:
    width = len(expected[0])
    assert decode(tiff(rows, width, bits, 0)).pixels[..., 0].tolist() == expected
    top = 65535 if bits == 16 else 255
    black_is_zero = decode(tiff(rows, width, bits, 1)).pixels[..., 0]
    assert (top - black_is_zero).tolist() == expected


def test_white_is_zero_of_floats_turns_their_order() -> None:
    data = tiff(struct.pack("<4f", 0, 1, 2, -3), 2, 32, 0, 3)
    assert decode(data).pixels[..., 0].tolist() == [[0, -1], [-2, 3]]


def test_8_bits_with_a_sign_are_no_large_numbers() -> None:
    found = decode(tiff(struct.pack("4b", -1, 0, 1, -128), 2, 8, 1, 2)).pixels
    assert found[..., 0].tolist() == [[-1, 0], [1, -128]]


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
    assert measure(stored(image)).bands == 1


def test_a_colored_palette_does_not_count_as_gray() -> None:
    assert measure(stored(Image.fromarray(RGB).quantize(16))).bands == 3


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


def test_strips_change_no_pixel(monkeypatch) -> None:
    images = [
        Image.fromarray(np.dstack([RGB, GRAY])),
        Image.fromarray(RGB).convert("CMYK"),
        Image.merge("LA", [Image.fromarray(GRAY), Image.fromarray(GRAY.T)]),
    ]
    whole = [pixels(image, "TIFF") for image in images]
    monkeypatch.setattr("cnncli.data.images.modes.STRIP", 50)
    for image, expected in zip(images, whole, strict=True):
        assert np.array_equal(pixels(image, "TIFF"), expected)


def test_pixels_are_contiguous() -> None:
    exif = Image.Exif()
    exif[0x0112] = 7
    assert pixels(Image.fromarray(RGB), exif=exif).flags.c_contiguous
