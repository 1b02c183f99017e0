import json

import pytest
from stripes import striped_data

from cnncli.errors import DataError, ModelFileError
from cnncli.model_file import load_model, save_model
from cnncli.training.automatic import build_network
from cnncli.training.history import read_history
from cnncli.training.log import LogFile
from cnncli.training.run import train
from cnncli.training.settings import choose_settings

GOOD = b'{"epoch": 1, "train_loss": 2.5}\n'


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with the model of a training of two epochs and its log."""
    folder = tmp_path_factory.mktemp("trained")
    data = striped_data()
    graph = build_network("conv(4,3) >> relu >> dense(classes)", data)
    settings = choose_settings({"epochs": 2, "batch_size": 8}, graph, data.task, 40)
    log = LogFile(str(folder / "m.jsonl"))
    for event in train(str(folder / "m.npz"), data, graph, settings):
        log.take(event)
    return folder


def test_a_log_and_its_model_say_the_same(trained):
    log = read_history(str(trained / "m.jsonl"))
    model = read_history(str(trained / "m.npz"))
    assert [record["epoch"] for record in log.records] == [1, 2]
    for line, record in zip(log.records, model.records, strict=True):
        assert record.items() <= line.items()
    assert log.notice is None


def test_a_broken_last_line_is_left_out_and_said():
    history = read_history("-", GOOD + b'{"epoch": 2, "tra')
    assert [record["epoch"] for record in history.records] == [1]
    assert history.notice == "-: its last line is broken and left out"


def test_what_is_no_finite_number_is_none():
    text = b'{"epoch": 1, "lr": NaN, "train_loss": Infinity, "val_loss": null, "val_r2": 1e999}'
    (record,) = read_history("-", text).records
    assert record == {
        "epoch": 1, "lr": None, "train_loss": None, "val_loss": None, "val_r2": None,
    }  # fmt: skip


def test_what_is_no_number_is_left_out():
    text = b'{"epoch": 1, "best": true, "host": "there", "list": [1]}'
    assert read_history("-", text).records == ({"epoch": 1, "best": True},)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"", "-: has no epochs yet"),
        (b"epoch,loss\n1,2\n", "-: line 1 is no JSON"),
        (GOOD + b"oops\n" + GOOD, "-: line 2 is no JSON"),
        (b"\xff\xfe\n", "-: line 1 is no JSON"),
        (b"[" * 100_000, "-: line 1 is no JSON"),
        (b'{"loss": 1}\n', "-: record 1 has no epoch"),
        (b"[1, 2]\n", "-: record 1 has no epoch"),
        (b'{"epoch": true}\n', "-: record 1 has no epoch"),
        (GOOD + GOOD, "-: epoch 1 comes after epoch 1; give each training a log of its own"),
    ],
)
def test_what_is_no_log_is_refused(text, fault):
    with pytest.raises(DataError) as caught:
        read_history("-", text)
    assert str(caught.value).startswith(fault)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none: cannot be read \(no such file or directory\)"):
        read_history(str(tmp_path / "none"))


def test_a_model_of_an_earlier_release_says_that_it_has_no_records(trained, tmp_path):
    model = load_model(trained / "m.npz")
    del model.training["log"]
    save_model(tmp_path / "old.npz", model)
    with pytest.raises(DataError, match=r"old\.npz: the model has no records of its epochs"):
        read_history(str(tmp_path / "old.npz"))


def test_a_damaged_model_is_refused_as_everywhere(trained, tmp_path):
    (tmp_path / "half.npz").write_bytes((trained / "m.npz").read_bytes()[:500])
    with pytest.raises(ModelFileError):
        read_history(str(tmp_path / "half.npz"))


def test_records_can_be_written_and_read_again(trained):
    history = read_history(str(trained / "m.jsonl"))
    text = "".join(json.dumps(record) + "\n" for record in history.records)
    assert read_history("-", text.encode()).records == history.records
