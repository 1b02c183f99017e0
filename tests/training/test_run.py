import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from stripes import striped_data

from cnncli.errors import DivergedError
from cnncli.model_file import load_model
from cnncli.trained.model import load
from cnncli.trained.runner import judge_all
from cnncli.training.automatic import build_network
from cnncli.training.checkpoint import load_checkpoint
from cnncli.training.events import Done, Epoch, Saved, Started, Step, Stopped
from cnncli.training.run import train
from cnncli.training.settings import choose_settings

TEXT = "conv(4,3) >> relu >> dense(classes)"


class Interruption(Exception):
    """What somebody throws into a training."""


def begin(path, *, state=None, options=None, **given):
    """Return the events of a training of two epochs of five steps."""
    data = striped_data()
    graph = build_network(TEXT, data)
    given = {"epochs": 2, "batch_size": 8, "lr": 1e-2, **given}
    settings = choose_settings(given, graph, data.task, 40)
    return train(str(path), data, graph, settings, state=state, options=options)


def forward_to(events, kind):
    """Return the first event of this kind."""
    return next(event for event in iter(lambda: next(events), None) if isinstance(event, kind))


def test_a_training_tells_everything_in_order(tmp_path):
    events = list(begin(tmp_path / "m.npz"))
    kinds = [Started, *[Step] * 5, Epoch, *[Step] * 5, Epoch, Saved, Done]
    assert [type(event) for event in events] == kinds
    started, done = events[0], events[-1]
    assert (started.params, started.epochs, started.samples) == (4 * 9 + 4 + 2 * 4 * 36 + 2, 2, 40)
    assert started.macs == 36 * 4 * 9 + 36 * 4 * 2
    assert (started.steps, started.taken) == (10, 0)
    assert started.step_bytes > 0
    assert done.saved == events[-2]
    assert done.seconds > 0
    assert done.samples_per_second > 0


def test_what_is_saved_is_the_best_epoch_and_what_it_reached(tmp_path):
    events = list(begin(tmp_path / "m.npz"))
    saved, epochs = events[-2], [event for event in events if isinstance(event, Epoch)]
    best = min(epochs, key=lambda epoch: epoch.figure("val_loss"))
    assert (saved.epoch, saved.complete) == (best.epoch, True)
    assert saved.sha256 == hashlib.sha256((tmp_path / "m.npz").read_bytes()).hexdigest()
    trained = load(tmp_path / "m.npz")
    judged = judge_all(trained.open_runner(), striped_data().val, trained.task)
    assert saved.figures == {
        "epochs_run": 2,
        "best_epoch": best.epoch,
        "train_loss": best.train_loss,
        "val_accuracy": best.figure("val_accuracy"),
        "val_loss": pytest.approx(judged.loss.mean(), rel=1e-4),
    }
    training = load_model(tmp_path / "m.npz").training
    assert {name: training[name] for name in saved.figures} == saved.figures
    assert "threads" not in training["settings"]


def test_without_epochs_the_network_is_written_as_it_begins(tmp_path):
    saved, done = begin(tmp_path / "m.npz", epochs=0)
    assert (saved.epoch, saved.figures["epochs_run"], saved.complete) == (None, 0, True)
    assert saved.figures["val_loss"] is None
    assert done.samples_per_second is None
    assert load_model(tmp_path / "m.npz").weights["conv1/weight"].any()


def test_a_new_training_removes_the_checkpoint_of_another(tmp_path):
    for given in ({}, {"epochs": 0}):
        (tmp_path / "m.npz.ckpt").write_text("old")
        forward_to(begin(tmp_path / "m.npz", **given), Saved if given else Started)
        assert not (tmp_path / "m.npz.ckpt").exists()


def test_a_model_tells_whether_its_classes_were_weighted(tmp_path):
    data = striped_data()
    data = replace(data, task=data.task.balance(data.train.targets))
    graph = build_network(TEXT, data)
    settings = choose_settings({"epochs": 1}, graph, data.task, 40)
    list(train(str(tmp_path / "m.npz"), data, graph, settings))
    list(begin(tmp_path / "n.npz", epochs=1))
    balanced, plain = (load_model(tmp_path / name).training for name in ("m.npz", "n.npz"))
    assert balanced["class_weights"] == "auto"
    assert "class_weights" not in plain


