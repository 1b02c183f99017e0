"""Pictures out of characters: two pixels in each, an upper and a lower."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnncli.render.colors import LUMA, Pixels

Depth = Literal["truecolor", "256", "none"]  # the colors a terminal has

UPPER_HALF, RESET = "▀", "\x1b[0m"
SHADES = " ░▒▓█"
LIGHTER = (0.06, 0.42, 0.58, 0.85)  # where the next shade begins; the middle shade is zero and near
CUBE = np.array([0, 95, 135, 175, 215, 255])  # xterm's 6x6x6 colors, numbers 16 to 231
GRAYS = np.arange(8, 248, 10)  # and its grays, numbers 232 to 255


def draw_blocks(pixels: Pixels, depth: Depth) -> list[str]:
    """Return a picture (height, width, 3) as lines of text, each of them two rows of pixels.

    Without color a character is as full as its two pixels are light.
    """
    if depth == "none":
        return _shade(pixels)
    name = _name_rgb if depth == "truecolor" else _name_nearest
    return [
        _draw_line(top, pixels[2 * row + 1] if 2 * row + 1 < len(pixels) else None, name)
        for row, top in enumerate(pixels[::2])
    ]


def paint_text(text: str, color: tuple[int, ...], depth: Depth) -> str:
    """Return a text in a color (red, green, blue), where there is color."""
    if depth == "none":
        return text
    name = _name_rgb if depth == "truecolor" else _name_nearest
    return f"\x1b[38;{name(np.array(color))}m{text}{RESET}"


def _shade(pixels: Pixels) -> list[str]:
    light = pixels @ np.array(LUMA) / 255
    odd = light[-1:] if len(light) % 2 else light[:0]
    pairs = np.concatenate([light, odd]).reshape(-1, 2, light.shape[1]).mean(axis=1)
    return ["".join(SHADES[level] for level in row) for row in np.digitize(pairs, LIGHTER)]


def _draw_line(top: Pixels, bottom: Pixels | None, name: Callable[[NDArray[np.uint8]], str]) -> str:
    text, last = "", ""
    for column, upper in enumerate(top):
        below = "49" if bottom is None else f"48;{name(bottom[column])}"
        color = f"\x1b[38;{name(upper)};{below}m"
        text += (color if color != last else "") + UPPER_HALF
        last = color
    return text + RESET


def _name_rgb(pixel: NDArray[np.uint8]) -> str:
    return "2;" + ";".join(map(str, pixel))


def _name_nearest(pixel: NDArray[np.uint8]) -> str:
    color = pixel.astype(int)
    steps = np.abs(CUBE[:, None] - color).argmin(axis=0)
    gray = int(np.abs(GRAYS - color.mean()).argmin())
    if np.square(GRAYS[gray] - color).sum() < np.square(CUBE[steps] - color).sum():
        return f"5;{232 + gray}"
    return f"5;{16 + steps @ (36, 6, 1)}"
