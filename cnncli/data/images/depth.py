"""From values of more than 8 bits to levels from 0 to 255, in the same way for a whole set.

A camera of 10 or 12 bits writes files of 16, and floats have any range. What becomes white is
learned from the images that are trained on, and kept in the model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnncli.data.unreadable import RefusedError, read_readable
from cnncli.samples import Samples

AnyPixels = NDArray[Any]  # uint8, uint16 or float32 (height, width, C)
Span = tuple[float, float]  # of floats, what becomes 0 and what becomes 255

BLOCK = 1 << 20  # values converted at a time
FAR = 0.25  # of the span of floats


class Extent(NamedTuple):
    """The largest value of 16 bits and the span of floats that occur; None where none do."""

    largest: int | None = None
    span: Span | None = None


def to_8_bits(pixels: AnyPixels, bits: int | None, span: Span | None) -> NDArray[np.uint8]:
    """Return pixels (h, w, C) as levels, uint8 (h, w, C).

    Of values of 16 bits, 2^bits - 1 becomes 255, as does what is above. `bits` None: the range is
    not known; gray is divided by 257, so that 65535 becomes 255, and of color the upper 8 bits are
    taken. Nothing would be left of values up to 255, so RefusedError is raised. Floats are brought
    from `span` to 0 to 255; RefusedError is raised where that is None.
    """
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    levels = np.empty(pixels.shape, np.uint8)
    convert = _choose_conversion(pixels, bits, span)
    rows = max(BLOCK // pixels[0].size, 1)
    for top in range(0, len(pixels), rows):
        levels[top : top + rows] = convert(pixels[top : top + rows])
    return levels


def is_misfit(pixels: AnyPixels, bits: int | None, span: Span | None) -> bool:
    """Say whether values lie beyond the bits, or far beyond the span, that were learned.

    That of floats a few are beyond is no wonder: a quarter of the span is far. Where no bits were
    learned, say whether values of 16 bits fit into 12, which would make them nearly black.
    """
    if pixels.dtype == np.uint16:
        return bool(pixels.max() >> bits) if bits is not None else 0 < pixels.max() < 1 << 12
    if pixels.dtype == np.float32 and span is not None:
        margin = (span[1] - span[0]) * FAR
        return bool(pixels.min() < span[0] - margin or pixels.max() > span[1] + margin)
    return False


def _choose_conversion(
    pixels: AnyPixels, bits: int | None, span: Span | None
) -> Callable[[AnyPixels], NDArray[np.generic]]:
    if pixels.dtype == np.float32:
        if span is None:
            raise RefusedError(
                "its pixels are floats or have 32 bits, and the network was trained on others",
                "bring it to the 8 or 16 bits of those",
            )
        low, high = span
        return lambda block: np.rint(
            np.clip((block.astype(np.float64) - low) / (high - low), 0, 1) * 255
        )
    if bits is None:
        if 0 < pixels.max() <= 255:
            raise RefusedError(
                "its values are 8 bits in 16, and the network was trained on 8", "save it as uint8"
            )
        gray = pixels.shape[2] == 1
        return lambda block: (block.astype(np.uint32) + 128) // 257 if gray else block >> 8
    white = (1 << bits) - 1
    return lambda block: (np.minimum(block, white).astype(np.uint32) * 255 + white // 2) // white


def learn_depth(
    samples: Samples, decode: Callable[[str], AnyPixels], threads: int
) -> tuple[int | None, Span | None, tuple[str, ...]]:
    """Return the bits and the span that to_8_bits needs for these images, and what to say of them.

    `bits` is the least, from 8 to 16, that holds every value of 16 bits. Images that cannot be read
    are left out; DataError where none can be.
    """
    if samples.values is not None:
        extents = [_measure_extent(samples.values)]
    else:
        extents = read_readable(
            samples.where, samples.names, lambda name: _measure_extent(decode(name)), threads
        )
    values = [extent.largest for extent in extents if extent.largest is not None]
    spans = [extent.span for extent in extents if extent.span is not None]
    bits, span, notices = None, None, []
    if values:
        largest = max(values)
        bits = max(largest.bit_length(), 8)
        if bits < 16:
            notices.append(
                f"{samples.where}: images of 16 bits with values up to {largest}, taken as "
                f"{bits} bits: 0 to {(1 << bits) - 1} become levels from 0 to 255"
            )
    if spans:
        low, high = min(low for low, _ in spans), max(high for _, high in spans)
        span = low, high if high > low else low + 1
        notices.append(
            f"{samples.where}: images of floats or 32 bits, of which {low:g} to {high:g} become "
            "levels from 0 to 255"
        )
    return bits, span, tuple(notices)


def _measure_extent(pixels: NDArray[np.generic]) -> Extent:
    if not pixels.size or pixels.dtype == np.uint8:
        return Extent()
    if pixels.dtype == np.uint16:
        return Extent(largest=int(pixels.max()))
    return Extent(span=(float(pixels.min()), float(pixels.max())))
