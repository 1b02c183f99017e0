"""How tests look at an augmentation: what it makes of pixels that are their own numbers."""

import numpy as np

from cnncli.augment import Draws
from cnncli.augment.text import read_augmentation
from cnncli.data.images.preprocessing import Preprocessing


def augment(text, image, count=200, epoch=0, seed=0):
    """Return so many variants of an image (H, W), not normalized (count, H, W)."""
    shape = (*image.shape, 1)
    out = np.empty((count, *shape), np.float32)
    read_augmentation(text, shape).prepare(
        Preprocessing(*shape, "none", "none", (1.0,), (0.0,)),
        image.astype(np.uint8)[None, ..., None],
        np.zeros(count, np.int64),
        Draws(seed, epoch, np.arange(count)),
        out,
    )
    return out[..., 0]


def move(text, count=200, height=20, width=30, epoch=0):
    """Return the matrices (count, 3, 3) of an augmentation."""
    draws = Draws(0, epoch, np.arange(count))
    return read_augmentation(text, (height, width, 1)).move(draws, height, width)


def number_pixels(height, width):
    """Return an image whose pixels are counted row by row."""
    return np.arange(height * width).reshape(height, width)
