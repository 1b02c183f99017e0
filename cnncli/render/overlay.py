"""Maps laid over the image that they are about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnncli.render.colors import LUMA, Numbers, Pixels, Scale, show_bands

STRONG = 0.9  # opacity of the end of the scale farthest from zero


def lay_over(image: NDArray[np.uint8], map_: Numbers, scale: Scale) -> Pixels:
    """Return the colors (H, W, 3) of a map (H, W) over an image (H, W, C), which is gray below it.

    So every color comes from the map, and the image's own cannot pass for one. The farther from
    zero, the less of the image shows through; where the map is zero, it is the image.
    """
    gray = show_bands(image) @ np.array(LUMA, np.float32)
    size = np.abs(np.nan_to_num(map_, nan=scale.high)) / max(-scale.low, scale.high)
    opacity = STRONG * np.minimum(size, 1)[..., None]
    mixed = (1 - opacity) * gray[..., None] + opacity * scale.paint(map_)
    return np.rint(mixed).astype(np.uint8)


def spread(maps: Numbers, rows: Numbers, columns: Numbers, size: tuple[int, int]) -> Numbers:
    """Return maps (n, h, w) at each pixel of an image of this size (height, width), bilinearly.

    `rows` (h,) and `columns` (w,) say where in the image, in pixels, the positions of the maps lie.
    Beyond the outermost a map stays as it is there.
    """
    return _spread(_spread(maps, rows, size[0], 1), columns, size[1], 2)


def _spread(values: Numbers, places: Numbers, length: int, axis: int) -> NDArray[np.float64]:
    """Return values at n places along an axis at each of `length` pixels."""
    position = np.interp(np.arange(length), places, np.arange(len(places)))
    before, after = (limit(position).astype(np.int64) for limit in (np.floor, np.ceil))
    shape = [1] * values.ndim
    shape[axis] = length
    share = (position - before).reshape(shape)
    mixed: NDArray[np.float64] = values.take(before, axis) * (1 - share)
    return mixed + values.take(after, axis) * share
