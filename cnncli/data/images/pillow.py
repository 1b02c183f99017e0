"""Images that Pillow reads: known by their first bytes, opened by the one decoder they need."""

from __future__ import annotations

import contextlib
import re
import struct
from importlib import import_module
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from cnncli.data.images import modes, size
from cnncli.data.images.depth import AnyPixels
from cnncli.data.images.mask import Mask, read_mask
from cnncli.data.images.pages import count_pages
from cnncli.data.quiet import silence_libtiff
from cnncli.data.unreadable import RefusedError

DECODERS = {  # of Pillow, by the first byte of what they read
    b"\xff": "Jpeg", b"\x89": "Png", b"B": "Bmp", b"G": "Gif", b"I": "Tiff", b"M": "Tiff",
    b"R": "WebP", b"P": "Ppm",
}  # fmt: skip
OTHER_TIFF = (  # what Pillow says of sound files, the last of bands in planes of their own
    "unknown pixel mode", "Invalid value for samples per pixel", "string index out of range",
)  # fmt: skip
SIDES, BITS, PLANES = (256, 257), 258, 284  # TIFF's tags; the sides are width and height
ANIMATED = 2  # of the flags of a WebP
NOT_SUPPORTED = re.compile("unsupported|not supported|unknown|cannot handle|unrecognized", re.I)


class OtherTiffError(Exception):
    """A TIFF whose pixels Pillow has no mode for."""


class PillowImage:
    """An image whose header Pillow has read, at one of its pages."""

    def __init__(self, file: BinaryIO, page: int = 0) -> None:
        """Raise RefusedError where there is no such page, OtherTiffError, what Pillow raises."""
        self.file, self.page = file, page
        self.image = self._open()
        if self.image.format == "TIFF":
            _check_tiff(self.image)

    def _open(self) -> Image.Image:
        self.file.seek(0)
        image = _identify(self.file)
        if self.page:
            try:
                image.seek(self.page)
            except EOFError as error:
                raise RefusedError(f"it has no page {self.page + 1}") from error
        return image

    def close(self) -> None:
        self.image.close()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height and width once upright, and bands: 1 or 3."""
        width, height = self.image.size
        if modes.read_orientation(self.image) in modes.SIDEWAYS:
            height, width = width, height
        return height, width, modes.count_bands(self.image)

    @property
    def is_8_bit(self) -> bool:
        return modes.is_8_bit(self.image)

    @property
    def pixel_bytes(self) -> int:
        """What decoding takes for each pixel."""
        if modes.is_deep_color(self.image, modes.get_rawmode(self.image)):
            return size.DEEP_COLOR
        if self.image.mode in {"I", "F"} or "progressive" in self.image.info:
            return size.WIDE
        return size.WEBP if self.image.format == "WEBP" else size.ORDINARY

    @property
    def has_more(self) -> bool:
        """Whether there are other frames or pages than this one."""
        # A photograph may carry its own preview as a second frame (MPO): nothing is missed there.
        return bool(getattr(self.image, "is_animated", False)) and self.image.format != "MPO"

    def count_pages(self) -> int:
        """Return the pages of a TIFF; 1 for anything else, an animation too."""
        return count_pages(self.file) if self.image.format == "TIFF" else 1

    def read(self) -> AnyPixels:
        """Return the pixels, upright, (height, width, 1 or 3)."""
        return modes.to_pixels(self.image, self._open)

    @property
    def orientation(self) -> int:
        return modes.read_orientation(self.image)

    def read_mask(self) -> Mask:
        """Return the pixels as numbers of few colors."""
        return read_mask(self.image)


def read_webp_size(head: bytes) -> tuple[int, int, int] | None:
    """Return height, width and bytes a pixel of a WebP, which takes them before Pillow can look.

    https://developers.google.com/speed/webp/docs/riff_container. None for anything else.
    """
    if len(head) < 30 or head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return None
    if head[12:16] == b"VP8X":
        canvas = int.from_bytes(head[24:30], "little")
        pixel_bytes = size.ANIMATION if head[20] & ANIMATED else size.WEBP
        return (canvas >> 24) + 1, (canvas & 0xFFFFFF) + 1, pixel_bytes
    if head[12:16] == b"VP8L":
        packed = int.from_bytes(head[21:25], "little")
        return (packed >> 14 & 0x3FFF) + 1, (packed & 0x3FFF) + 1, size.WEBP
    packed = int.from_bytes(head[26:30], "little")
    return packed >> 16 & 0x3FFF, packed & 0x3FFF, size.WEBP


def _identify(file: BinaryIO) -> Image.Image:
    """Return an image as `Image.open` does, which would import all decoders to ask each of them."""
    head = file.read(16)
    file.seek(0)
    name = DECODERS.get(head[:1])
    if name is None:
        raise UnidentifiedImageError
    import_module(f"PIL.{name}ImagePlugin")
    if name == "Tiff":
        silence_libtiff()
    factory, accepts = Image.OPEN[name.upper()]
    if accepts is None or accepts(head) is not True:
        raise UnidentifiedImageError
    with contextlib.suppress(IndexError, TypeError, struct.error):
        try:
            return factory(file, "")
        except SyntaxError as error:
            _word_syntax_error(name, str(error))
    raise UnidentifiedImageError


def _word_syntax_error(name: str, text: str) -> None:
    """Raise what a decoder means that has understood a header, but cannot read what it promises."""
    if name == "Tiff" and (text in OTHER_TIFF or text.isdigit()):  # the number of a compression
        raise OtherTiffError
    if NOT_SUPPORTED.search(text):
        raise RefusedError(f"not supported: {text[:60]}", "save it as PNG")


def _check_tiff(image: Image.Image) -> None:
    """Raise OtherTiffError for bands that Pillow drops, as they are neither color nor alpha.

    And for planes of 16 bits, which it reads as 8.

    Raises RefusedError where parts are missing, which Pillow would leave black.
    """
    rawmode = modes.get_rawmode(image).partition(";")[0]
    if "X" in rawmode and "CMYK" not in rawmode:
        raise OtherTiffError
    planes = image.tag_v2.get(PLANES) == 2  # type: ignore[attr-defined]
    if planes and max(image.tag_v2[BITS]) > 8:  # type: ignore[attr-defined]
        raise OtherTiffError
    width, height = (image.tag_v2[side] for side in SIDES)  # type: ignore[attr-defined]
    extents = [tile.extents for tile in image.tile]  # type: ignore[attr-defined]
    area = sum((right - left) * (lower - upper) for left, upper, right, lower in extents)
    if area < width * height:
        raise RefusedError(f"truncated: {area} of {width * height} pixels are there")
