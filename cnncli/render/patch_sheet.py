"""The patches that excite filters most as a sheet, with what in them does beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.render.colors import Numbers, Pixels, make_signed_scale, show_bands
from cnncli.render.resize import fit
from cnncli.render.sheet import PAGE, Capacity, Sheet, Tile, describe_cut
from cnncli.render.waveform import draw_waveform

MOST_PIXELS = 1 << 24  # of all patches on a sheet
PAPER = 255
BEYOND = np.array((200, 208, 216), np.uint8)  # the border: neither black nor white
BETWEEN = 2  # pixels between patches and deconvolutions


def lay_out_patches(
    patches: NDArray[Any],
    deconvolutions: Numbers,
    inside: NDArray[np.bool_],
    title: str,
    note: str,
    *,
    labels: Sequence[str],
    capacity: Capacity = PAGE,
) -> Sheet:
    """Return patches and deconvolutions (n, M, height, width, C) as a sheet of a tile per filter.

    On the left of a tile are its M patches, on the right their deconvolutions, around zero and on a
    scale of their own. `inside` (n, M, height, width) is where a patch is. Patches are uint8, of
    images, or float32 of a single row, of signals.
    """
    tiles: list[Tile] = []
    pixels = 0
    for *arrays, label in zip(patches, deconvolutions, inside, labels, strict=True):
        if len(tiles) == capacity.tiles or (pixels > MOST_PIXELS and tiles):
            break
        tiles.append(Tile(_paint_filter(arrays, capacity), label))
        pixels += tiles[-1].pixels.size // 3
    cut = describe_cut(len(tiles), len(patches), "filters")
    return Sheet(title, note, tiles, None, cut=cut)


def _paint_filter(arrays: Sequence[NDArray[Any]], capacity: Capacity) -> Pixels:
    """Return the patches of a filter in a square, and beside it a square of what in them does."""
    patches, deconvolutions, inside = arrays
    shown = _show_patches(patches, inside)
    deconvolved = _show_deconvolutions(deconvolutions, inside, color=capacity.color)
    if patches.dtype == np.uint8:  # the line of a signal would get too thin
        shown, deconvolved = (
            np.stack([fit(picture, capacity.patch) for picture in pictures])
            for pictures in (shown, deconvolved)
        )
    left, right = _arrange(shown), _arrange(deconvolved)
    between = np.full((len(left), BETWEEN, 3), PAPER, np.uint8)
    return np.concatenate([left, between, right], axis=1)


def _show_patches(patches: NDArray[Any], inside: NDArray[np.bool_]) -> Pixels:
    if patches.dtype != np.uint8:
        return np.stack([show_bands(draw_waveform(patch[0])) for patch in patches])
    shown = np.stack([show_bands(patch) for patch in patches])
    return np.where(inside[..., None], shown, BEYOND)


def _show_deconvolutions(values: Numbers, inside: NDArray[np.bool_], *, color: bool) -> Pixels:
    """Return deconvolutions (M, height, width, C): red, green and blue as such, others summed."""
    if values.shape[1] == 1:
        bound = float(np.abs(values).max()) or 1.0
        return np.stack([show_bands(draw_waveform(row[0], (-bound, bound))) for row in values])
    if values.shape[-1] == 3:
        painted = make_signed_scale(values, "gray").paint_rgb(values)
    else:
        sums = values.sum(axis=-1)
        painted = make_signed_scale(sums, "signed" if color else "gray").paint(sums)
    return np.where(inside[..., None], painted, BEYOND)


def _arrange(pictures: Pixels) -> Pixels:
    """Return pictures (M, height, width, 3) row by row in a square, a pixel apart."""
    count, height, width, _ = pictures.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    square = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1, 3), PAPER, np.uint8)
    for place, picture in enumerate(pictures):
        top, left = (height + 1) * (place // columns), (width + 1) * (place % columns)
        square[top : top + height, left : left + width] = picture
    return square
