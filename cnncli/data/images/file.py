"""Open an image file: what is accepted, how much of it, and what is wrong with it in words."""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
from collections.abc import Callable
from typing import BinaryIO, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cnncli.data.images import size
from cnncli.data.images.depth import AnyPixels
from cnncli.data.images.foreign import LENGTH, find_foreign_format
from cnncli.data.images.mask import Mask, MaskError
from cnncli.data.images.pillow import NOT_SUPPORTED, OtherTiffError, PillowImage, read_webp_size
from cnncli.data.quiet import quiet
from cnncli.data.unreadable import FileError, ImageError, RefusedError

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
EXTENSIONS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
    | {".ppm", ".pgm", ".pbm", ".pnm", ".fits", ".fit", ".fts"}
)
STACKS = frozenset({".tif", ".tiff", ".fits", ".fit", ".fts"})  # of files that may have pages
PAGE = re.compile(r"(.+\.(?:tiff?|fits?|fts))\[(\d{1,6})\]", re.IGNORECASE | re.DOTALL)
MAX_STDIN = 1 << 29  # bytes of an image or signal on stdin

Pixels = NDArray[np.uint8]  # (height, width, C)
Result = TypeVar("Result")


class Picture(NamedTuple):
    """A decoded image."""

    pixels: AnyPixels  # (height, width, 1 or 3, or as many bands as it has)
    frames_left_out: bool  # of an animation or of a file of several pages only one is used

    @property
    def notice(self) -> str:
        """What there is to say where it is answered."""
        return "only the first frame or page is used" if self.frames_left_out else ""


class Header(NamedTuple):
    """What is known of an image before it is decoded."""

    height: int
    width: int
    bands: int  # 1 of gray, 3 of color, others of images that are neither
    is_8_bit: bool = True


class Opened(Protocol):
    """An image file whose header has been read, at one of its pages; it may raise anything."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and bands."""

    @property
    def is_8_bit(self) -> bool:
        """Whether its values are levels from 0 to 255."""

    @property
    def pixel_bytes(self) -> int:
        """What decoding takes for each pixel."""

    @property
    def has_more(self) -> bool:
        """Whether there are other frames or pages than this one."""

    def count_pages(self) -> int:
        """Return how many pages there are; 1 for an animation."""

    def read(self) -> AnyPixels:
        """Return the pixels."""

    @property
    def orientation(self) -> int:
        """What its Exif says and `read` undoes, 1 to 8."""

    def read_mask(self) -> Mask:
        """Return the pixels as numbers of few colors; refuse other pixels."""

    def close(self) -> None:
        """Let go of what has been read."""


def decode(source: str | bytes, page: int = 0) -> Picture:
    """Return the pixels of an image file, given by its path or its bytes; raise ImageError.

    `page` counts the pages of a TIFF or FITS file, from 0. A path may name the page itself, as
    ImageMagick writes it: stack.tif[3].
    """
    named = isinstance(source, str) and split_page(source)[0] != source
    return _with_image(
        source, page, lambda image: Picture(image.read(), image.has_more and not named)
    )


def decode_mask(source: str, page: int = 0) -> Mask:
    """Return the mask in an image file; raise MaskError."""
    return _with_image(source, page, lambda image: image.read_mask(), MaskError)


def measure(source: str | bytes) -> Header:
    """Return the size of an image once upright, its bands and its depth; raise ImageError."""
    return _with_image(source, 0, lambda image: Header(*image.shape, image.is_8_bit))


def measure_turn(source: str, page: int = 0) -> int:
    """Return the Exif orientation of an image that `decode` undoes, 1 to 8; raise ImageError."""
    return _with_image(source, page, lambda image: image.orientation)


def count_pages(source: str | bytes) -> int:
    """Return the pages of a TIFF or FITS file, each of which `decode` reads; 1 for other images.

    The frames of an animation are no pages. Raises ImageError.
    """
    return _with_image(source, 0, lambda image: image.count_pages())


def split_page(name: str) -> tuple[str, int]:
    """Return the path and the page of a name such as stack.tif[3]; 0 where it names none."""
    match = PAGE.fullmatch(name)
    if match is None or os.path.lexists(name):
        return name, 0
    return match[1], int(match[2])


def list_pages(path: str) -> list[str]:
    """Return the name of each page of a file of several, else the path; raise ImageError."""
    extension = os.path.splitext(path)[1].lower()  # noqa: PTH122 - pathlib takes its time
    pages = count_pages(path) if extension in STACKS else 1
    return [f"{path}[{page}]" for page in range(pages)] if pages > 1 else [path]


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


def _with_image(
    source: str | bytes,
    page: int,
    work: Callable[[Opened], Result],
    fault: type[FileError] = ImageError,
) -> Result:
    name = source if isinstance(source, str) else "-"
    if isinstance(source, str) and not page:
        source, page = split_page(source)
    try:
        with quiet, _open(source) as file:
            head = file.read(LENGTH)
            webp = read_webp_size(head)
            with (
                size.admit(*webp) if webp else contextlib.nullcontext(),
                contextlib.closing(_choose_reader(file, head, page)) as image,
            ):
                height, width, _ = image.shape
                with size.admit(height, width, image.pixel_bytes):
                    return work(image)
    except FileNotFoundError as error:
        reason = "a link to nothing" if os.path.lexists(name) else "no such file"
        raise fault(name, reason, "check the path") from error
    except RefusedError as error:
        raise fault(name, str(error), error.remedy) from error
    except Exception as error:  # a decoder fed with rubbish raises what it likes
        raise fault(name, _word_reason(name, error)) from error


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


def _choose_reader(file: BinaryIO, head: bytes, page: int) -> Opened:
    """Open a page by what reads it: Pillow, or a library that is an extra."""
    if head.startswith(b"SIMPLE  ="):
        from cnncli.data.images.fits import FitsImage

        return FitsImage(file, page)
    try:
        return PillowImage(file, page)
    except OtherTiffError:
        from cnncli.data.images.tiff import TiffPage

        return TiffPage(file, page)
    except UnidentifiedImageError as error:
        foreign = find_foreign_format(head)
        if foreign is None:
            raise
        raise RefusedError(f"{foreign}, which is not read", "save it as PNG or JPEG") from error


def _word_reason(name: str, error: Exception) -> str:
    match error:
        case RefusedError():
            return str(error)
        case IsADirectoryError():
            return "a folder"
        case UnidentifiedImageError():
            return f"not {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, or its header is damaged"
        case Image.DecompressionBombError():
            return "more pixels than Pillow decodes"
        case MemoryError():
            return "too large for the memory"
        case OSError() if error.strerror:
            return error.strerror.lower()
    text = " ".join(str(error).replace(name, "").split())[:100]
    if "truncated" in text.lower():
        return "truncated"
    if NOT_SUPPORTED.search(text):
        return f"not supported: {text}"
    return f"damaged: {text or 'no pixels'}"
