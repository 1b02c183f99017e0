"""What is lost where a part of the sample is covered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.inspection.attribution import MOST_INPUTS, Attribution, PixelMap, as_image
from cnncli.inspection.figures import Array
from cnncli.inspection.target import Target
from cnncli.settings import DISTANCE, setting

if TYPE_CHECKING:
    from cnncli.trained.model import Trained

Window = tuple[slice, slice]


class Occlusion(Attribution, name="occlusion"):
    """What the answer loses where a window is covered with zeros (Zeiler 2014, arXiv:1311.2901).

    A pixel has the mean over all windows that cover it. Size and stride of the window are pixels,
    or shares of the side.
    """

    size: float = setting(DISTANCE, 0.2)
    stride: float = setting(DISTANCE, 0.05)

    signed: ClassVar = True

    def attribute(self, trained: Trained, x: Array, target: Target) -> PixelMap:
        """Return the losses."""
        image = as_image(x)
        windows = list(self.list_windows(image.shape[0], image.shape[1]))
        whole = target.measure(trained, x[None])[0]
        losses: NDArray[np.float64] = np.zeros(image.shape[:2])
        covers = np.zeros(image.shape[:2])
        for start in range(0, len(windows), MOST_INPUTS):
            some = windows[start : start + MOST_INPUTS]
            inputs = np.repeat(x[None], len(some), axis=0)
            for covered, window in zip(inputs, some, strict=True):
                as_image(covered)[window] = 0
            answers = target.measure(trained, inputs)
            for answer, window in zip(answers, some, strict=True):
                losses[window] += whole - answer
                covers[window] += 1
        return PixelMap((losses / covers).astype(np.float32))

    def list_windows(self, height: int, width: int) -> Iterator[Window]:
        """Yield all windows on an image of this size, row by row; each pixel is in one."""
        rows, columns = (
            list(_spread(length, _count(self.size, length), _count(self.stride, length)))
            for length in (height, width)
        )
        return ((window, other) for window in rows for other in columns)


def _count(share: float, length: int) -> int:
    """Return a number of pixels, from 1 to the side, that is given so or as a share of the side."""
    return min(length, max(1, round(share * length if share < 1 else share)))


def _spread(length: int, size: int, stride: int) -> Iterator[slice]:
    starts = {*range(0, length - size + 1, min(stride, size)), length - size}
    return (slice(start, start + size) for start in sorted(starts))
