import pytest

from cnncli.training import saving
from cnncli.training.events import Epoch, Step, Stopped
from cnncli.training.saving import Saver
from cnncli.training.state import State

STEP = Step(1, 1, 8, 0.5, 0.1)
EPOCH = Epoch(1, 0.1, 0.5, {}, 1.0, 8.0, best=True)


class Clock:
    """The seconds that time.monotonic() is told to have passed."""

    now = 1000.0


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(saving.time, "monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def writes(monkeypatch, clock):
    """The times at which checkpoints were written, each of which took 20 ms."""
    times = []

    def write(path, checkpoint):
        times.append(round(clock.now - 1000, 3))
        clock.now += 0.02
        return True

    monkeypatch.setattr(saving, "save_checkpoint", write)
    return times


@pytest.fixture
def saver(tmp_path, clock, writes):
    class Checkpoint:
        state = State({}, [], epochs=[EPOCH], batches=3)

    return Saver(str(tmp_path / "m.npz"), Checkpoint)


def tell(saver, clock, event, second):
    clock.now = 1000 + second
    saver.save_when_due(event)


def test_every_epoch_is_saved_where_epochs_take_a_second(saver, clock, writes):
    for second in (1, 2.5, 4, 5.1):
        tell(saver, clock, EPOCH, second)
    assert writes == [1, 2.5, 4, 5.1]


def test_short_epochs_are_saved_as_often_as_it_takes_a_twentieth_of_the_time(saver, clock, writes):
    for tenth in range(21):
        tell(saver, clock, EPOCH, tenth / 10)
    assert writes == [0, 0.5, 1, 1.5, 2]  # the writing itself is not counted


def test_within_an_epoch_a_checkpoint_is_written_every_ten_minutes(saver, clock, writes):
    for minute in range(1, 26):
        tell(saver, clock, STEP, 60 * minute + 1)
    assert writes == [601, 1261]


def test_what_was_written_says_where_the_training_stands(saver, tmp_path):
    assert saver.written is None
    saver.save()
    assert saver.written == Stopped(str(tmp_path / "m.npz.ckpt"), 1, 3)
    saver.remove()
    assert saver.written is None


def test_a_model_that_goes_to_stdout_has_no_checkpoint(writes):
    saver = Saver("-", None)
    saver.save()
    saver.remove()
    assert (writes, saver.written) == ([], None)
