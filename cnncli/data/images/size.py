"""What an image takes to be decoded, known from its header: refused above a bound, much in turn."""

from __future__ import annotations

import contextlib
import threading
from contextlib import AbstractContextManager

from cnncli.allowance import find_excess
from cnncli.data.unreadable import RefusedError

USUAL = 512 << 20  # bytes, where users do not allow more: 67 megapixels of 8 bytes
LARGE = 64 << 20  # bytes; images that take more are decoded one after the other

# Bytes for each pixel: what decoders work in, Pillow's image and the array made of it.
ORDINARY = 8
WIDE = 16  # 32 bits a channel, or all coefficients of a progressive JPEG
DEEP_COLOR = 24  # 16 bits a channel, decoded twice
WEBP = 24  # whose decoder keeps two canvases and a copy
ANIMATION = 48  # of a WebP, whose canvas is whatever a header of a few bytes says

_turn = threading.RLock()  # which a thread that has it may take again
_at_once = contextlib.nullcontext()


def admit(height: int, width: int, pixel_bytes: int) -> AbstractContextManager[object]:
    """Return what to hold while an image of this size is decoded: a large one waits for its turn.

    `pixel_bytes` are those that decoding takes for each pixel. Raises RefusedError where it is too
    large.
    """
    if height < 1 or width < 1:
        raise RefusedError(f"{height}x{width} is no size")
    needed = height * width * pixel_bytes
    if excess := find_excess(needed, USUAL):
        fault, remedy = excess
        megapixels = height * width / 1e6
        raise RefusedError(f"{height}x{width}, {megapixels:.0f} megapixels, {fault}", remedy)
    return _turn if needed > LARGE else _at_once
