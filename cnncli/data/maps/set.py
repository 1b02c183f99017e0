"""Images whose every pixel has a class, decoded once, at their full size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.augment import NONE, Augmentation
from cnncli.data.batches.tiles import TileLoader
from cnncli.data.checksums import Checksummer
from cnncli.data.dataset import MEMORY_SHARE
from cnncli.data.images.choice import Statistics
from cnncli.data.images.depth import AnyPixels
from cnncli.data.images.file import Pixels, decode, decode_mask
from cnncli.data.images.mask import Mask
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.maps.classes import Classes, check_size, find_classes
from cnncli.data.normalization import with_normalization
from cnncli.data.unreadable import FileError, UnreadableError
from cnncli.errors import DataError
from cnncli.memory import measure_available_memory
from cnncli.samples import MaskedSamples, MaskLevels

Pair = tuple[AnyPixels, Mask]


class MapSet:
    """Images of any size and the class of each of their pixels; see DataSet.

    `values` are uint8 (H, W, C), `targets` int8 (H, W), positions in `classes`, or -1 for pixels to
    be ignored; `counts` has the pixels of each class.
    """

    noun, unit = "image", "tile"

    def __init__(
        self,
        samples: MaskedSamples,
        preprocessing: Preprocessing,
        levels: MaskLevels,
        pairs: Sequence[Pair],
    ) -> None:
        """Take decoded images.

        Raises DataError for a mask with a color that is no class, or where all are to be ignored.
        """
        self.samples, self.names, self.classes = samples, samples.names, levels.names
        self.preprocessing = preprocessing
        self.shape = preprocessing.input_shape
        self.values = [
            preprocessing.prepare_pixels(pixels, name)
            for (pixels, _), name in zip(pairs, samples.names, strict=True)
        ]
        self.targets = [
            find_classes(mask, levels, where)
            for (_, mask), where in zip(pairs, samples.masks, strict=True)
        ]
        self.counts = np.zeros(len(levels.names), np.int64)
        self.statistics = Statistics.empty(preprocessing.channels)
        for image, classes in zip(self.values, self.targets, strict=True):
            self.counts += count_pixels(classes, len(self.counts))
            self.statistics.add(image)
        if not self.counts.any():
            raise DataError(
                f"{samples.where}: every pixel is to be ignored; add masks with classes",
                path=samples.where,
            )
        checksums = Checksummer(samples)
        checksums.add(self.values, self.targets)
        self.checksums = checksums.finish()
        self.memory_bytes = sum(array.nbytes for array in [*self.values, *self.targets])
        self.notices = samples.notices

    def __len__(self) -> int:
        return len(self.names)

    def choose_normalization(self, normalization: str, statistics: Any) -> None:
        self.preprocessing = with_normalization(self.preprocessing, normalization, statistics)

    def batches(self, size: int, *, seed: int = 0, augmentation: Augmentation = NONE) -> TileLoader:
        """Return batches of tiles of the size of the network's input."""
        return TileLoader(self, size, seed=seed, augmentation=augmentation)

    def in_order(self, size: int) -> Iterator[tuple[Pixels, Classes]]:
        """Yield each image, uint8 (1, H, W, C), with the classes of its pixels, (1, H, W)."""
        for image, classes in zip(self.values, self.targets, strict=True):
            yield image[None], classes[None]


def count_pixels(classes: Classes, count: int) -> NDArray[np.int64]:
    """Return how many pixels each of so many classes has (count,)."""
    counts: NDArray[np.int64] = np.bincount(classes.reshape(-1) + 1, minlength=count + 1)[1:]
    return counts


def decode_pairs(samples: MaskedSamples, threads: int) -> list[Pair]:
    """Return the images, uint8 (H, W, 1 or 3), with their masks, both upright.

    Raises DataError that names what cannot be read or does not fit together.
    """
    room = measure_available_memory() * MEMORY_SHARE

    def load(names: tuple[str, str, int]) -> Pair | DataError:
        image, path, turn = names
        try:
            pixels = decode(image).pixels
            mask = decode_mask(path).turn(turn)
            check_size(mask, (pixels.shape[0], pixels.shape[1]), path)
            return pixels, mask
        except DataError as error:
            return error

    turns = samples.turns or (1,) * len(samples)
    pairs: list[Pair] = []
    bad: list[DataError] = []
    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        for pair in pool.map(load, zip(samples.names, samples.masks, turns, strict=True)):
            if isinstance(pair, DataError):
                bad.append(pair)
                continue
            pairs.append(pair)
            room -= pair[0].nbytes + pair[1].values.nbytes
            if room < 0:
                pool.shutdown(cancel_futures=True)
                raise DataError(
                    f"{samples.where}: the images do not fit into half of the free memory; "
                    "use fewer or smaller ones",
                    path=samples.where,
                )
    if bad:
        unreadable = [error for error in bad if isinstance(error, FileError)]
        raise UnreadableError(samples.where, unreadable, len(samples)) if unreadable else bad[0]
    return pairs
