import pytest
from stripes import striped_data

from cnncli.commands import _training_events
from cnncli.commands._training_events import follow
from cnncli.engine.optimizers import Optimizer
from cnncli.terminal import Interrupted
from cnncli.training.automatic import build_network
from cnncli.training.checkpoint import load_checkpoint
from cnncli.training.events import Epoch, Started, Step
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
    path = tmp_path / "m.npz"
    assert capsys.readouterr().err.splitlines()[-2:] == [
        f"the network of epoch 1 is kept in {path}",
        f"stopped after 1 epoch and 2 batches, as kept in {path}.ckpt; --resume goes on from there",
    ]
    assert path.exists()


def test_before_the_first_epoch_a_checkpoint_is_all_there_is(events, data, fail, capsys, tmp_path):
    fail(2, OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        follow(events, data)
    first, last = capsys.readouterr().err.splitlines()
    assert "parameters" in first
    assert last.startswith("stopped after 0 epochs and 2 batches, as kept in ")
    assert [path.name for path in tmp_path.iterdir()] == ["m.npz.ckpt"]


def test_nothing_is_said_of_batches_right_after_an_epoch(events, data, monkeypatch, capsys):
    def fail(*_):
        raise OSError("gone")

    monkeypatch.setattr(_training_events._Story, "_describe", fail)
    with pytest.raises(OSError, match="gone"):
        follow(events, data)
    assert "\nstopped after 1 epoch, as kept in " in capsys.readouterr().err


def test_a_signal_waits_for_the_step_under_way(events, data, monkeypatch, tmp_path):
    monkeypatch.setattr(Interrupted, "pending", 0)
    step = Optimizer.step
    finished = []

    def interrupted(*arguments):
        assert Interrupted.postponed
        if len(finished) == 2:
            Interrupted.pending = 15
        step(*arguments)
        finished.append(1)

    monkeypatch.setattr(Optimizer, "step", interrupted)
    with pytest.raises(Interrupted):
        follow(events, data)
    assert not Interrupted.postponed
    assert load_checkpoint(tmp_path / "m.npz.ckpt").state.steps == len(finished) == 3


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
    assert "the network of epoch 1 is kept" in capsys.readouterr().err


def test_on_a_terminal_there_is_the_time_left_for_all_epochs(data, monkeypatch, capsys):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    now = iter(range(0, 10**6, 3))
    monkeypatch.setattr("cnncli.terminal.time.monotonic", lambda: next(now))
    story = _training_events._Story(data)
    story.tell(Started(1, 1, 1, 1, 1.5, 40, steps=12, taken=2))
    story.begun = next(now)
    story.tell(Step(1, 4, 16, 0.5, 0.1))
    shown = capsys.readouterr().err.rpartition("\r")[2]
    assert " 16/40 images, " in shown
    # Two steps took 3 s, and eight are left.
    assert "epoch 1/1.5, 12 s left in all" in shown


def test_the_bar_of_a_shorter_last_epoch_has_its_samples(data, monkeypatch):
    story = _training_events._Story(data)
    story.tell(Started(1, 1, 1, 1, 1.5, 40, steps=8))
    assert story.progress.total == 40
    story.tell(Epoch(1, 0.1, 1.0, {}, 1.0, 1.0, False))
    assert story.progress.total == 20