def test_an_error_thrown_in_saves_the_best_network_and_comes_back(tmp_path):
    events = begin(tmp_path / "m.npz")
    epoch = forward_to(events, Epoch)
    next(events)
    saved = events.throw(Interruption())
    assert isinstance(saved, Saved)
    assert (saved.epoch, saved.complete) == (epoch.epoch, False)
    assert load_model(tmp_path / "m.npz").training["epochs_run"] == 1
    assert next(events) == Stopped(str(tmp_path / "m.npz.ckpt"), epochs=1, batches=1)
    with pytest.raises(Interruption):
        next(events)


def test_before_the_first_epoch_there_is_a_checkpoint_but_no_model(tmp_path):
    events = begin(tmp_path / "m.npz")
    forward_to(events, Step)
    assert events.throw(Interruption()) == Stopped(str(tmp_path / "m.npz.ckpt"), 0, 1)
    with pytest.raises(Interruption):
        next(events)
    assert [path.name for path in tmp_path.iterdir()] == ["m.npz.ckpt"]


@pytest.mark.parametrize("count", range(1, 13))  # two epochs of five steps, and their ends
@pytest.mark.parametrize("augment", ["none", "noise(9), randaugment, mixup, cutmix"])
def test_a_training_stopped_after_any_event_goes_on_to_the_same_file(tmp_path, count, augment):
    list(begin(tmp_path / "whole.npz", augment=augment))
    events = begin(tmp_path / "m.npz", augment=augment)
    for _ in range(count + 1):
        next(events)
    events.close()
    state = load_checkpoint(tmp_path / "m.npz.ckpt").state
    list(begin(tmp_path / "m.npz", state=state, augment=augment))
    assert (tmp_path / "m.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()
    assert not (tmp_path / "m.npz.ckpt").exists()


def test_an_error_in_the_middle_of_a_step_leaves_the_checkpoint_of_the_epoch(tmp_path, monkeypatch):
    events = begin(tmp_path / "m.npz")
    forward_to(events, Epoch)
    next(events)

    def fail(*_):
        raise Interruption

    monkeypatch.setattr("cnncli.engine.optimizers.Optimizer.step", fail)
    assert isinstance(next(events), Saved)
    assert next(events) == Stopped(str(tmp_path / "m.npz.ckpt"), epochs=1, batches=0)
    with pytest.raises(Interruption):
        next(events)


def test_a_checkpoint_keeps_the_options_of_who_began_it(tmp_path):
    events = begin(tmp_path / "m.npz", options={"epochs": None, "lr": 0.5})
    forward_to(events, Step)
    events.close()
    kept = load_checkpoint(tmp_path / "m.npz.ckpt")
    assert kept.options == {"epochs": None, "lr": 0.5}


def test_a_training_that_is_closed_saves_the_best_network(tmp_path):
    events = begin(tmp_path / "m.npz")
    forward_to(events, Epoch)
    events.close()
    assert load_model(tmp_path / "m.npz").training["best_epoch"] == 1


def test_a_training_that_diverges_saves_the_best_network_first(tmp_path, monkeypatch):
    events = begin(tmp_path / "m.npz")
    forward_to(events, Epoch)
    monkeypatch.setattr("cnncli.engine.optimizers.Optimizer.norm", lambda *_: float("inf"))
    saved = next(events)
    assert isinstance(saved, Saved) and not saved.complete
    with pytest.raises(DivergedError):
        next(events)
    assert load_checkpoint(tmp_path / "m.npz.ckpt").state.steps == 5  # for another learning rate


def test_equal_trainings_write_equal_files(tmp_path):
    for name in ("a.npz", "b.npz"):
        list(begin(tmp_path / name))
    first, second = (Path(tmp_path / name).read_bytes() for name in ("a.npz", "b.npz"))
    assert first == second
