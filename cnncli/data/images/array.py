"""An image in a .npy file of its own: (H, W) or (H, W, C) of uint8, uint16, or floats to 1."""

from __future__ import annotations

import numpy as np

from cnncli.data.arrays import load_npy, to_images
from cnncli.data.images.file import Header, Picture
from cnncli.data.unreadable import ImageError
from cnncli.errors import DataError


def decode_array(path: str) -> Picture:
    """Return the pixels of an array; raise ImageError."""
    try:
        return Picture(to_images(load_npy(path)[None], path)[0], False)
    except DataError as error:
        reason, _, remedy = error.fault.partition("; ")
        raise ImageError(path, reason, remedy) from error


def measure_array(path: str) -> Header:
    """Return the size of an array, its bands and its depth; raise ImageError."""
    pixels = decode_array(path).pixels
    height, width, bands = pixels.shape
    return Header(height, width, bands, pixels.dtype == np.uint8)
