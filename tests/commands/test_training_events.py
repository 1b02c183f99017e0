import pytest
from stripes import striped_data

from cnncli.commands import _training_events
from cnncli.commands._training_events import follow
from cnncli.terminal import Interrupted
from cnncli.training.automatic import build_network
from cnncli.training.run import train
from cnncli.training.settings import choose_settings

EPOCHS = 2


@pytest.fixture
def data():
    return striped_data()


@pytest.fixture
def events(data, tmp_path):
    """A training of two epochs of five steps."""
    graph = build_network("conv(4,3) >> relu >> dense(classes)", data)
    settings = choose_settings({"epochs": EPOCHS, "batch_size": 8}, graph, data.task, 40)
    return train(str(tmp_path / "m.npz"), data, graph, settings)


@pytest.fixture
def fail(monkeypatch):
    """Return what makes showing the progress fail at a step: with this error, from 1."""

    def fail_at(step, error):
        steps = iter(range(1, 100))
        update = _training_events.Progress.update

        def failing(self, done, text=""):
            if next(steps) == step:
                raise error
            update(self, done, text)

        monkeypatch.setattr(_training_events.Progress, "update", failing)

    return fail_at


def test_every_epoch_is_a_line(events, data, capsys):
    done = follow(events, data)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["epoch 1/2", "epoch 2/2"]
    assert done.saved.figures["epochs_run"] == EPOCHS


def test_an_error_while_showing_saves_the_best_network_and_says_so(
    events, data, fail, capsys, tmp_path
):
    fail(6, OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        follow(events, data)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"the best so far, of epoch 1, is kept in {tmp_path / 'm.npz'}"
    assert (tmp_path / "m.npz").exists()


def test_before_the_first_epoch_there_is_nothing_to_say(events, data, fail, capsys, tmp_path):
    fail(2, OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        follow(events, data)
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_signal_that_was_lost_is_noticed_at_the_next_step(events, data, monkeypatch, capsys):
    monkeypatch.setattr(Interrupted, "pending", 0)
    shown = []

    def count(self, done, text=""):
        shown.append(done)
        if len(shown) == 6:
            Interrupted.pending = 15
        Interrupted.check()

    monkeypatch.setattr(_training_events.Progress, "update", count)
    with pytest.raises(Interrupted):
        follow(events, data)
    assert Interrupted.pending == 0
    assert "the best so far, of epoch 1" in capsys.readouterr().err
