"""Labelled samples, decoded once into memory where they fit, else again for every batch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.data.medium import AnyPreprocessing, empty_statistics
from cnncli.data.memory import available_memory
from cnncli.data.samples import Samples
from cnncli.data.unreadable import FileError, unreadable
from cnncli.errors import DataError

if TYPE_CHECKING:
    from cnncli.tasks import Task

MEMORY_SHARE = 0.5  # of what is available
BLOCK = 512  # images decoded between two looks at their statistics
RUN = 16  # images one thread takes at a time

Values = NDArray[Any]  # uint8 or float32


class ImageSet:
    """Labelled images (H, W, C), or signals (L, C), in the shape a network takes.

    `pixels` is uint8 (N, H, W, C) or float32 (N, L, C), or None where they are decoded for every
    batch; `targets` (N, …) is what their task makes of the labels; `digest` is the same for the
    same data only.
    """

    def __init__(
        self,
        samples: Samples,
        preprocessing: AnyPreprocessing,
        task: Task,
        *,
        threads: int = 1,
        memory: int | None = None,
    ) -> None:
        """Decode every image once; raise DataError that lists the ones that cannot be.

        `memory` bounds the bytes to keep; None: half of what is available.
        """
        if samples.names and samples.what != preprocessing.what:
            raise DataError(
                f"{samples.where}: {samples.what}s, where {preprocessing.what}s are needed; "
                f"give a set of {preprocessing.what}s",
                path=samples.where,
            )
        self.samples = samples
        self.names = samples.names
        self.targets = task.targets(samples)
        self.shape = preprocessing.input_shape
        self.dtype = preprocessing.dtype
        self.statistics = empty_statistics(preprocessing)
        self._preprocessing = preprocessing
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        self._several_frames: set[int] = set()
        needed = len(samples) * math.prod(self.shape) * np.dtype(self.dtype).itemsize
        room = available_memory() * MEMORY_SHARE if memory is None else memory
        fits = needed <= room
        self.pixels = np.empty((len(samples), *self.shape), self.dtype) if fits else None
        self.memory_bytes = needed if self.pixels is not None else 0
        self.digest = self._decode_all()
        if self.pixels is not None:
            self._pool.shutdown()
        self.notices = (*samples.notices, *self._notices(needed))

    def __len__(self) -> int:
        return len(self.names)

    def read(self, indices: NDArray[np.int64], out: Values) -> None:
        """Write some samples into out, of their dtype, (n, *shape); raise DataError."""
        if self.pixels is not None:
            np.take(self.pixels, indices, axis=0, out=out, mode="clip")
            return
        for error in self._decode(indices, out):
            raise error

    def _decode_all(self) -> str:
        """Fill `pixels` and `statistics`; return the digest."""
        digest = blake2b(repr((self.samples.keys, self.samples.labels)).encode(), digest_size=16)
        digest.update(np.ascontiguousarray(self.targets).data)
        block = np.empty((BLOCK if self.pixels is None else 0, *self.shape), self.dtype)
        bad: list[FileError] = []
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

    def _decode(self, indices: NDArray[np.int64], out: Values) -> list[FileError]:
        """Write images into out; return what went wrong, in the order of the images."""
        given, own = self.samples.pixels, self._preprocessing
        if given is not None and given.shape[1:] == self.shape and own.normalization != "image":
            np.take(given, indices, axis=0, out=out, mode="clip")
            return []
        runs = [slice(start, start + RUN) for start in range(0, len(indices), RUN)]
        results = self._pool.map(lambda run: list(self._run(indices[run], out[run])), runs)
        return [error for errors in results for error in errors]

    def _run(self, indices: NDArray[np.int64], out: Values) -> Iterator[FileError]:
        for index, row in zip(indices.tolist(), out, strict=True):
            name = self.names[index]
            try:
                decoded: Any
                if self.samples.pixels is not None:
                    decoded = self._preprocessing.row(self.samples.pixels[index])
                else:
                    decoded = self._preprocessing.decode(name)
                row[...] = self._preprocessing.ready(decoded, name)
            except FileError as error:
                yield error
                continue
            if decoded.frames_left_out:
                self._several_frames.add(index)

    def _notices(self, needed: int) -> Iterator[str]:
        if self._several_frames:
            yield (
                f"{self.samples.where}: images of which only the first frame or page is used: "
                f"{len(self._several_frames)}"
            )
        if self.pixels is None:
            yield (
                f"{self.samples.where}: {needed / 2**30:.1f} GB of {self._preprocessing.what}s do "
                "not fit into the memory; they are decoded again for every batch"
            )
