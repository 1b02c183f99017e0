"""What a training goes through: the batches of an epoch, the next made ready meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cnncli.data.dataset import DataSet

Result = TypeVar("Result")


@dataclass
class Batch:
    """A few samples, ready for a network; good until the next batch is asked for."""

    inputs: NDArray[np.float32]  # (n, H, W, C) or (n, L, C)
    targets: NDArray[Any]  # (n, …), what the loss compares answers with
    indices: NDArray[np.int64]  # (n,) of the samples in their set, or of tiles in the epoch


class Batches(Protocol):
    """Cuts a set into batches, epoch by epoch."""

    @property
    def data(self) -> DataSet:
        """The set that is cut."""

    @property
    def batches(self) -> int:
        """The number of batches in an epoch."""

    @property
    def samples(self) -> int:
        """The number of images, signals or tiles in an epoch."""

    @property
    def memory_bytes(self) -> int:
        """The memory that batches are made in."""

    def name_samples(self, indices: NDArray[np.int64]) -> list[str]:
        """Return what the samples of a batch with these indices are called; of tiles, the image."""

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch from number `first` on; raise DataError.

        An epoch depends on its number and the seed alone: epoch 7 is the same whether or not
        epochs 0 to 6 were run.
        """


def count_arrays(batches: Batches) -> int:
    """Return the bytes of the arrays that are kept to make batches in."""
    return sum(array.nbytes for array in vars(batches).values() if isinstance(array, np.ndarray))


def cut_into_batches(count: int, size: int) -> list[int]:
    """Return where batches begin and end; a last of one sample gets a second (bn needs two)."""
    cuts = [*range(0, count, size), count]
    if count % size == 1 and size > 2 and len(cuts) > 2:
        cuts[-2] -= 1
    return cuts


def prepare_ahead(prepare: Callable[[int], Result], numbers: range) -> Iterator[Result]:
    """Yield prepare(number) for each number, in order, the next prepared in a thread meanwhile.

    A result may be overwritten once the next is asked for: two buffers are enough.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="batch") as ahead:
        pending: Future[Result] | None = None
        for number in numbers:
            following = ahead.submit(prepare, number)
            if pending is not None:
                yield pending.result()
            pending = following
        if pending is not None:
            yield pending.result()
