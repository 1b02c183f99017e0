"""A checkpoint holds all of a training; what is no sound checkpoint is refused."""

from dataclasses import fields, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from stripes import TASK, striped_data

from cnncli.engine.optimizers import OPTIMIZERS
from cnncli.errors import ModelFileError
from cnncli.graph import build_graph
from cnncli.model_file import load_model
from cnncli.notation import parse
from cnncli.training.checkpoint import (
    Checkpoint,
    load_checkpoint,
    locate_checkpoint,
    remove_checkpoint,
    save_checkpoint,
)
from cnncli.training.loop import Training
from cnncli.training.settings import choose_settings
from cnncli.training.state import State

TEXT = "conv(4,3,bias=no) >> bn >> relu >> dropout(0.3) >> dense(2)"
OPTIONS = {"arch": "a\nb", "img_size": [8, 8], "val": "caf\udce9", "lr": None, "epochs": 3}


def begin(optimizer="adamw"):
    data = striped_data(20, 12)
    graph = build_graph(parse(TEXT), (8, 8, 1))
    given = {"epochs": 3, "batch_size": 8, "lr": 5e-3, "optimizer": optimizer, "average": 0.9}
    given["augment"] = "strong"
    settings = choose_settings(given, graph, TASK, 20)
    training = Training(data, graph, settings)
    return training, Checkpoint.take(data, graph, settings, OPTIONS, training.state)


@pytest.fixture
def checkpoint():
    """One in the middle of the second epoch."""
    training, checkpoint = begin()
    list(islice(training.run(), 6))
    return checkpoint


@pytest.fixture
def path(checkpoint, tmp_path):
    assert save_checkpoint(tmp_path / "m.ckpt", checkpoint)
    return tmp_path / "m.ckpt"


def comparable(value):
    """Return a value as bytes and plain parts, which can be compared."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return {name: comparable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value), [comparable(part) for part in value]
    if hasattr(value, "to_manifest"):  # a task
        return value.outputs, value.to_manifest()
    return comparable(vars(value)) if hasattr(value, "__dict__") else repr(value)


def test_every_field_of_a_checkpoint_and_its_state_is_read_as_it_was_written(checkpoint, path):
    read = load_checkpoint(path)
    for field in fields(Checkpoint):
        expected = comparable(getattr(checkpoint, field.name))
        assert comparable(getattr(read, field.name)) == expected, field.name
    for field in fields(State):
        expected = comparable(getattr(checkpoint.state, field.name))
        assert comparable(getattr(read.state, field.name)) == expected, field.name


def test_every_field_of_the_state_is_worth_a_look_by_then(checkpoint):
    first = begin()[0].state
    for field in fields(State):
        before, now = (getattr(state, field.name) for state in (first, checkpoint.state))
        assert comparable(now) != comparable(before), f"{field.name} has not changed yet"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("count", [1, 4, 6])  # after a step, after an epoch, in the second one
def test_a_training_goes_on_from_a_file_to_the_same_state(optimizer, count, tmp_path):
    whole, _ = begin(optimizer)
    list(whole.run())
    first, checkpoint = begin(optimizer)
    list(islice(first.run(), count))
    save_checkpoint(tmp_path / "m.ckpt", checkpoint)
    again, _ = begin(optimizer)
    again.restore(load_checkpoint(tmp_path / "m.ckpt").state)
    list(again.run())
    assert comparable(whole.state.weights) == comparable(again.state.weights)
    assert comparable(whole.state.average) == comparable(again.state.average)
    assert comparable(whole.state.moments) == comparable(again.state.moments)
    assert comparable(whole.state.best.weights) == comparable(again.state.best.weights)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_figure_that_is_no_number_is_kept_as_it_is(checkpoint, tmp_path, number):
    epoch = replace(checkpoint.state.epochs[0], train_loss=float(number))
    checkpoint.state.epochs.append(epoch)
    save_checkpoint(tmp_path / "m.ckpt", checkpoint)
    last = load_checkpoint(tmp_path / "m.ckpt").state.epochs[-1]
    assert np.array_equal(last.train_loss, number, equal_nan=True)


def test_weights_that_are_not_finite_leave_the_old_checkpoint(checkpoint, path):
    before = path.read_bytes()
    checkpoint.state.weights["dense1/bias"][0] = np.inf
    assert not save_checkpoint(path, checkpoint)
    assert path.read_bytes() == before


@pytest.mark.parametrize("limit", ["MAX_ARRAYS", "MAX_FILE_BYTES"])
def test_what_is_too_large_for_a_file_leaves_the_old_checkpoint(
    checkpoint, path, monkeypatch, limit
):
    before = path.read_bytes()
    monkeypatch.setattr(f"cnncli.training.checkpoint.{limit}", 10)
    assert not save_checkpoint(path, checkpoint)
    assert path.read_bytes() == before


def test_the_arrays_can_be_read_by_numpy(checkpoint, path):
    with np.load(path, allow_pickle=False) as arrays:
        weight = arrays["state/weights/conv1/weight"]
    assert np.array_equal(weight, checkpoint.state.weights["conv1/weight"])


@pytest.mark.parametrize("length", [0, 3, 100, 5000, -1])
def test_a_truncated_checkpoint_is_refused_with_what_to_do(path, length):
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ModelFileError) as refused:
        load_checkpoint(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert str(refused.value).endswith("; force without resume begins again")


def test_no_changed_byte_goes_unnoticed(path):
    data = path.read_bytes()
    for place in np.linspace(0, len(data) - 1, 200, dtype=int):
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        with pytest.raises(ModelFileError):
            load_checkpoint(path)


def test_a_model_is_no_checkpoint_and_a_checkpoint_is_no_model(path):
    model = Path(__file__).parents[1] / "model_file" / "golden"
    for file in model.glob("*.npz"):
        with pytest.raises(ModelFileError, match="is not a cnncli checkpoint file"):
            load_checkpoint(file)
    with pytest.raises(ModelFileError, match="is not a cnncli model file"):
        load_model(path)


def test_a_state_of_another_network_is_refused(checkpoint):
    state = checkpoint.state.copy()
    del state.weights["dense1/bias"]
    with pytest.raises(ModelFileError, match="belong to another network"):
        begin()[0].restore(state)
    with pytest.raises(ModelFileError, match="or optimizer"):
        begin("sgd")[0].restore(checkpoint.state)


def test_a_checkpoint_lies_beside_the_model_also_behind_a_link(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "m.npz").symlink_to(tmp_path / "there" / "n.npz")
    assert locate_checkpoint(str(tmp_path / "m.npz")) == tmp_path / "there" / "n.npz.ckpt"


@pytest.mark.parametrize("path", ["-", "/dev/stdout", "/dev/null"])
def test_a_model_that_goes_to_no_file_has_no_checkpoint(path):
    assert locate_checkpoint(path) is None


def test_removing_a_checkpoint_removes_what_a_killed_writer_left(path, tmp_path):
    (tmp_path / ".m.ckpt.999999999.tmp").write_text("half")
    remove_checkpoint(path)
    assert list(tmp_path.iterdir()) == []
    remove_checkpoint(path)  # where there is none
