from dataclasses import replace
from itertools import pairwise

import pytest
from stripes import striped_data

from cnncli.errors import DataError, DivergedError
from cnncli.training import range_test
from cnncli.training.automatic import build_network
from cnncli.training.loop import Training
from cnncli.training.range_test import (
    HIGHEST,
    LOWEST,
    Trial,
    run_range_test,
    suggest_rate,
)
from cnncli.training.settings import choose_settings


def prepare(**given):
    data = striped_data()
    graph = build_network("conv(4,3) >> relu >> dense(classes)", data)
    return data, graph, choose_settings({"batch_size": 8, **given}, graph, data.task, 40)


@pytest.fixture
def patient(monkeypatch):
    """Let the test go on however high the loss is."""
    monkeypatch.setattr(range_test, "HOPELESS", float("inf"))


def test_the_rate_rises_by_the_same_factor_over_repeated_epochs(patient):
    trials = list(run_range_test(*prepare(optimizer="adamw"), steps=21))
    rates = [trial.learning_rate for trial in trials]
    assert len(rates) == 21 and rates[0] == pytest.approx(LOWEST)
    factor = (HIGHEST / LOWEST) ** (1 / 21)
    assert [b / a for a, b in pairwise(rates)] == pytest.approx([factor] * 20)


def test_a_test_may_be_shorter_than_an_epoch(patient):
    assert len(list(run_range_test(*prepare(batch_size=2), steps=12))) == 12


def test_what_the_settings_say_of_rates_and_epochs_does_not_matter():
    usual = list(run_range_test(*prepare(), steps=12))
    others = {"lr": 0.5, "epochs": 1, "lr_schedule": "step", "patience": 1, "average": 0.5}
    given = {**others, "weight_decay": prepare()[2].weight_decay}
    assert list(run_range_test(*prepare(**given), steps=12)) == usual


def test_a_test_begins_where_another_network_ended():
    data, graph, settings = prepare()
    trained = Training(data, graph, settings)
    list(trained.run())
    (cold,) = run_range_test(data, graph, settings, steps=1)
    (warm,) = run_range_test(data, graph, settings, trained.weights.dump(), steps=1)
    assert warm.loss < cold.loss / 2


def test_losses_are_averaged_and_the_latest_count_most(monkeypatch):
    losses = iter([4.0, 2.0, 1.0])
    step = Training._step

    def lose(self, batch):
        return replace(step(self, batch), loss=next(losses))

    monkeypatch.setattr(Training, "_step", lose)
    trials = list(run_range_test(*prepare(), steps=3))
    assert [trial.loss for trial in trials] == [4.0, 2.0, 1.0]
    first, second, third = (trial.smooth for trial in trials)
    assert first == pytest.approx(4.0)
    assert second == pytest.approx((0.09 * 4 + 0.1 * 2) / 0.19)
    assert third == pytest.approx((0.081 * 4 + 0.09 * 2 + 0.1 * 1) / 0.271)


def test_a_hopeless_loss_ends_the_test(monkeypatch):
    losses = iter([2.0] * 12 + [40.0] * 88)
    step = Training._step
    monkeypatch.setattr(
        Training, "_step", lambda self, batch: replace(step(self, batch), loss=next(losses))
    )
    trials = list(run_range_test(*prepare()))
    assert len(trials) == 14
    assert trials[-2].smooth < 4 * 2.0 < trials[-1].smooth


def test_a_loss_that_is_no_number_ends_the_test(monkeypatch):
    step = Training._step

    def diverge(self, batch):
        if self.state.steps == 15:
            raise DivergedError("no number")
        return step(self, batch)

    monkeypatch.setattr(Training, "_step", diverge)
    assert len(list(run_range_test(*prepare()))) == 15


def test_a_tenth_of_the_rate_of_the_lowest_loss_is_suggested():
    smooth = [5.0] * 10 + [4, 3, 2, 3, 9]
    trials = [Trial(10.0**power, 1.0, loss) for power, loss in enumerate(smooth)]
    assert suggest_rate(trials) == pytest.approx(1e11)


def test_too_few_steps_suggest_nothing():
    with pytest.raises(DataError, match="the loss is no number after 3 steps, at any learning"):
        suggest_rate([Trial(0.1, 1.0, 1.0)] * 3)


def test_the_suggested_rate_trains_as_well_as_the_usual_one():
    test = run_range_test(*prepare(optimizer="momentum"))
    losses = []
    for rate in (None, suggest_rate(list(test))):
        given = {"epochs": 4, "optimizer": "momentum", **({"lr": rate} if rate else {})}
        training = Training(*prepare(**given))
        list(training.run())
        losses.append(training.state.best.epoch.figure("val_loss"))
    usual, suggested = losses
    assert suggested < usual + 0.1
