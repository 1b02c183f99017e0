"""From whatever Pillow finds in a file to arrays, by a rule for each of its pixel modes.

| what the file holds                  | becomes                                               |
| ------------------------------------ | ----------------------------------------------------- |
| 1 bit, 8-bit gray                    | gray, uint8                                           |
| 16 bits of gray, or of opaque RGB    | uint16, of gray or RGB                                |
| 32-bit integers and floats of gray   | float32                                               |
| palette, CMYK, YCbCr, HSV, RGB       | RGB, uint8                                            |
| alpha, transparent palette entries   | uint8, as seen on a white background                  |
| LAB                                  | refused                                               |

Where a TIFF says that zero is white, values are counted down from white: black is zero everywhere.
What 16 bits and floats become then, is in depth.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnncli.data.images.depth import AnyPixels
from cnncli.data.unreadable import RefusedError

GRAY = frozenset({"1", "L", "LA"})
GRAY_16 = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
COLOR = frozenset({"P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV"})
HOLDS_16_IN_32 = frozenset({"PNG", "PPM"})  # formats without 32-bit gray that Pillow may open as I
ORIENTATION = 0x0112  # the Exif tag
PHOTOMETRIC, SAMPLE_FORMAT = 262, 339  # TIFF's tags
METADATA = frozenset({"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"})
SIDEWAYS = frozenset({5, 6, 7, 8})  # orientations that swap height and width
STRIP = 1 << 20  # pixels converted at a time

# How Pillow reads channels of 16 bits, of which it keeps the upper 8, and how it would keep the
# lower 8: as if the bytes stood in the other order.
_LOWER = {"16L": "16B", "16B": "16L", "16N": "16B" if sys.byteorder == "little" else "16L"}


def to_pixels(image: Image.Image, reopen: Callable[[], Image.Image]) -> AnyPixels:
    """Return an image, upright, (height, width, 1 or 3); may raise anything.

    `reopen` returns the same image, not decoded yet.
    """
    rawmode = get_rawmode(image)
    image.load()
    if is_16_bit(image):
        pixels: AnyPixels = np.asarray(image).astype(np.uint16)
        pixels = ~pixels if _has_white_zero(image) else pixels
    elif image.mode in {"I", "F"} or _is_signed(image):
        pixels = _to_floats(image)
    elif image.mode in GRAY or image.mode in COLOR:
        deep = _read_deep_color(image, rawmode, reopen) if is_deep_color(image, rawmode) else None
        pixels = _flatten(image) if deep is None else deep
    else:
        raise RefusedError(f"its pixels are {image.mode}, not gray or RGB", "save it as such")
    return np.ascontiguousarray(turn_upright(np.atleast_3d(pixels), read_orientation(image)))


def count_bands(image: Image.Image) -> int:
    """Return from the header alone how many channels to_pixels gives: 1 of gray, 3 of color."""
    if image.mode == "P":
        return 1 if _has_gray_palette(image) else 3
    return 1 if image.mode in GRAY or is_16_bit(image) or image.mode in {"I", "F"} else 3


def is_8_bit(image: Image.Image) -> bool:
    """Say from the header alone whether to_pixels gives 8 bits (which deep color may, too)."""
    deep = is_16_bit(image) or is_deep_color(image, get_rawmode(image))
    return not deep and image.mode not in {"I", "F"} and not _is_signed(image)


def is_16_bit(image: Image.Image) -> bool:
    """Say whether an image has 16 bits of gray."""
    return image.mode in GRAY_16 or (image.mode == "I" and image.format in HOLDS_16_IN_32)


def is_deep_color(image: Image.Image, rawmode: str) -> bool:
    """Say whether an image has 16 bits of red, green and blue, as it says before it is loaded.

    With a color that counts as transparent, it is read in 8 bits.
    """
    mode, _, order = rawmode.partition(";")
    known = image.mode == mode and mode in {"RGB", "RGBA"} and order in _LOWER
    return known and "transparency" not in image.info


def get_rawmode(image: Image.Image) -> str:
    """Return how Pillow will read an image that is not loaded yet: RGB;16B."""
    tiles = getattr(image, "tile", None)
    arguments = tiles[0].args if tiles else ""
    if isinstance(arguments, tuple):
        arguments = arguments[0] if arguments else ""
    return arguments if isinstance(arguments, str) else ""


def read_orientation(image: Image.Image) -> int:
    """Return the Exif orientation, 1 to 8; 1 where the Exif block is missing or broken.

    It is 1 for a TIFF, too, which Pillow turns by itself.
    """
    if image.format == "TIFF" or METADATA.isdisjoint(image.info):
        return 1
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # a broken block raises what it likes, and says nothing about the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def check_finite(values: NDArray[np.float32]) -> None:
    """Refuse pixels that are not all numbers that can be compared."""
    if not np.isfinite([values.min(), values.max()]).all():
        raise RefusedError("NaN or infinite pixels", "replace them by numbers")


def _read_deep_color(
    image: Image.Image, rawmode: str, reopen: Callable[[], Image.Image]
) -> NDArray[np.uint16] | None:
    """Return 16 bits of RGB, (height, width, 3); None for an image that is not opaque."""
    upper = np.asarray(image)
    again = reopen()
    mode, _, order = rawmode.partition(";")
    lower_mode = f"{mode};{_LOWER[order]}"
    again.tile = [  # type: ignore[attr-defined]
        tile._replace(
            args=(lower_mode, *tile.args[1:]) if isinstance(tile.args, tuple) else lower_mode
        )
        for tile in again.tile  # type: ignore[attr-defined]
    ]
    again.load()
    lower = np.asarray(again)
    if mode == "RGBA" and not (upper[..., 3].min() == lower[..., 3].min() == 255):
        return None
    pixels = upper[..., :3].astype(np.uint16)
    pixels <<= 8
    pixels |= lower[..., :3]
    return pixels


def _to_floats(image: Image.Image) -> NDArray[np.float32]:
    array = np.asarray(image)
    values = (array.view(np.int8) if image.mode == "L" else array).astype(np.float32)
    check_finite(values)
    return -values if _has_white_zero(image) else values


def _has_white_zero(image: Image.Image) -> bool:
    """Say whether zero is white; Pillow counts 8 bits and less down from white by itself."""
    return _get_tag(image, PHOTOMETRIC) == 0


def _is_signed(image: Image.Image) -> bool:
    """Say whether an image has 8 bits with a sign, which Pillow does not look at."""
    return image.mode == "L" and _get_tag(image, SAMPLE_FORMAT) == (2,)


def _get_tag(image: Image.Image, tag: int) -> object:
    return image.tag_v2.get(tag) if image.format == "TIFF" else None  # type: ignore[attr-defined]


def _flatten(image: Image.Image) -> NDArray[np.uint8]:
    """Return gray or RGB, with what is transparent on white, strip by strip."""
    mode = "L" if image.mode in GRAY else "RGB"
    plain = image.mode == mode and not image.has_transparency_data
    if plain and image.width * image.height <= STRIP:
        return np.asarray(image)
    pixels = np.empty((image.height, image.width, len(mode)), np.uint8)
    rows = max(STRIP // image.width, 1)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        if strip.has_transparency_data:
            strip = strip.convert("RGBA")
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip)
        pixels[top : top + rows] = np.atleast_3d(np.asarray(strip.convert(mode)))
    return pixels


def turn_upright(pixels: AnyPixels, turn: int) -> AnyPixels:
    """Return an image (h, w, C) without its Exif orientation (CIPA DC-008, tag 0x0112)."""
    if turn in SIDEWAYS:
        pixels = pixels.transpose(1, 0, 2)
    if turn in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    if turn in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return pixels


def _has_gray_palette(image: Image.Image) -> bool:
    palette = image.palette
    if palette is None:
        return False
    colors, rawmode = bytes(palette.palette), palette.rawmode or palette.mode
    if rawmode not in {"RGB", "RGBA", "BGR", "BGRX", "RGBX"}:
        return False
    step = len(rawmode)
    return colors[0::step] == colors[1::step] == colors[2::step]
