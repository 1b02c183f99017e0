import subprocess
import sys
import time

import pytest
from stripes import striped_data

from cnncli.errors import UsageError
from cnncli.training import budget
from cnncli.training.automatic import build_network
from cnncli.training.budget import Budget, fit_epochs
from cnncli.training.events import Done
from cnncli.training.rehearsal import Pace
from cnncli.training.run import train
from cnncli.training.settings import choose_settings

PACE = Pace(step=0.1, steps=10, validation=0.5)  # 1.5 s for an epoch


@pytest.mark.parametrize(
    ("seconds", "epochs"),
    [
        (-1, 0),
        (0, 0),
        (0.55, 0),
        (0.65, 0.1),
        (1.55, 1),
        (1.9, 1),  # no time for a step and another validation
        (2.35, 1.3),
        (15.05, 10),
        (15.85, 10.3),
    ],
)
def test_epochs_fill_the_time_with_their_validations(seconds, epochs):
    assert fit_epochs(PACE, seconds) == epochs


@pytest.mark.parametrize("batches", [1, 3, 7, 29, 704, 12345])
def test_epochs_of_few_digits_make_the_same_steps(batches):
    data = striped_data()
    graph = build_network("conv(4,3) >> relu >> dense(classes)", data)
    for steps in range(1, 2 * batches, max(1, batches // 7)):
        epochs = fit_epochs(Pace(1.0, batches, 1e-9), steps + 0.5)
        settings = choose_settings({"epochs": epochs}, graph, data.task, 40)
        assert settings.count_steps(batches) == steps
        assert len(str(epochs)) < 9


def plan(monkeypatch, seconds, spent=0.0, **given):
    """Plan a training that began some seconds ago, at the pace of PACE."""
    data = striped_data()
    graph = build_network("conv(4,3) >> relu >> dense(classes)", data)
    monkeypatch.setattr(budget, "rehearse", lambda *_: PACE)
    monkeypatch.setattr(budget.time, "monotonic", lambda: 1000.0 + spent)
    settings, deadline = Budget(seconds, 1000.0).plan(data, graph, given)
    plain = choose_settings({**given, "epochs": settings.epochs}, graph, data.task, 40)
    assert settings == plain
    return settings, deadline


def test_a_plan_leaves_out_the_time_that_is_spent(monkeypatch):
    settings, deadline = plan(monkeypatch, 20)
    assert settings.epochs == fit_epochs(PACE, 19.4)
    assert deadline == pytest.approx(1000 + 20.6 - 0.5)
    assert plan(monkeypatch, 20, spent=9.55)[0].epochs == 6.3


def test_what_depends_on_the_epochs_follows_the_plan(monkeypatch):
    settings, _ = plan(monkeypatch, 1.3)
    assert settings.epochs == 0.7
    assert settings.warmup_epochs == 0.35


def test_a_budget_that_is_too_short_says_what_would_do(monkeypatch):
    with pytest.raises(UsageError, match=r"budget 3s: too short for a step, .*; give 5s or more"):
        plan(monkeypatch, 3, spent=3)
    settings, _ = plan(monkeypatch, 5, spent=3)
    assert settings.epochs > 0


def test_a_planned_training_ends_with_the_bytes_of_one_with_the_same_epochs(tmp_path, monkeypatch):
    def load():
        data = striped_data()
        return data, build_network("conv(4,3) >> bn >> relu >> dense(classes)", data)

    given = {"batch_size": 8}
    monkeypatch.setattr(budget, "fit_epochs", lambda *_: 1.6)
    settings, _ = Budget(1.0, time.monotonic()).plan(*load(), given)
    list(train(str(tmp_path / "planned.npz"), *load(), settings))
    data, graph = load()
    plain = choose_settings({**given, "epochs": 1.6}, graph, data.task, 40)
    list(train(str(tmp_path / "plain.npz"), data, graph, plain))
    planned = (tmp_path / "planned.npz").read_bytes()
    assert planned == (tmp_path / "plain.npz").read_bytes()


def test_epochs_are_measured_to_fit(tmp_path):
    data = striped_data()
    graph = build_network("conv(4,3) >> relu >> dense(classes)", data)
    began = time.monotonic()
    settings, deadline = Budget(1.0, began).plan(data, graph, {"batch_size": 8})
    assert settings.epochs > 1
    events = list(train(str(tmp_path / "m.npz"), data, graph, settings, deadline=deadline))
    assert isinstance(events[-1], Done)
    assert time.monotonic() - began < 2  # the deadline ends it on a machine that slows down


def test_the_start_of_a_process_is_when_it_was_started():
    program = "from cnncli.training.budget import find_start; print(find_start())"
    before = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert before - 0.05 <= float(done.stdout) < time.monotonic()
    assert float(done.stdout) < before + 0.5  # and not when its imports were done
