"""Set some samples aside, by nothing but their names.

A sample is set aside where the hash of its name, read as a number from 0 to 1, lies below the
fraction. So its place depends on its own name alone, and adding others does not move it.
In small strata (classes, where there are any) chance could set aside none or far too many; there
the share is held between half and one and a half times the fraction, by taking the lowest hashes,
and at least one sample.
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
    """Return the samples to train on and the ones to validate on, `fraction` of every stratum."""
    hashes = np.array([hash_name(key) for key in samples.keys])
    members: dict[str, list[int]] = {}
    for i, stratum in enumerate(strata):
        members.setdefault(stratum, []).append(i)
    aside = np.zeros(len(samples), bool)
    for indices in members.values():
        among = hashes[indices]
        lowest = np.argsort(among, kind="stable")[: _count_aside(among, fraction)]
        aside[np.array(indices)[lowest]] = True
    return samples.take(np.flatnonzero(~aside)), samples.take(np.flatnonzero(aside))


def _count_aside(hashes: NDArray[np.float64], fraction: float) -> int:
    """Return how many samples of a stratum with these hashes are set aside."""
    count = len(hashes)
    if count < 2:
        return 0
    below = int((hashes < fraction).sum())
    least = max(math.floor(count * fraction / 2), 1)
    most = max(math.ceil(count * fraction * 1.5), 1)
    return min(max(below, least), most, count - 1)
