"""Labelled images, decoded once into memory where they fit, else again for every batch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnncli.data.fitting import Statistics
from cnncli.data.image import ImageError, Pixels, decode, unreadable
from cnncli.data.memory import available_memory
from cnncli.data.preprocessing import Preprocessing
from cnncli.data.samples import Samples

if TYPE_CHECKING:
    from cnncli.tasks import Task

MEMORY_SHARE = 0.5  # of what is available
BLOCK = 512  # images decoded between two looks at their statistics
RUN = 16  # images one thread takes at a time


class ImageSet:
    """Labelled images in the shape (H, W, C) a network takes.

    `pixels` is uint8 (N, H, W, C), or None where they are decoded for every batch; `targets` (N, …)
    is what their task makes of the labels; `digest` is the same for the same data only.
    """

    def __init__(
        self,
        samples: Samples,
        preprocessing: Preprocessing,
        task: Task,
        *,
        threads: int = 1,
        memory: int | None = None,
    ) -> None:
        """Decode every image once; raise DataError that lists the ones that cannot be.

        `memory` bounds the bytes to keep; None: half of what is available.
        """
        self.samples = samples
        self.names = samples.names
        self.targets = task.targets(samples)
        self.shape = preprocessing.input_shape
        self.statistics = Statistics.empty(preprocessing.channels)
        self._preprocessing = preprocessing
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        self._several_frames: set[int] = set()
        needed = len(samples) * math.prod(self.shape)
        room = available_memory() * MEMORY_SHARE if memory is None else memory
        self.pixels = np.empty((len(samples), *self.shape), np.uint8) if needed <= room else None
        self.memory_bytes = needed if self.pixels is not None else 0
        self.digest = self._decode_all()
        if self.pixels is not None:
            self._pool.shutdown()
        self.notices = (*samples.notices, *self._notices(needed))

    def __len__(self) -> int:
        return len(self.names)

    def read(self, indices: NDArray[np.int64], out: Pixels) -> None:
        """Write some images into out, uint8 (n, H, W, C); raise DataError."""
        if self.pixels is not None:
            np.take(self.pixels, indices, axis=0, out=out, mode="clip")
            return
        for error in self._decode(indices, out):
            raise error

    def _decode_all(self) -> str:
        """Fill `pixels` and `statistics`; return the digest."""
        digest = blake2b(repr((self.samples.keys, self.samples.labels)).encode(), digest_size=16)
        digest.update(np.ascontiguousarray(self.targets).data)
        block = np.empty((BLOCK if self.pixels is None else 0, *self.shape), np.uint8)
        bad: list[ImageError] = []
        for start in range(0, len(self), BLOCK):
            indices = np.arange(start, min(start + BLOCK, len(self)))
            out = block if self.pixels is None else self.pixels[start:]
            out = out[: len(indices)]
            bad += self._decode(indices, out)
            self.statistics.add(out)
            digest.update(out.data)
        if bad:
            raise unreadable(self.samples.where, bad, len(self))
        return digest.hexdigest()

    def _decode(self, indices: NDArray[np.int64], out: Pixels) -> list[ImageError]:
        """Write images into out; return what went wrong, in the order of the images."""
        given, own = self.samples.pixels, self._preprocessing
        if given is not None and given.shape[1:] == self.shape and own.normalization != "image":
            np.take(given, indices, axis=0, out=out, mode="clip")
            return []
        runs = [slice(start, start + RUN) for start in range(0, len(indices), RUN)]
        results = self._pool.map(lambda run: list(self._run(indices[run], out[run])), runs)
        return [error for errors in results for error in errors]

    def _run(self, indices: NDArray[np.int64], out: Pixels) -> Iterator[ImageError]:
        for index, row in zip(indices.tolist(), out, strict=True):
            if self.samples.pixels is not None:
                row[...] = self._preprocessing.prepare(self.samples.pixels[index])
                continue
            try:
                picture = decode(self.names[index])
            except ImageError as error:
                yield error
                continue
            row[...] = self._preprocessing.prepare(picture.pixels)
            if picture.frames_left_out:
                self._several_frames.add(index)

    def _notices(self, needed: int) -> Iterator[str]:
        if self._several_frames:
            yield (
                f"{self.samples.where}: images of which only the first frame or page is used: "
                f"{len(self._several_frames)}"
            )
        if self.pixels is None:
            yield (
                f"{self.samples.where}: {needed / 2**30:.1f} GB of images do not fit into the "
                "memory; they are decoded again for every batch"
            )
