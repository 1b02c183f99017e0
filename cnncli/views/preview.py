"""Samples above what a training makes of them, as a sheet of small pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnncli.data.batches.preview import Pair
from cnncli.render.colors import Pixels, show_bands
from cnncli.render.mask import add_legend, choose_colors, overlay
from cnncli.render.resize import fit
from cnncli.render.sheet import Sheet, Tile
from cnncli.render.sheet_picture import MARGIN, TILES_SIDE, paint_sheet
from cnncli.render.text import TEXT, TITLE, shorten
from cnncli.render.waveform import draw_waveform
from cnncli.tasks.segmentation.task import Segmentation

if TYPE_CHECKING:
    from cnncli.augment import Augmentation
    from cnncli.tasks import Task

SIDE = 160  # pixels of a picture; larger ones are made to fit
LONGEST = 240  # pixels of a label
IGNORED_COLOR = (128, 128, 128)  # of pixels of no class


def make_preview_sheet(
    pairs: Sequence[Pair], task: Task, augmentation: Augmentation, title: str
) -> Sheet:
    """Return a sheet of samples, with their labels, above their variants.

    A variant has a label where it differs: where it is mixed of several samples. Masks lie over
    their images; both signals of a pair are on the same scale.
    """
    above, below = [], []
    for pair in pairs:
        labels = [_describe(target, task) for target in (pair.target, pair.variant_target)]
        pictures = _draw(pair, task)
        above.append(Tile(pictures[0], labels[0]))
        below.append(Tile(pictures[1], labels[1] if labels[1] != labels[0] else ""))
    note = f"originals, and below each what a network sees of it · {augmentation}"
    title, note = shorten(title, TILES_SIDE, TITLE), shorten(note, TILES_SIDE, TEXT)
    return Sheet(title, note, above, None, below=below)


def paint_preview(sheet: Sheet, task: Task) -> Image.Image:
    """Return a sheet as a picture, with a legend of the classes where they are colors of masks."""
    page = paint_sheet(sheet)
    if not isinstance(task, Segmentation):
        return page
    return add_legend(page, list(zip(task.outputs, _choose_colors(task), strict=True)), MARGIN)


def _choose_colors(task: Segmentation) -> NDArray[np.uint8]:
    """Return the color (K, 3) that each class has over an image."""
    return choose_colors(len(task.outputs), task.masks.levels, task.masks.palette)


def _describe(target: Any, task: Task) -> str:
    """Return what stands under a picture: nothing where there is a mask on it."""
    if isinstance(task, Segmentation):
        return ""
    return shorten(task.words.describe_target(task.read_target(target)), LONGEST)


def _draw(pair: Pair, task: Task) -> list[Pixels]:
    """Return original and variant as pictures (height, width, 3) of the same size."""
    values = [pair.original, pair.variant]
    if pair.original.ndim == 2:
        both = np.concatenate(values)
        limits = float(both.min()), float(both.max())
        return [show_bands(draw_waveform(signal, limits)) for signal in values]
    pictures = [show_bands(image) for image in values]
    if isinstance(task, Segmentation):
        colors = np.append(_choose_colors(task), [IGNORED_COLOR], axis=0).astype(np.uint8)
        targets = pair.target, pair.variant_target
        pictures = [
            np.asarray(overlay(picture, target, colors))
            for picture, target in zip(pictures, targets, strict=True)
        ]
    large = max(pair.original.shape[:2]) > SIDE
    return [fit(picture, SIDE) if large else picture for picture in pictures]
