"""Set some samples aside, by nothing but their names, so that adding others moves none.

A sample is set aside where its place, a number from 0 to 1, lies below the fraction. The place is a
hash of the name; names that differ in their last digit alone, as those of ten numbered files, share
the hash and lie a tenth apart. So of ten files in a row a tenth is one file, in a small class too.

What depends on one name alone cannot promise that every class gives its share. Two exceptions are
made, of which people are told: of a class of which no place lies below the fraction, the lowest
is set aside; where all of them do, the highest is trained on. Files that are added may move these.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cnncli.randomness import hash_name
from cnncli.samples import Samples

DEFAULT_FRACTION = 0.1
LAST_DIGIT = re.compile(r"[0-9](?=[^0-9]*$)", re.ASCII)


def set_aside(samples: Samples, fraction: float, strata: Sequence[str]) -> tuple[Samples, Samples]:
    """Return the samples to train on and the ones to validate on, about `fraction` of them.

    `strata` has a word per sample, such as its class; exceptions are made within each.
    """
    places = np.array([compute_place(key) for key in samples.keys])
    aside = places < fraction
    members: dict[str, list[int]] = {}
    for i, stratum in enumerate(strata):
        members.setdefault(stratum, []).append(i)
    picked = 0
    for rows in members.values():
        if len(rows) > 1 and not aside[rows].any():
            aside[min(rows, key=places.__getitem__)] = True
            picked += 1
        elif aside[rows].all():
            aside[max(rows, key=places.__getitem__)] = False
            picked += 1
    train = samples.take(np.flatnonzero(~aside))
    held = samples.take(np.flatnonzero(aside))
    if picked:
        notice = (
            f"{samples.where}: classes too small to set {samples.noun}s aside by name alone: "
            f"{picked}; adding others may change which are"
        )
        train = replace(train, notices=(*train.notices, notice))
    return train, held


def compute_place(key: str) -> float:
    """Return a number from 0 to 1 that depends on nothing but a name."""
    name, ending = os.path.splitext(unicodedata.normalize("NFC", key))  # noqa: PTH122 - a key
    digit = LAST_DIGIT.search(name)
    if digit is None:
        return hash_name(name + ending)
    rest = f"{name[: digit.start()]}#{name[digit.end() :]}{ending}"
    return (hash_name(rest) + int(digit[0]) / 10) % 1
