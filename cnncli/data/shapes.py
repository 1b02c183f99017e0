"""What arrays of numbers are, images or signals, by their shapes and values.

A shape alone does not say it. What is decided here is said to people, with the way to the other
meaning; what cannot be decided is refused.

| array                                          | is taken as                              |
| ---------------------------------------------- | ---------------------------------------- |
| x (N, L) of gray levels, L a square            | images, row after row (MNIST's 784)      |
| x (N, L), otherwise                            | signals                                  |
| x (N, L, C), L at least 4 C; uint8: C is 1     | signals                                  |
| x (N, H, W) or (N, H, W, C)                    | images                                   |
| one in a file: (H, W, C), or (H, W) of levels  | an image                                 |
| one in a file: (L,), or (L, C) otherwise       | a signal                                 |

Gray levels are whole numbers from 0 to 255, or these divided by 255.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cnncli.data.arrays import BLOCK, AnyArray, load_npy, load_x, to_images
from cnncli.data.delimited import DELIMITERS
from cnncli.data.endings import TABLES, get_suffix, name_sample
from cnncli.data.images.depth import AnyPixels
from cnncli.data.signals.table import read_table
from cnncli.data.unreadable import RefusedError
from cnncli.errors import DataError

SMALLEST_SIDE = 8  # of an image that nothing but its levels tells from a signal
LONG = 4  # times as many samples as channels make a signal
ALONE = (1, 3, 4)  # channels that tell an image by itself from gray images one after the other
TOLERANCE = 0.15  # of a level that was divided by 255, in float16, too

Shape = tuple[int, ...]


def are_signals(array: AnyArray) -> bool:
    """Say whether an array holds signals, (N, L) or (N, L, C), and not images."""
    if array.ndim != 3:
        return array.ndim == 2
    _, length, channels = array.shape
    return length >= LONG * channels and (array.dtype != np.uint8 or channels == 1)


def unflatten(
    array: AnyArray, where: str, smallest: int = SMALLEST_SIDE
) -> tuple[AnyArray, tuple[str, ...]]:
    """Return rows of gray levels (N, L) as images (N, side, side), any other array as it is.

    With it comes what there is to say of the choice. Sides below the `smallest` are none.
    """
    if array.ndim != 2:
        return array, ()
    length = array.shape[1]
    side, color_side = math.isqrt(length), math.isqrt(length // 3)
    choice = f"{where}: rows of {length} numbers are taken as "
    if side**2 == length and side >= smallest:
        if not are_gray_levels(array):
            return array, (f"{choice}signals; images have the shape (N, {side}, {side})",)
        notice = f"{choice}images of {side}x{side}x1; signals have the shape (N, {length}, 1)"
        return _to_levels(array).reshape(-1, side, side), (notice,)
    if 3 * color_side**2 == length and array.dtype == np.uint8:
        shape = f"(N, {color_side}, {color_side}, 3)"
        return array, (f"{choice}signals; images in color have the shape {shape}",)
    return array, ()


def are_gray_levels(array: AnyArray) -> bool:
    """Say whether all numbers are whole ones from 0 to 255, or such divided by 255."""
    if array.dtype.kind not in "iuf" or not array.size:
        return False
    if not (array.min() >= 0 and array.max() <= 255):  # for NaN, too
        return False
    if array.dtype.kind != "f":
        return True
    factor, tolerance = (255, TOLERANCE) if _are_divided(array) else (1, 0)
    step = max(BLOCK // array[0].size, 1)
    blocks = (
        array[start : start + step].astype(np.float32) * factor
        for start in range(0, len(array), step)
    )
    return all(bool((np.abs(levels - np.rint(levels)) <= tolerance).all()) for levels in blocks)


def name_samples(kind: str, files: Sequence[str], where: str) -> tuple[str, tuple[str, ...]]:
    """Return what the samples in files of a kind are called, and what there is to say of that.

    Arrays are images or signals as the first of them that can be read is one.
    """
    if kind != "arrays":
        return name_sample(kind), ()
    for file in files:
        with contextlib.suppress(DataError):
            return _name_array(load_npy(file), where)
    return "signal", ()


def _name_array(array: AnyArray, where: str) -> tuple[str, tuple[str, ...]]:
    if array.ndim != 2:
        return "image" if array.ndim == 3 else "signal", ()
    length, width = array.shape
    if min(array.shape) < SMALLEST_SIDE or length >= LONG * width:
        return "signal", ()
    choice = f"{where}: arrays of {length}x{width} are taken as "
    is_gray = array.dtype == np.uint16 or are_gray_levels(array)
    if is_gray or (_are_divided(array) and array.min() >= 0):
        return "image", (f"{choice}gray images; give signals as tables",)
    return "signal", (
        f"{choice}signals of {length} samples in {width} channels; images have the shape "
        f"({length}, {width}, 1)",
    )


def load_array(path: str) -> AnyArray:
    """Return the images in a .npy or .npz file, or the numbers of a table; raise DataError."""
    if get_suffix(path) not in TABLES:
        return load_x(path, "images")
    try:
        return read_table(Path(path).read_bytes(), DELIMITERS[get_suffix(path)]).values
    except (RefusedError, OSError) as error:
        reason = str(error.strerror).lower() if isinstance(error, OSError) else error
        fault = f"not a readable table with an image in each row ({reason}); replace it"
        raise DataError(fault, path=path, place=path) from error


def split_images(array: AnyArray, network: Shape, path: str) -> list[tuple[str, AnyPixels]]:
    """Return the images in a file of arrays, each with its name, by the (H, W, C) of a network.

    A single image, (h, w, C), (h, w, 1, 3 or 4) or (h, w), has the name of the file. Gray images
    may be flattened, (N, H * W). Raises DataError where it cannot be known.
    """
    gray = network[:2]
    if network[2] == 1 and array.ndim in (1, 2) and array.shape[-1] == math.prod(gray):
        array = _to_levels(array).reshape(*array.shape[:-1], *gray)
    shape = array.shape
    alone = len(shape) == 3 and shape[2] in (network[2], *ALONE) and shape[1:] != gray
    if alone or shape in (gray, network) or (len(shape) == 2 and _is_like_image(*shape)):
        return [(path, to_images(array[None], path)[0])]
    if len(shape) == 2:
        raise DataError(
            f"an array of {shape[0]}x{shape[1]}, which is one image or rows of pixels; "
            "array[..., None] makes one image, reshape to (N, H, W, C) makes many",
            place=path,
        )
    if len(shape) == 3 and shape[0] == network[2] > 1:
        raise DataError(
            f"an array of {'x'.join(map(str, shape))}, which is one image with its channels first "
            f"or {shape[0]} gray images; transpose(1, 2, 0) puts the channels last, "
            "array[..., None] makes gray images",
            place=path,
        )
    return [(f"{path}[{i}]", pixels) for i, pixels in enumerate(to_images(array, path))]


def _is_like_image(height: int, width: int) -> bool:
    """Say whether (h, w) is neither too narrow for an image, nor rows of the pixels of squares."""
    sides = sorted((height, width))
    are_rows = math.isqrt(width) ** 2 == width and width >= SMALLEST_SIDE**2 and height != width
    return sides[0] >= SMALLEST_SIDE and sides[1] < LONG * sides[0] and not are_rows


def _are_divided(array: AnyArray) -> bool:
    """Say whether numbers are floats up to 1, as levels divided by 255 are."""
    return array.dtype.kind == "f" and bool(array.size) and bool(array.max() <= 1)


def _to_levels(array: AnyArray) -> AnyArray:
    """Return whole gray levels as uint8, anything else as it is."""
    whole = not _are_divided(array) and are_gray_levels(array)
    return array.astype(np.uint8) if whole else array
