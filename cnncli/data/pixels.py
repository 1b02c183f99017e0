"""Images whose every pixel has a class, decoded once, at their full size."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b

import numpy as np

from cnncli.data.fitting import Statistics
from cnncli.data.image import Levels, Pixels, decode
from cnncli.data.levels import MaskLevels, read_mask
from cnncli.data.masks import Masked
from cnncli.data.memory import available_memory
from cnncli.data.preprocessing import Preprocessing
from cnncli.data.unreadable import FileError, unreadable
from cnncli.errors import DataError

MEMORY_SHARE = 0.5  # of what is available

Pair = tuple[Pixels, Levels]


class PixelSet:
    """Images of any size and the class of each of their pixels.

    `images` are uint8 (H, W, C), `targets` uint8 (H, W), positions in `classes`; `counts` has the
    pixels of each class; `digest` is the same for the same data only.
    """

    def __init__(
        self, samples: Masked, preprocessing: Preprocessing, levels: MaskLevels, pairs: list[Pair]
    ) -> None:
        """Take decoded images; raise DataError for a mask with a level that is no class."""
        self.samples, self.names, self.classes = samples, samples.names, levels.names
        self.shape = preprocessing.input_shape
        self.images = [preprocessing.prepare(pixels) for pixels, _ in pairs]
        self.targets = [
            levels.indices(mask, where)
            for (_, mask), where in zip(pairs, samples.masks, strict=True)
        ]
        self.counts = np.zeros(len(levels.names), np.int64)
        self.statistics = Statistics.empty(preprocessing.channels)
        digest = blake2b(repr(samples.keys).encode(), digest_size=16)
        for image, labels in zip(self.images, self.targets, strict=True):
            self.counts += np.bincount(labels.reshape(-1), minlength=len(self.counts))
            self.statistics.add(image)
            digest.update(repr(image.shape).encode() + image.tobytes() + labels.tobytes())
        self.digest = digest.hexdigest()
        self.memory_bytes = sum(one.nbytes for one in [*self.images, *self.targets])
        self.notices = samples.notices

    def __len__(self) -> int:
        return len(self.names)


def decode_pairs(samples: Masked, threads: int) -> list[Pair]:
    """Return the images, uint8 (H, W, 1 or 3), with their masks.

    Raises DataError that names what cannot be read or does not fit together.
    """
    room = available_memory() * MEMORY_SHARE

    def load(names: tuple[str, str]) -> Pair | DataError:
        try:
            pixels = decode(names[0]).pixels
            return pixels, read_mask(names[1], (pixels.shape[0], pixels.shape[1]))
        except DataError as error:
            return error

    pairs: list[Pair] = []
    bad: list[DataError] = []
    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        for one in pool.map(load, zip(samples.names, samples.masks, strict=True)):
            if isinstance(one, DataError):
                bad.append(one)
                continue
            pairs.append(one)
            room -= one[0].nbytes + one[1].values.nbytes
            if room < 0:
                pool.shutdown(cancel_futures=True)
                raise DataError(
                    f"{samples.where}: the images do not fit into half of the free memory; "
                    "use fewer or smaller ones",
                    path=samples.where,
                )
    if bad:
        raise _first(samples, bad)
    return pairs


def _first(samples: Masked, bad: Sequence[DataError]) -> DataError:
    """Return one error for all that went wrong."""
    images = [error for error in bad if isinstance(error, FileError)]
    return unreadable(samples.where, images, 2 * len(samples)) if images else bad[0]
