"""All randomness of a training, counted instead of drawn from a generator that moves on.

A number is a hash of the seed, the epoch, the sample and the purpose it is drawn for. So it is the
same for any number of threads and any size of a batch, and a training that is taken up in the
middle of an epoch draws what it would have drawn. The hash is SplitMix64 (Steele, Lea, Flood 2014,
OOPSLA), once for each of the four.
"""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

GOLDEN = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio, odd
LARGEST = 2**64 - 1


def draw(seed: int, epoch: int, samples: NDArray[np.int64], purpose: str) -> Words:
    """Return a random number from 0 to 2^64 - 1 for each of the samples, in their shape.

    `samples` are whole numbers from 0: a sample's place in its set, or the number of a tile within
    its epoch. Draws for different purposes have nothing to do with each other.
    """
    start = _hash_purpose(purpose)
    for number in (seed, epoch):
        start = _mix((start + number * GOLDEN) & LARGEST)
    places = samples.astype(np.uint64) + np.uint64(1)
    numbers: Words = _mix(places * np.uint64(GOLDEN) + np.uint64(start))
    return numbers


def order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """Return the numbers from 0 to count - 1 in the order in which an epoch takes its samples."""
    return np.argsort(draw(seed, epoch, np.arange(count), "order"), kind="stable")


def stream(seed: int, name: str) -> np.random.Generator:
    """Return a generator for a whole array, such as initial weights, that seed and name begin."""
    key = blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key, "little")))


def hash_name(name: str) -> float:
    """Return a number from 0 to 1 that depends on nothing but a file's name, on no seed either."""
    digest = blake2b(os.fsencode(name), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


@lru_cache(maxsize=256)
def _hash_purpose(purpose: str) -> int:
    return int.from_bytes(blake2b(purpose.encode(), digest_size=8).digest(), "little")


def _mix(state: Any) -> Any:
    """Return what SplitMix64 makes of a state: of an int below 2^64, or of an array of uint64."""
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & LARGEST
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & LARGEST
    return state ^ (state >> 31)
