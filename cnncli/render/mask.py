"""Masks as pictures: levels as they were in the training masks, or colors laid over the image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnncli.render.colors import pick_distinct, show_bands
from cnncli.render.text import INK, LABEL, PAPER, measure_text, shorten, write

OPACITY = 0.45
STRIP = 256  # rows that are mixed at a time
SMALLEST = 50  # letters of this share of an image's longer side can be read
LONGEST = 24  # letters' widths in the name of a class


def paint_mask(levels: NDArray[np.uint8], palette: bytes | None) -> Image.Image:
    """Return levels (H, W) as an image whose pixels are these numbers: with a palette, or gray."""
    picture = Image.fromarray(levels)
    if palette:
        picture.putpalette(palette)
    return picture


def overlay(
    pixels: NDArray[np.uint8], classes: NDArray[np.integer], colors: NDArray[np.uint8]
) -> Image.Image:
    """Return an image (H, W, C) with the colors (K, 3) of its pixels' classes (H, W) on it."""
    mixed = np.empty((*pixels.shape[:2], 3), np.uint8)
    for top in range(0, len(mixed), STRIP):  # numbers with fractions take several times the room
        rows = slice(top, top + STRIP)
        under = (1 - OPACITY) * show_bands(pixels[rows]).astype(np.float32)
        mixed[rows] = np.rint(under + OPACITY * colors[classes[rows]])
    return Image.fromarray(mixed)


def add_legend(
    picture: Image.Image, entries: Sequence[tuple[str, NDArray[np.uint8]]], margin: int = 0
) -> Image.Image:
    """Return a picture with a square in its color and a name for each entry, on paper below it.

    On a page with a margin they keep to it, in letters as large as its labels.
    """
    size = LABEL if margin else max(LABEL, max(picture.size) // SMALLEST)
    left = margin or size // 2
    names = [(shorten(name, LONGEST * size, size), color) for name, color in entries]
    widths = [2 * size + measure_text(name, size) for name, _ in names]
    width = max(picture.width, *(left + entry + left for entry in widths))
    places: list[tuple[int, int]] = []
    x, y = left, picture.height + size // 2
    for entry in widths:
        if x + entry > width and places:
            x, y = left, y + 2 * size
        places.append((x, y))
        x += entry + size
    page = Image.new("RGB", (width, y + 2 * size), PAPER)
    page.paste(picture, (0, 0))
    draw = ImageDraw.Draw(page)
    for (name, color), (x, y) in zip(names, places, strict=True):
        fill = tuple(color.tolist())
        draw.rectangle((x, y, x + size - 1, y + size - 1), fill=fill, outline=INK)
        write(page, x + 1.5 * size, y, name, size, INK, align=0)
    return page


def choose_colors(
    count: int, levels: tuple[int, ...] = (), palette: bytes | None = None
) -> NDArray[np.uint8]:
    """Return a color (count, 3) for each class: its level's in a palette, else a distinct color."""
    if palette:
        table = np.frombuffer(palette.ljust(768, b"\0"), np.uint8).reshape(-1, 3)
        return table[list(levels)]
    return np.array([pick_distinct(index) for index in range(count)], np.uint8)
