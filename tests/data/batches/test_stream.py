from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.batches.stream import Item, stream
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.errors import DataError

SIGNALS = SignalPreprocessing(6, 2, None)
SHAPE = Preprocessing(4, 4, 1)


def items(inputs, size: int = 4, threads: int = 2) -> list[Item]:
    batches = list(stream(inputs, SHAPE, batch_size=size, threads=threads))
    assert all(1 <= len(batch) <= size for batch in batches)
    return [item for batch in batches for item in batch]


def test_items_come_in_the_order_of_the_inputs(class_folder) -> None:
    root = class_folder({"b": 7, "a": 6})
    paths = [f"{root}/b", f"{root}/a/3.png", f"{root}/a"]
    found = items(paths, threads=4)
    assert [item.name for item in found] == [
        *(f"{root}/b/{i}.png" for i in range(7)),
        f"{root}/a/3.png",
        *(f"{root}/a/{i}.png" for i in range(6)),
    ]
    assert np.array_equal(found[7].values, found[11].values)


def test_items_are_prepared_for_the_network(class_folder) -> None:
    for item in items([str(class_folder({"a": 3}, mode="RGB"))]):
        assert item.error is None
        assert item.values.shape == (4, 4, 1)
        assert item.values.dtype == np.uint8


@pytest.mark.parametrize("size", [1, 2, 5, 64])
@pytest.mark.parametrize("threads", [1, 3])
def test_batch_size_and_threads_change_nothing(class_folder, size: int, threads: int) -> None:
    root = str(class_folder({"a": 11}))
    expected = items([root], 3, 1)
    found = items([root], size, threads)
    assert [one.name for one in found] == [one.name for one in expected]
    assert all(np.array_equal(a.values, b.values) for a, b in zip(found, expected, strict=True))


def test_a_bad_input_keeps_its_place_and_the_rest_goes_on(class_folder) -> None:
    root = class_folder({"a": 3})
    (root / "a/1.png").write_text("text")
    found = items([f"{root}/gone.png", str(root)])
    assert [item.error is None for item in found] == [False, True, False, True]
    assert "no such file" in str(found[0].error)
    assert found[2].values is None


def test_first_frames_are_noticed(class_folder, picture) -> None:
    root = class_folder({"a": 1})
    picture(6, 5).save(root / "a/1.gif", save_all=True, append_images=[picture(6, 5, seed=1)])
    assert [item.notice for item in items([str(root)])] == [
        None, "only the first frame or page is used",
    ]  # fmt: skip


def test_no_inputs_give_no_batches() -> None:
    assert items([]) == []


def test_an_error_of_the_source_is_raised_after_what_came_before(class_folder) -> None:
    root = class_folder({"a": 1})

    def paths() -> Iterator[str]:
        yield f"{root}/a/0.png"
        raise DataError("the list is gone")

    found = stream(paths(), SHAPE, batch_size=4)
    assert len(next(found)) == 1
    with pytest.raises(DataError, match="the list is gone"):
        next(found)


def test_a_slow_source_gets_its_answers_one_by_one(class_folder) -> None:
    root = class_folder({"a": 3})
    answered = threading.Semaphore(0)

    def paths() -> Iterator[str]:
        for i in range(3):
            yield f"{root}/a/{i}.png"
            assert answered.acquire(timeout=5), "no answer before the next question"

    sizes = []
    for batch in stream(paths(), SHAPE, batch_size=64):
        sizes.append(len(batch))
        answered.release()
    assert sizes == [1, 1, 1]


def test_a_fast_source_is_read_only_a_little_ahead(class_folder) -> None:
    root = class_folder({"a": 1})
    asked = 0

    def paths() -> Iterator[str]:
        nonlocal asked
        for _ in range(10_000):
            asked += 1
            yield f"{root}/a/0.png"

    found = stream(paths(), SHAPE, batch_size=4, threads=2)
    next(found)
    time.sleep(0.2)
    assert asked < 40
    found.close()
    time.sleep(0.3)
    assert asked < 60


def test_stopping_early_leaves_no_thread(class_folder) -> None:
    before = set(threading.enumerate())
    root = class_folder({"a": 1})
    found = stream([f"{root}/a/0.png"] * 1000, SHAPE, batch_size=2)
    next(found)
    found.close()
    deadline = time.monotonic() + 5
    while not before.issuperset(threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_program_waiting_for_stdin_can_end() -> None:
    program = (
        "from cnncli.data.batches.inputs import read_paths\n"
        "from cnncli.data.images.preprocessing import Preprocessing\n"
        "from cnncli.data.batches.stream import stream\n"
        "found = stream(read_paths('-'), Preprocessing(4, 4, 1), batch_size=4)\n"
        "print(next(found)[0].error)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        process.stdin.write(b"gone.png\n")
        process.stdin.flush()
        assert b"no such file" in process.stdout.readline()
        assert process.wait(10) == 0
        assert process.stderr.read() == b""


def test_a_stream_hands_on_signals_and_errors_in_order(
    signal_folder: Path, signal_array: str, signal
) -> None:
    paths = [str(signal_folder / "a" / "0.npy"), "absent.wav", signal_array, str(signal_folder)]
    items = [one for batch in stream(paths, SIGNALS, batch_size=7) for one in batch]
    assert len(items) == 1 + 1 + 40 + 40
    assert np.array_equal(items[0].values, signal(0))
    assert "absent.wav: not a readable signal (no such file)" in str(items[1].error)
    assert items[2].name == f"{signal_array}[0]"
    assert np.array_equal(items[2].values, signal(0, 16)[5:11])


def test_signals_that_do_not_fit_the_network_are_errors_in_place(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((4, 3)))
    ((item,),) = stream([str(tmp_path / "a.npy")], SIGNALS, batch_size=2)
    assert "channels: 3, and the network takes 2" in str(item.error)
