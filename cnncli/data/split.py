"""Set some images aside, by nothing but their names.

An image is set aside where the hash of its name, read as a number from 0 to 1, lies below the
fraction. So each image's place depends on its own name alone, and adding others does not move it.
In small strata (classes, where there are any) chance could set aside none or far too many; there
the share is held between half and one and a half times the fraction, by taking the lowest hashes,
and at least one image.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnncli.randomness import hash_name
from cnncli.samples import Samples

DEFAULT_FRACTION = 0.1


def set_aside(samples: Samples, fraction: float, strata: Sequence[str]) -> tuple[Samples, Samples]:
    """Return the images to train on and the ones to validate on, `fraction` of every stratum."""
    hashes = np.array([hash_name(key) for key in samples.keys])
    members: dict[str, list[int]] = {}
    for i, stratum in enumerate(strata):
        members.setdefault(stratum, []).append(i)
    aside = np.zeros(len(samples), bool)
    for indices in members.values():
        own = hashes[indices]
        lowest = np.argsort(own, kind="stable")[: _share(own, fraction)]
        aside[np.array(indices)[lowest]] = True
    return samples.take(np.flatnonzero(~aside)), samples.take(np.flatnonzero(aside))


def _share(hashes: NDArray[np.float64], fraction: float) -> int:
    count = len(hashes)
    if count < 2:
        return 0
    below = int((hashes < fraction).sum())
    least = max(math.floor(count * fraction / 2), 1)
    most = max(math.ceil(count * fraction * 1.5), 1)
    return min(max(below, least), most, count - 1)
