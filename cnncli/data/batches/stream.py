"""Samples prepared ahead by threads and handed on in order, in batches or what there is of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any

from numpy.typing import NDArray

from cnncli.data.batches.inputs import Input, expand
from cnncli.data.preprocessing import AnyPreprocessing
from cnncli.errors import DataError
from cnncli.value import Value

PATIENCE = 0.02  # seconds a batch waits for its next image, so that a slow source gets its answers
LOOK_UP = 0.1  # seconds after which a full queue is asked whether anybody still wants it

MISFIT = "its values are of another range than the training images', so it is too dark or bright"

Pending = Future["Item"] | Exception | None  # an error of the source, or its end


class Item(Value):
    """An input: an array in the shape of the network, uint8 or float32, or what is wrong."""

    name: str
    values: NDArray[Any] | None
    error: DataError | None = None
    notice: str | None = None


def stream(
    inputs: Iterable[str], preprocessing: AnyPreprocessing, *, batch_size: int, threads: int = 1
) -> Iterator[list[Item]]:
    """Yield lists of 1 to batch_size items, in the order of the inputs, in constant memory.

    A bad input is an item with its error. A list is handed on when it is full or when nothing
    more arrives for the moment; what `inputs` itself raises is raised here.
    """
    arriving: Queue[Pending] = Queue(2 * batch_size + 2 * threads)
    unwanted = Event()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")

    def put(pending: Pending) -> bool:
        while not unwanted.is_set():
            try:
                arriving.put(pending, timeout=LOOK_UP)
            except Full:
                continue
            return True
        return False

    def produce() -> None:
        try:
            for sample in expand(inputs, preprocessing):
                if not put(pool.submit(_prepare, sample, preprocessing)):
                    return
            put(None)
        except Exception as error:
            put(error)

    # A daemon: it may be waiting for stdin when the program has to stop.
    Thread(target=produce, name="inputs", daemon=True).start()
    try:
        yield from _collect(arriving, batch_size)
    finally:
        unwanted.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _prepare(sample: Input, preprocessing: Any) -> Item:
    try:
        decoded = sample.load()
        values = preprocessing.prepare(decoded, sample.name)
    except DataError as error:
        return Item(sample.name, None, error)
    notice = decoded.notice or (MISFIT if preprocessing.is_misfit(decoded) else None)
    return Item(sample.name, values, None, notice)


def _collect(arriving: Queue[Pending], size: int) -> Iterator[list[Item]]:
    batch: list[Item] = []
    while True:
        try:
            pending = arriving.get(timeout=PATIENCE if batch else None)
        except Empty:
            yield batch
            batch = []
            continue
        if isinstance(pending, Future):
            batch.append(pending.result())
            if len(batch) == size:
                yield batch
                batch = []
            continue
        if batch:
            yield batch
        if pending is not None:
            raise pending
        return
