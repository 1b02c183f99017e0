"""Masks as pictures: levels as they were in the training masks, or colors laid over the image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

OPACITY = 0.45

# Colors that people with any color vision tell apart: Okabe & Ito 2008, jfly.uni-koeln.de/color.
DISTINCT = (
    (0, 114, 178), (230, 159, 0), (0, 158, 115), (213, 94, 0), (86, 180, 233), (204, 121, 167),
    (240, 228, 66),
)  # fmt: skip


def paint_mask(levels: NDArray[np.uint8], palette: bytes | None) -> Image.Image:
    """Return levels (H, W) as an image whose pixels are these numbers: with a palette, or gray."""
    picture = Image.fromarray(levels)
    if palette:
        picture.putpalette(palette)
    return picture


def overlay(
    pixels: NDArray[np.uint8], classes: NDArray[np.integer], colors: NDArray[np.uint8]
) -> Image.Image:
    """Return an image (H, W, 1 or 3) with the colors (K, 3) of its pixels' classes (H, W) on it."""
    under = np.broadcast_to(pixels, (*pixels.shape[:2], 3)).astype(np.float32)
    mixed = (1 - OPACITY) * under + OPACITY * colors[classes]
    return Image.fromarray(np.rint(mixed).astype(np.uint8))


def choose_colors(
    count: int, levels: tuple[int, ...] = (), palette: bytes | None = None
) -> NDArray[np.uint8]:
    """Return a color (count, 3) for each class: its level's in a palette, else a distinct color."""
    if palette:
        table = np.frombuffer(palette.ljust(768, b"\0"), np.uint8).reshape(-1, 3)
        return table[list(levels)]
    return np.array([_pick_distinct(index) for index in range(count)], np.uint8)


def _pick_distinct(index: int) -> tuple[int, ...]:
    """Return a distinct color; those of the classes behind the first seven are darker."""
    turn, place = divmod(index, len(DISTINCT))
    return tuple(round(channel * 0.75**turn) for channel in DISTINCT[place])
