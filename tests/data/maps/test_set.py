from __future__ import annotations

import numpy as np

from cnncli.data.images.file import Levels
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.maps.set import MapSet
from cnncli.samples import MaskedSamples, MaskLevels


def test_images_with_masks_come_one_by_one_at_their_own_size() -> None:
    samples = MaskedSamples("set", ("a", "b"), ("a", "b"), (), masks=("a", "b"))
    pixels = [np.full((height, 4, 1), height, np.uint8) for height in (3, 5)]
    masks = [Levels(np.full((height, 4), 9, np.uint8), None) for height in (3, 5)]
    levels = MaskLevels((7, 9), ("a", "b"))
    pairs = list(zip(pixels, masks, strict=True))
    images = MapSet(samples, Preprocessing(2, 2, 1, "none"), levels, pairs)
    parts = list(images.in_order(64))
    assert [values.shape for values, _ in parts] == [(1, 3, 4, 1), (1, 5, 4, 1)]
    assert [targets.tolist() for _, targets in parts] == [[[[1] * 4] * 3], [[[1] * 4] * 5]]
