from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cnncli.data.images.mask import Mask
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.maps.set import MapSet
from cnncli.errors import DataError
from cnncli.samples import MaskedSamples, MaskLevels

SHAPE = Preprocessing(2, 2, 1, "none")


def test_images_with_masks_come_one_by_one_at_their_own_size(
    gray_mask: Callable[..., Mask],
) -> None:
    samples = MaskedSamples("set", ("a", "b"), ("a", "b"), (), masks=("a", "b"))
    pixels = [np.full((height, 4, 1), height, np.uint8) for height in (3, 5)]
    masks = [gray_mask(*[[9] * 4] * height) for height in (3, 5)]
    levels = MaskLevels((7, 9), ("a", "b"))
    pairs = list(zip(pixels, masks, strict=True))
    images = MapSet(samples, SHAPE, levels, pairs)
    parts = list(images.in_order(64))
    assert [values.shape for values, _ in parts] == [(1, 3, 4, 1), (1, 5, 4, 1)]
    assert [targets.tolist() for _, targets in parts] == [[[[1] * 4] * 3], [[[1] * 4] * 5]]


def test_pixels_to_be_ignored_are_not_counted(gray_mask: Callable[..., Mask]) -> None:
    samples = MaskedSamples("set", ("a",), ("a",), (), masks=("a",))
    levels = MaskLevels((0, 1), ("a", "b"), None, (255,))
    pixels = np.zeros((1, 4, 1), np.uint8)
    images = MapSet(samples, SHAPE, levels, [(pixels, gray_mask([0, 255, 1, 1]))])
    assert images.targets[0].tolist() == [[0, -1, 1, 1]]
    assert images.counts.tolist() == [1, 2]
    with pytest.raises(DataError, match="set: every pixel is to be ignored; add masks"):
        MapSet(samples, SHAPE, levels, [(pixels, gray_mask([255] * 4))])
