"""From whatever a file holds to 8-bit gray or RGB, by a rule for each of Pillow's pixel modes.

| what the file holds                  | becomes                                               |
| ------------------------------------ | ----------------------------------------------------- |
| 1 bit, 8-bit gray                    | gray                                                  |
| 16-bit gray                          | gray, divided by 257: 65535 becomes 255               |
| palette, CMYK, YCbCr, HSV, RGB       | RGB (16 bits a channel: Pillow keeps the upper 8)     |
| alpha, transparent palette entries   | the image as seen on a white background               |
| 32-bit integers, floats, LAB         | refused: nobody can know which value would be white   |
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnncli.data.unreadable import RefusedError

GRAY = frozenset({"1", "L", "LA"})
GRAY_16 = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
COLOR = frozenset({"P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV"})
HOLDS_16_IN_32 = frozenset({"PNG", "PPM"})  # formats without 32-bit gray that Pillow may open as I
ORIENTATION = 0x0112  # the Exif tag
METADATA = frozenset({"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"})
SIDEWAYS = frozenset({5, 6, 7, 8})  # orientations that swap height and width


def to_pixels(image: Image.Image) -> NDArray[np.uint8]:
    """Return the first frame, upright, as uint8 (height, width, 1 or 3); may raise anything."""
    image.load()
    sixteen_bit = _is_16_bit(image)
    if sixteen_bit:
        values = np.asarray(image).astype(np.uint32)
        pixels = ((values + 128) // 257).astype(np.uint8)
    elif image.mode in GRAY or image.mode in COLOR:
        pixels = np.asarray(_flatten(image))
    else:
        raise RefusedError(
            f"its pixels are {image.mode}, not 8 or 16 bits of gray or RGB; save it as such"
        )
    return np.ascontiguousarray(_turn_upright(np.atleast_3d(pixels), read_orientation(image)))


def to_levels(image: Image.Image) -> tuple[NDArray[np.uint8], bytes | None]:
    """Return palette indices or gray levels, uint8 (height, width), and the palette as RGB."""
    if image.format in {"JPEG", "MPO"}:
        raise RefusedError("a JPEG, which has changed its levels; save masks as PNG")
    image.load()
    if image.mode not in {"1", "L", "P"}:
        raise RefusedError(f"its pixels are {image.mode}, not 8-bit gray or indices of a palette")
    palette = bytes(image.getpalette("RGB") or ()) if image.mode == "P" else None
    values = np.asarray(image.convert("L") if image.mode == "1" else image)
    upright = _turn_upright(values[:, :, None], read_orientation(image))
    return np.ascontiguousarray(upright[:, :, 0]), palette


def is_gray(image: Image.Image) -> bool:
    """Say from the header alone whether an image has no color."""
    if image.mode == "P":
        return _has_gray_palette(image)
    return image.mode in GRAY or _is_16_bit(image)


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


def _is_16_bit(image: Image.Image) -> bool:
    return image.mode in GRAY_16 or (image.mode == "I" and image.format in HOLDS_16_IN_32)


def _flatten(image: Image.Image) -> Image.Image:
    mode = "L" if image.mode in GRAY else "RGB"
    if not image.has_transparency_data:
        return image if image.mode == mode else image.convert(mode)
    layer = image.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert(mode)


def _turn_upright(pixels: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    """Undo an Exif orientation (CIPA DC-008, tag 0x0112)."""
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
