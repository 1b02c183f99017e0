"""Read a mask: which color each of its pixels has.

| what the file holds                        | the color of a pixel                           |
| ------------------------------------------ | ---------------------------------------------- |
| 1 bit, gray of 8 bits, of 16 up to 255     | its gray level, in all three channels          |
| indices of a palette                       | the one its index has there                    |
| RGB                                        | itself, if there are 64 colors at most         |
| alpha                                      | as without, if no pixel is transparent         |
| JPEG, floats, anything else                | refused                                        |
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnncli.data.images.modes import is_16_bit, read_orientation, turn_upright
from cnncli.data.unreadable import FileError, RefusedError
from cnncli.value import Value

MOST = 64  # classes; more colors are those of a photograph, or of a mask with smoothed edges
GRAYS = np.arange(256) * 0x010101
OPAQUE = {"RGBA": "RGB", "LA": "L"}
NO_MASK = "give masks of gray levels, RGB or a palette, as PNG"

Colors = NDArray[np.int64]  # 0xRRGGBB


class MaskError(FileError):
    """A mask that cannot be used."""

    noun = "mask"


class Mask(Value):
    """A decoded mask, upright: pixels that are numbers, and the color of each number."""

    values: NDArray[np.uint8]  # (H, W)
    colors: Colors  # (256,)
    kind: str  # of the numbers: gray (levels), index (of a palette), color (none of either)

    @property
    def numbers(self) -> list[int]:
        """The numbers that occur."""
        occurring = np.zeros(256, bool)
        occurring[self.values] = True
        return np.flatnonzero(occurring).tolist()

    def turn(self, orientation: int) -> Mask:
        """Return the mask without this Exif orientation."""
        turned: NDArray[np.uint8] = turn_upright(self.values[:, :, None], orientation)[:, :, 0]
        return replace(self, values=np.ascontiguousarray(turned))


def read_mask(image: Image.Image) -> Mask:
    """Return the mask in an image; raise RefusedError for what is none."""
    if image.format in {"JPEG", "MPO"}:
        raise RefusedError("a JPEG, which has changed its colors", "save masks as PNG")
    image.load()
    orientation = read_orientation(image)
    image = _leave_alpha_out(image)
    values, colors, kind = _number_pixels(image)
    return Mask(values, colors, kind).turn(orientation)


def write_color(color: int) -> str:
    """Return a color as people write it: #ff0000."""
    return f"#{color:06x}"


def is_gray(color: int) -> bool:
    """Say whether all three channels of a color are the same."""
    return color == (color & 255) * 0x010101


def join_channels(colors: NDArray[np.uint8]) -> Colors:
    """Return colors (..., 3) as numbers 0xRRGGBB (...)."""
    red, green, blue = (colors[..., channel].astype(np.int64) for channel in range(3))
    joined: Colors = red << 16 | green << 8 | blue
    return joined


def _leave_alpha_out(image: Image.Image) -> Image.Image:
    """Return an image without its alpha channel; raise RefusedError if any of it shows through."""
    if image.mode not in OPAQUE:
        return image
    if image.getchannel("A").getextrema() != (255, 255):
        raise RefusedError("partly transparent", "save masks without transparency")
    return image.convert(OPAQUE[image.mode])


def _number_pixels(image: Image.Image) -> tuple[NDArray[np.uint8], Colors, str]:
    """Return a number for each pixel (H, W), the colors of the numbers, and what they are."""
    if image.mode in {"1", "L"}:
        return np.asarray(image.convert("L")), GRAYS, "gray"
    if image.mode == "P":
        palette = bytes(image.getpalette("RGB") or ()).ljust(768, b"\0")
        colors = join_channels(np.frombuffer(palette, np.uint8).reshape(-1, 3))
        return np.asarray(image), colors, "index"
    if image.mode == "RGB":
        return *_number_colors(image), "color"
    if is_16_bit(image) or image.mode == "I":
        numbers = np.asarray(image)
        low, high = int(numbers.min()), int(numbers.max())
        if low < 0 or high > 255:
            raise RefusedError(
                f"levels from {low} to {high}, and those of a mask are 0 to 255",
                "save a number for each class, not for each object",
            )
        return numbers.astype(np.uint8), GRAYS, "gray"
    raise RefusedError(f"its pixels are {image.mode}", NO_MASK)


def _number_colors(image: Image.Image) -> tuple[NDArray[np.uint8], Colors]:
    """Return a number for each pixel of an RGB image (H, W), and the colors of the numbers."""
    joined = join_channels(np.asarray(image))
    occurring = image.getcolors(MOST)
    if occurring is None:
        raise RefusedError(
            f"{len(np.unique(joined))} colors, each of which would be a class, and {MOST} are "
            "allowed",
            "save masks without smoothed edges, and not as JPEG",
        )
    ordered = join_channels(np.array([color for _, color in occurring], np.uint8))
    ordered.sort()
    colors = np.zeros(256, np.int64)
    colors[: len(ordered)] = ordered
    numbers = np.zeros(1 << 24, np.uint8)  # of all colors, as to search for each takes long
    numbers[ordered] = np.arange(len(ordered))
    return numbers[joined], colors
