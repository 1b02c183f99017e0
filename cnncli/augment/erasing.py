"""Images with a part missing."""

from __future__ import annotations

from cnncli.augment.base import Array, ImageStep, resolve_distance
from cnncli.augment.draws import Draws
from cnncli.settings import DISTANCE, setting


class Cutout(ImageStep, name="cutout"):
    """A square of so many pixels, or such a share of the side, anywhere, made an even gray.

    Its center is any pixel, so that it may reach beyond the image (DeVries & Taylor 2017,
    arXiv:1708.04552). The gray is 0 after normalization, usually the mean of all images.
    """

    size: float = setting(DISTANCE)

    examples = ("cutout(3)", "cutout(0.5)")
    still = "cutout(0)"

    def change(self, draws: Draws, inputs: Array, scale: Array) -> None:
        height, width = inputs.shape[1:3]
        side = resolve_distance(self.size, min(height, width))
        tops = draws.whole(0, height - 1, "row").astype(int) - side // 2
        lefts = draws.whole(0, width - 1, "column").astype(int) - side // 2
        for image, top, left in zip(inputs, tops.tolist(), lefts.tolist(), strict=True):
            image[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)] = 0
