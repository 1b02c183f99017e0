import time

import pytest
from stripes import striped_data

from cnncli.errors import DivergedError
from cnncli.training.automatic import build_network
from cnncli.training.loop import Training
from cnncli.training.rehearsal import Pace, rehearse
from cnncli.training.settings import choose_settings


def prepare(**given):
    data = striped_data()
    graph = build_network("conv(4,3) >> relu >> dense(classes)", data)
    return data, graph, choose_settings({"batch_size": 8, **given}, graph, data.task, 40)


@pytest.fixture
def slow(monkeypatch):
    """Make every step take at least 30 ms; return the list of those taken."""
    taken = []
    step = Training._step

    def slowly(self, batch):
        time.sleep(0.03)
        taken.append(len(batch.targets))
        return step(self, batch)

    monkeypatch.setattr(Training, "_step", slowly)
    return taken


def test_an_epoch_is_its_steps_and_its_validation():
    assert Pace(0.5, 10, 2.0).epoch == 7.0


@pytest.mark.parametrize("epochs", [0, 2, 0.5])
def test_the_time_of_a_step_is_measured_on_an_epoch_at_most(slow, epochs):
    pace = rehearse(*prepare(epochs=epochs))
    assert pace.steps == 5 and slow == [8] * 5
    assert 0.03 <= pace.step < 1
    assert 0 < pace.validation < 1


def test_steps_end_when_there_was_time_for_enough(slow):
    pace = rehearse(*prepare(), seconds=0.05)
    assert slow == [8] * 2
    assert pace.step >= 0.03


def test_a_part_of_the_validation_stands_for_the_whole(monkeypatch):
    data, graph, settings = prepare()
    judged = []
    judge = type(data.task).judge

    def slowly(self, outputs, targets):
        time.sleep(0.02)
        judged.append(len(targets))
        return judge(self, outputs, targets)

    monkeypatch.setattr(type(data.task), "judge", slowly)
    monkeypatch.setattr("cnncli.trained.runner.MOST_SAMPLES", 4)
    pace = rehearse(data, graph, settings, seconds=0.03)
    assert judged == [4, 4]
    assert pace.validation >= 0.02 * 10


def test_what_ends_a_training_at_once_ends_its_rehearsal(monkeypatch):
    monkeypatch.setattr("cnncli.engine.optimizers.Optimizer.norm", lambda *_: float("inf"))
    with pytest.raises(DivergedError):
        rehearse(*prepare())
