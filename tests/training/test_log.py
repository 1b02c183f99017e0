import json
import math
import os
import threading
from itertools import pairwise

import pytest

from cnncli.errors import CnncliError
from cnncli.training.events import Epoch, Started
from cnncli.training.log import MOST_KEPT, LogFile, describe_epoch, keep_records

KEPT = ["epoch", "lr", "train_loss", "val_loss", "val_accuracy", "best"]


def make_epoch(number, val_loss=0.5):
    figures = {"val_loss": val_loss, "val_accuracy": 0.75}
    return Epoch(number, 0.01, 1.5, figures, 2.0, 40.0, True)


def make_start(*resumed):
    return Started(1, 1, 1, 1, 3, 80, 30, resumed=resumed)


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_record_has_no_times_and_no_number_json_lacks():
    record = describe_epoch(make_epoch(3, math.nan))
    assert list(record) == KEPT
    assert list(record.values()) == [3, 0.01, 1.5, None, 0.75, True]


def test_a_line_has_the_record_and_what_it_took(tmp_path):
    log = LogFile(str(tmp_path / "log"))
    for event in (make_start(), make_epoch(1), make_epoch(2, math.inf)):
        log.take(event)
    first, second = read(tmp_path / "log")
    assert first == {**describe_epoch(make_epoch(1)), "seconds": 2.0, "images_per_second": 40.0}
    assert (second["epoch"], second["val_loss"]) == (2, None)


def test_a_resumed_training_has_each_epoch_once(tmp_path):
    path = tmp_path / "log"
    first = LogFile(str(path))
    for event in (make_start(), make_epoch(1), make_epoch(2), make_epoch(3)):
        first.take(event)
    whole = path.read_text()
    again = LogFile(str(path))  # from a checkpoint after the first epoch
    again.take(make_start(make_epoch(1)))
    assert [record["epoch"] for record in read(path)] == [1]
    again.take(make_epoch(2))
    again.take(make_epoch(3))
    assert path.read_text() == whole


def test_each_line_is_a_single_write(tmp_path, monkeypatch):
    written = []
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: written.append(data) or write(file, data))
    log = LogFile(str(tmp_path / "log"))
    for event in (make_start(), make_epoch(1), make_epoch(2)):
        log.take(event)
    assert len(written) == 2 and all(line.endswith(b"}\n") for line in written)


def test_a_line_there_is_no_room_for_leaves_no_half(tmp_path, monkeypatch):
    path = tmp_path / "log"
    log = LogFile(str(path))
    log.take(make_start())
    log.take(make_epoch(1))
    whole, write = path.read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:20]))
    with pytest.raises(CnncliError, match="no space left"):
        log.take(make_epoch(2))
    assert path.read_bytes() == whole


def test_a_full_disk_names_the_log(tmp_path):
    log = LogFile("/dev/full")
    log.take(make_start())
    with pytest.raises(CnncliError, match=r"^/dev/full: no space left on device$"):
        log.take(make_epoch(1))


def test_a_pipe_takes_the_lines(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    lines = []

    def listen():
        with (tmp_path / "pipe").open() as pipe:
            lines.extend(pipe)

    reader = threading.Thread(target=listen)
    reader.start()
    log = LogFile(str(tmp_path / "pipe"))
    log.take(make_start())
    log.take(make_epoch(1))
    os.close(log._descriptor)
    reader.join()
    assert [json.loads(line)["epoch"] for line in lines] == [1]


@pytest.mark.parametrize(
    ("count", "kept"),
    [(0, []), (3, [1, 2, 3]), (MOST_KEPT, range(1, MOST_KEPT + 1))],
)
def test_a_model_file_keeps_every_epoch_of_usual_trainings(count, kept):
    records = keep_records([make_epoch(number) for number in range(1, count + 1)])
    assert [record["epoch"] for record in records] == list(kept)


def test_of_very_long_trainings_it_keeps_some_and_the_last():
    numbers = [r["epoch"] for r in keep_records([make_epoch(n + 1) for n in range(2501)])]
    assert len(numbers) <= MOST_KEPT and numbers[-1] == 2501
    assert {b - a for a, b in pairwise(numbers)} == {3}
