"""Labeled samples, decoded once into memory where they fit, else again for every batch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.augment import NONE, Augmentation
from cnncli.data.batches.batch import prepare_ahead
from cnncli.data.batches.loader import Loader
from cnncli.data.checksums import Checksummer, Checksums
from cnncli.data.dataset import MEMORY_SHARE
from cnncli.data.normalization import with_normalization
from cnncli.data.preprocessing import AnyPreprocessing
from cnncli.data.runs import map_runs
from cnncli.data.unreadable import FileError, UnreadableError
from cnncli.errors import DataError
from cnncli.memory import measure_available_memory
from cnncli.samples import Samples

if TYPE_CHECKING:
    from cnncli.tasks import Task

BLOCK = 512  # samples decoded between two looks at their statistics
ARRAYS_OF = {"image": ", an array (N, H, W, C)", "signal": ", an array (N, L, C)"}

Values = NDArray[Any]  # uint8 or float32


class SampleSet:
    """Labeled images (H, W, C), or signals (L, C), in the shape a network takes; see DataSet.

    `values` is uint8 (N, H, W, C) or float32 (N, L, C), or None where they are decoded for every
    batch; `targets` (N, …) is what their task makes of the labels.
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
        """Decode every sample once; raise UnreadableError for the ones that cannot be.

        `memory` bounds the bytes to keep; None: half of what is available.
        """
        if samples.names and samples.noun != preprocessing.noun:
            raise DataError(
                f"{samples.where}: {samples.noun}s, where {preprocessing.noun}s are needed; "
                f"give a set of {preprocessing.noun}s"
                f"{ARRAYS_OF[preprocessing.noun] if samples.values is not None else ''}",
                path=samples.where,
            )
        self.samples = samples
        self.names = samples.names
        self.noun = self.unit = preprocessing.noun
        self.targets = task.make_targets(samples)
        self.make_shares = task.make_shares
        self.preprocessing = preprocessing
        self.shape = preprocessing.input_shape
        self.dtype = preprocessing.dtype
        self.statistics: Any = preprocessing.begin_statistics()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        self._several_frames: set[int] = set()
        self._misfits: set[int] = set()  # images of another range than was learned
        needed = len(samples) * math.prod(self.shape) * np.dtype(self.dtype).itemsize
        room = measure_available_memory() * MEMORY_SHARE if memory is None else memory
        fits = needed <= room
        self.values = np.empty((len(samples), *self.shape), self.dtype) if fits else None
        self.memory_bytes = needed if fits else 0
        self.checksums = self._decode_all()
        if fits:
            self._pool.shutdown()
        self.notices = (*samples.notices, *self._collect_notices(needed))

    def __len__(self) -> int:
        return len(self.names)

    def choose_normalization(self, normalization: str, statistics: Any) -> None:
        self.preprocessing = with_normalization(self.preprocessing, normalization, statistics)

    def batches(self, size: int, *, seed: int = 0, augmentation: Augmentation = NONE) -> Loader:
        return Loader(self, size, seed=seed, augmentation=augmentation)

    def in_order(self, size: int) -> Iterator[tuple[Values, NDArray[Any]]]:
        if self.values is not None:
            for start in range(0, len(self), size):
                rows = slice(start, start + size)
                yield self.values[rows], self.targets[rows]
            return
        size = min(size, len(self))
        buffers = np.empty((2, size, *self.shape), self.dtype)

        def decode(number: int) -> tuple[Values, NDArray[Any]]:
            indices = np.arange(number * size, min((number + 1) * size, len(self)))
            values = buffers[number % 2, : len(indices)]
            self.read(indices, values)
            return values, self.targets[indices]

        yield from prepare_ahead(decode, range(-(-len(self) // size)))

    def read(self, indices: NDArray[np.int64], out: Values) -> None:
        """Write some samples into out, of their dtype, (n, *shape); raise DataError."""
        if self.values is not None:
            np.take(self.values, indices, axis=0, out=out, mode="clip")
            return
        for error in self._decode(indices, out):
            raise error

    def _decode_all(self) -> Checksums:
        """Fill `values` and `statistics`; return the checksums."""
        checksums = Checksummer(self.samples)
        block = np.empty((BLOCK if self.values is None else 0, *self.shape), self.dtype)
        bad: list[FileError] = []
        for start in range(0, len(self), BLOCK):
            indices = np.arange(start, min(start + BLOCK, len(self)))
            out = block if self.values is None else self.values[start:]
            out = out[: len(indices)]
            bad += self._decode(indices, out)
            if not bad:
                self.statistics.add(out)
                checksums.add(out)
        if bad:
            raise UnreadableError(self.samples.where, bad, len(self))
        return checksums.finish()

    def _decode(self, indices: NDArray[np.int64], out: Values) -> list[FileError]:
        """Write samples into out; return what went wrong, in the order of the samples."""
        rows, by_itself = self.samples.values, self.preprocessing.normalization == "image"
        ready = rows is not None and rows.dtype == self.dtype and rows.shape[1:] == self.shape
        if ready and not by_itself:
            assert rows is not None
            np.take(rows, indices, axis=0, out=out, mode="clip")
            return []
        names = [self.names[index] for index in indices.tolist()]
        return map_runs(
            self._pool, lambda run: list(self._decode_run(indices[run], out[run])), names
        )

    def _decode_run(self, indices: NDArray[np.int64], out: Values) -> Iterator[FileError]:
        preprocessing: Any = self.preprocessing  # decodes what it then prepares
        for index, row in zip(indices.tolist(), out, strict=True):
            name = self.names[index]
            try:
                if self.samples.values is not None:
                    decoded = preprocessing.wrap_row(self.samples.values[index])
                else:
                    decoded = preprocessing.decode(name)
                row[...] = preprocessing.prepare(decoded, name)
            except FileError as error:
                yield error
                continue
            if decoded.frames_left_out:
                self._several_frames.add(index)
            if preprocessing.is_misfit(decoded):
                self._misfits.add(index)

    def _collect_notices(self, needed: int) -> Iterator[str]:
        if self._several_frames:
            yield (
                f"{self.samples.where}: images of which only the first frame or page is used: "
                f"{len(self._several_frames)}"
            )
        if self._misfits:
            yield (
                f"{self.samples.where}: images whose values are of another range than the training "
                f"images', so that they are too dark or bright: {len(self._misfits)}"
            )
        if self.values is None:
            yield (
                f"{self.samples.where}: {needed / 2**30:.1f} GB of {self.noun}s do "
                "not fit into the memory; they are decoded again for every batch"
            )
