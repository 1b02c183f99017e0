from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, UnidentifiedImageError

from cnncli.data.images import size
from cnncli.data.images.pillow import PillowImage, read_webp_size


def stored(image: Image.Image, kind: str, **options: object) -> io.BytesIO:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data


@pytest.mark.parametrize(
    ("options", "pixel_bytes"),
    [
        ({"lossless": True}, size.WEBP),
        ({"quality": 50}, size.WEBP),
        ({"save_all": True, "append_images": [Image.new("RGB", (7, 5))]}, size.ANIMATION),
    ],
    ids=["lossless", "lossy", "animated"],
)
def test_the_head_of_a_webp_tells_its_size(options: dict[str, object], pixel_bytes: int) -> None:
    head = stored(Image.new("RGB", (7, 5), "red"), "WEBP", **options).getvalue()[:30]
    assert read_webp_size(head) == (5, 7, pixel_bytes)


@pytest.mark.parametrize("head", [b"", b"RIFF", b"RIFF\0\0\0\0WAVEfmt " + bytes(20)])
def test_the_head_of_anything_else_is_no_webp(head: bytes) -> None:
    assert read_webp_size(head) is None


@pytest.mark.parametrize(
    ("mode", "kind", "options", "pixel_bytes"),
    [
        ("L", "PNG", {}, size.ORDINARY),
        ("RGB", "JPEG", {}, size.ORDINARY),
        ("RGB", "JPEG", {"progressive": True}, size.WIDE),
        ("F", "TIFF", {}, size.WIDE),
        ("I;16", "PNG", {}, size.ORDINARY),
    ],
)
def test_what_decoding_takes_depends_on_the_way(mode, kind, options, pixel_bytes) -> None:
    image = PillowImage(stored(Image.new(mode, (7, 5)), kind, **options))
    assert image.pixel_bytes == pixel_bytes
    assert image.shape == (5, 7, 3 if mode == "RGB" else 1)


def test_16_bits_of_color_are_decoded_twice() -> None:
    header = b"IHDR" + struct.pack(">IIBBBBB", 7, 5, 16, 2, 0, 0, 0)
    chunks = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    chunks += struct.pack(">I4sI", 0, b"IDAT", zlib.crc32(b"IDAT"))
    image = PillowImage(io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunks))
    assert (image.pixel_bytes, image.is_8_bit) == (size.DEEP_COLOR, False)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG but not really", b"II*\0"])
def test_what_pillow_does_not_know_is_not_identified(data: bytes) -> None:
    with pytest.raises(UnidentifiedImageError):
        PillowImage(io.BytesIO(data))
