"""Open an image file: what is accepted, how much of it, and what is wrong with it in words."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import struct
from collections.abc import Callable
from importlib import import_module
from typing import BinaryIO, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cnncli.data.images.modes import (
    SIDEWAYS,
    is_gray,
    read_orientation,
    to_levels,
    to_pixels,
)
from cnncli.data.quiet import quiet
from cnncli.data.unreadable import FileError, ImageError, RefusedError

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
DECODERS = {  # of Pillow, by the first byte of what they read
    b"\xff": "Jpeg", b"\x89": "Png", b"B": "Bmp", b"G": "Gif", b"I": "Tiff", b"M": "Tiff",
    b"R": "WebP", b"P": "Ppm",
}  # fmt: skip
EXTENSIONS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
    | {".ppm", ".pgm", ".pbm", ".pnm"}
)
MAX_PIXELS = 64_000_000  # of an image, as its header says
MAX_STDIN = 1 << 29  # bytes of an image or signal on stdin

Pixels = NDArray[np.uint8]  # (height, width, 1 or 3)
Result = TypeVar("Result")


class Picture(NamedTuple):
    """A decoded image."""

    pixels: Pixels
    frames_left_out: bool  # of an animation or of a file of several pages only the first is used


class Levels(NamedTuple):
    """An image whose pixels are numbers rather than colors."""

    values: NDArray[np.uint8]  # (height, width)
    palette: bytes | None  # red, green, blue of each number; None where it is gray


class Header(NamedTuple):
    """What is known of an image before it is decoded."""

    height: int
    width: int
    gray: bool


def decode(source: str | bytes) -> Picture:
    """Return the pixels of an image file, given by its path or its bytes; raise ImageError."""
    return _with_image(source, _read_picture)


def decode_levels(source: str) -> Levels:
    """Return the gray levels or palette indices of an image file; raise ImageError."""
    return _with_image(source, lambda image: Levels(*to_levels(image)))


def measure(source: str | bytes) -> Header:
    """Return the size of an image once upright, and whether it is gray; raise ImageError."""
    return _with_image(source, _read_header)


def read_stdin(fault: type[FileError] = ImageError) -> bytes:
    """Return the bytes of the image, or of what else is expected, on stdin; raise its error."""
    remedy = f"give one {fault.noun} on stdin"
    try:
        with io.FileIO(0, closefd=False) as raw:
            data = io.BufferedReader(raw).read(MAX_STDIN + 1)
    except OSError as error:
        raise fault("-", _word_reason("-", error), remedy) from error
    if not data:
        raise fault("-", "nothing on stdin", remedy)
    if len(data) > MAX_STDIN:
        raise fault("-", "more than 512 MB on stdin", remedy)
    return data


def _read_picture(image: Image.Image) -> Picture:
    # A photograph may carry its own preview as a second frame (MPO): nothing is missed there.
    several = bool(getattr(image, "is_animated", False)) and image.format != "MPO"
    return Picture(to_pixels(image), several)


def _read_header(image: Image.Image) -> Header:
    width, height = image.size
    if read_orientation(image) in SIDEWAYS:
        height, width = width, height
    return Header(height, width, is_gray(image))


def _with_image(source: str | bytes, work: Callable[[Image.Image], Result]) -> Result:
    name = source if isinstance(source, str) else "-"
    try:
        with quiet, _open(source) as file, _identify(file) as image:
            _check_size(*image.size)
            return work(image)
    except FileNotFoundError as error:
        reason = "a link to nothing" if os.path.lexists(name) else "no such file"
        raise ImageError(name, reason, "check the path") from error
    except Exception as error:  # a decoder fed with rubbish raises what it likes
        raise ImageError(name, _word_reason(name, error)) from error


def _open(source: str | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    file = open(source, "rb", opener=_open_at_once)  # noqa: SIM115 - the caller closes it
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise RefusedError("a pipe or a device, not a file")


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # which does not wait for the writer of a pipe


def _identify(file: BinaryIO) -> Image.Image:
    """Return an image as `Image.open` does, which would import all decoders to ask each of them."""
    head = file.read(30)
    file.seek(0)
    _check_size(*_read_webp_size(head))
    name = DECODERS.get(head[:1])
    if name is not None:
        import_module(f"PIL.{name}ImagePlugin")
        factory, accepts = Image.OPEN[name.upper()]
        with contextlib.suppress(SyntaxError, IndexError, TypeError, struct.error):
            if accepts is not None and accepts(head[:16]) is True:
                return factory(file, "")
    raise UnidentifiedImageError


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise RefusedError(f"{height}x{width} is more than {MAX_PIXELS // 10**6} megapixels")
    if width < 1 or height < 1:
        raise RefusedError(f"{height}x{width} is no size")


def _read_webp_size(head: bytes) -> tuple[int, int]:
    """Return width and height of a WebP, whose decoder takes its memory before Pillow can look.

    https://developers.google.com/speed/webp/docs/riff_container. (1, 1) for anything else.
    """
    if len(head) < 30 or head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return 1, 1
    if head[12:16] == b"VP8X":
        canvas = int.from_bytes(head[24:30], "little")
        return (canvas & 0xFFFFFF) + 1, (canvas >> 24) + 1
    if head[12:16] == b"VP8L":
        packed = int.from_bytes(head[21:25], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    packed = int.from_bytes(head[26:30], "little")
    return packed & 0x3FFF, packed >> 16 & 0x3FFF


def _word_reason(name: str, error: Exception) -> str:
    match error:
        case RefusedError():
            return str(error)
        case IsADirectoryError():
            return "a folder"
        case UnidentifiedImageError():
            return f"not {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, or its header is damaged"
        case Image.DecompressionBombError():
            return f"more than {MAX_PIXELS // 10**6} megapixels"
        case MemoryError():
            return "too large for the memory"
        case OSError() if error.strerror:
            return error.strerror.lower()
    text = " ".join(str(error).replace(name, "").split())[:100]
    return "truncated" if "truncated" in text.lower() else f"damaged: {text or 'no pixels'}"
