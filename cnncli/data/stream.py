"""Samples prepared ahead by threads and handed on in order, a batch or what there is of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any

from numpy.typing import NDArray

from cnncli.data.inputs import Input, expand
from cnncli.data.medium import AnyPreprocessing
from cnncli.errors import DataError
from cnncli.value import Value

PATIENCE = 0.02  # seconds a batch waits for its next image, so that a slow source gets its answers
LOOK_UP = 0.1  # seconds after which a full queue is asked whether anybody still wants it

Pending = Future["Item"] | Exception | None  # an error of the source, or its end


class Item(Value):
    """One input: an array in the shape of the network, uint8 or float32, or what is wrong."""

    name: str
    pixels: NDArray[Any] | None
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

    def put(one: Pending) -> bool:
        while not unwanted.is_set():
            try:
                arriving.put(one, timeout=LOOK_UP)
            except Full:
                continue
            return True
        return False

    def produce() -> None:
        try:
            for one in expand(inputs, preprocessing):
                if not put(pool.submit(_item, one, preprocessing)):
                    return
            put(None)
        except Exception as error:
            put(error)

    # A daemon: it may be waiting for stdin when the program is told to stop.
    Thread(target=produce, name="inputs", daemon=True).start()
    try:
        yield from _batches(arriving, batch_size)
    finally:
        unwanted.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _item(one: Input, preprocessing: AnyPreprocessing) -> Item:
    try:
        picture = one.load()
        pixels = preprocessing.ready(picture, one.name)
    except DataError as error:
        return Item(one.name, None, error)
    notice = None
    if picture.frames_left_out:
        notice = "only the first frame or page is used"
    return Item(one.name, pixels, None, notice)


def _batches(arriving: Queue[Pending], size: int) -> Iterator[list[Item]]:
    batch: list[Item] = []
    while True:
        try:
            one = arriving.get(timeout=PATIENCE if batch else None)
        except Empty:
            yield batch
            batch = []
            continue
        if isinstance(one, Future):
            batch.append(one.result())
            if len(batch) == size:
                yield batch
                batch = []
            continue
        if batch:
            yield batch
        if one is not None:
            raise one
        return
