"""Pictures of a few pixels made large, and large ones made to fit."""

from __future__ import annotations

import numpy as np
from PIL import Image

from cnncli.render.colors import Pixels


def enlarge(pixels: Pixels, rows: int, columns: int) -> Pixels:
    """Return each pixel as a block of so many rows and columns."""
    return np.repeat(np.repeat(pixels, rows, axis=0), columns, axis=1)


def resize(pixels: Pixels, height: int, width: int) -> Pixels:
    """Return the picture in this size: whole pixels where it grows, means where it shrinks."""
    image = Image.fromarray(pixels)
    return np.asarray(image.resize((width, height), Image.Resampling.BOX))


def fit(pixels: Pixels, side: int) -> Pixels:
    """Return the picture enlarged by whole pixels, or made smaller, to at most this side."""
    height, width, _ = pixels.shape
    times = side // max(height, width)
    if times:
        return enlarge(pixels, times, times)
    share = side / max(height, width)
    return resize(pixels, max(1, round(height * share)), max(1, round(width * share)))
