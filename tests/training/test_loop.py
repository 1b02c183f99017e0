import math

import numpy as np
import pytest
from stripes import PREPROCESSING, TASK, striped_data

from cnncli.engine import Plan, Weights
from cnncli.errors import DataError, DivergedError
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse
from cnncli.trained.runner import judge_all, open_runner
from cnncli.training.events import EndedEarly, Epoch, Step
from cnncli.training.loop import Training
from cnncli.training.schedules import Cosine, learning_rate
from cnncli.training.settings import choose_settings
from cnncli.training.state import Best
from cnncli.training.stopping import Monitor

TEXT = (
    "conv(8,3,pad=1,bias=no) >> bn >> relu >> maxpool >> dropout(0.2) >> dense(16) >> relu"
    " >> dense(2)"
)


def training(given=None, *, val=40, train=40, text=TEXT, threads=1):
    graph = build_graph(parse(text), (8, 8, 1))
    given = {"epochs": 4, "batch_size": 8, "lr": 5e-3, "threads": threads, **(given or {})}
    settings = choose_settings(given, graph, TASK, train)
    return Training(striped_data(train, val), graph, settings)


def steps_of(run):
    return [event for event in run.run() if isinstance(event, Step)]


def epochs_of(run):
    return [event for event in run.run() if isinstance(event, Epoch)]


def test_training_learns_and_tells_of_every_epoch():
    epochs = epochs_of(training({"epochs": 6}))
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4, 5, 6]
    assert epochs[-1].figure("val_accuracy") > 0.9
    assert epochs[-1].train_loss < epochs[0].train_loss
    assert epochs[0].learning_rate > epochs[-1].learning_rate


def test_every_step_is_told_with_its_place_and_its_rate():
    run = training({"epochs": 2, "warmup_epochs": 0.0}, train=20)
    steps = steps_of(run)
    assert [(step.epoch, step.step, step.samples) for step in steps] == [
        (1, 1, 8), (1, 2, 16), (1, 3, 20), (2, 4, 8), (2, 5, 16), (2, 6, 20),
    ]  # fmt: skip
    rates = [learning_rate(5e-3, Cosine(), done, 6, 0.0) for done in range(6)]
    assert [step.learning_rate for step in steps] == rates
    assert len(set(rates)) == 6
    assert run.state.epochs[0].learning_rate == rates[2]


def test_the_last_epoch_may_be_shorter_and_is_validated_like_any_other():
    run = training({"epochs": 1.5, "warmup_epochs": 0.0}, train=32)
    events = list(run.run())
    places = [(step.epoch, step.samples) for step in events if isinstance(step, Step)]
    assert places == [(1, 8), (1, 16), (1, 24), (1, 32), (2, 8), (2, 16)]
    first, last = (event for event in events if isinstance(event, Epoch))
    assert events[-1] is last and last.epoch == 2
    assert last.validation.keys() == first.validation.keys() != set()
    losses = [step.loss for step in events if isinstance(step, Step) and step.epoch == 2]
    assert last.train_loss == pytest.approx(sum(losses) / 2)
    assert last.samples_per_second == pytest.approx(16 / last.seconds)


def test_the_schedule_is_planned_over_the_fraction():
    run = training({"epochs": 1.5, "warmup_epochs": 0.0}, train=32)
    rates = [learning_rate(5e-3, Cosine(), done, 6, 0.0) for done in range(6)]
    assert [step.learning_rate for step in steps_of(run)] == rates
    assert rates[-1] < 0.1 * rates[0]


def test_a_training_loss_is_the_mean_over_samples_not_over_batches():
    run = training({"epochs": 1}, train=20)
    steps = steps_of(run)
    weighted = (8 * steps[0].loss + 8 * steps[1].loss + 4 * steps[2].loss) / 20
    assert run.state.epochs[0].train_loss == pytest.approx(weighted, rel=1e-12)
    assert run.state.epochs[0].train_loss != pytest.approx(sum(s.loss for s in steps) / 3)


def test_the_loss_of_a_step_is_that_of_its_batch_before_it():
    run = training({"epochs": 1, "batch_size": 40}, text="conv(4,3) >> relu >> dense(2)")
    graph, weights = run.graph, Weights(run.graph)
    weights.initialize(None, 0)
    plan = Plan(graph, weights, Setup(40, 1, "train"), loss=TASK.smooth_loss(0.1))
    (batch,) = run.train.epoch(0)
    plan.input[:] = batch.inputs
    (step,) = steps_of(run)
    assert step.loss == plan.train_step(batch.targets, 40)


def test_the_validation_is_that_of_the_weights_after_the_epoch():
    for event in (run := training({"epochs": 3})).run():
        if isinstance(event, Epoch):
            weights = Weights(run.graph)
            weights.load(run.weights.dump())
            fresh = open_runner(run.graph, weights, PREPROCESSING)
            assert event.validation == TASK.monitor(judge_all(fresh, run.val, TASK))


def test_the_best_epoch_is_the_one_kept():
    run = training({"epochs": 6})
    epochs = epochs_of(run)
    best = min(epochs, key=lambda epoch: epoch.figure("val_loss"))
    kept = run.state.best
    assert kept.epoch == best and best.best
    weights = Weights(run.graph)
    weights.load(kept.weights)
    fresh = open_runner(run.graph, weights, PREPROCESSING)
    reached = TASK.monitor(judge_all(fresh, run.val, TASK))
    assert reached == pytest.approx(kept.validation, rel=1e-4)
    assert reached["val_accuracy"] == best.validation["val_accuracy"]


def test_the_network_kept_is_as_sure_of_itself_as_it_is_often_right():
    run = training({"epochs": 3}, text="conv(4,3) >> relu >> dense(2)", val=200)
    epochs_of(run)
    weights = Weights(run.graph)
    weights.load(run.state.best.weights)
    judged = judge_all(open_runner(run.graph, weights, PREPROCESSING), run.val, TASK)
    right = (judged.label == judged.predicted).sum()
    assert judged.confidence.mean() == pytest.approx((right + 1) / 202, abs=1e-4)
    assert run.state.best.temperature < 0.9  # label smoothing had made it less sure


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_of_equal_epochs_the_first_is_kept(monitor):
    given = {"lr": 1e-30, "weight_decay": 0.0, "epochs": 3, "monitor": monitor}
    run = training(given, text="conv(4,3) >> dense(2)")
    epochs = epochs_of(run)
    assert len({epoch.figure(monitor) for epoch in epochs}) == 1
    assert [epoch.best for epoch in epochs] == [True, False, False]
    assert run.state.best.epoch.epoch == 1


@pytest.mark.parametrize(
    ("monitor", "better"),
    [("val_accuracy", max), ("train_loss", min), ("val_loss", min)],
)
def test_the_monitored_figure_decides(monitor, better):
    run = training({"monitor": monitor, "epochs": 5})
    epochs = epochs_of(run)
    kept = run.state.best.epoch
    assert kept.figure(monitor) == better(epoch.figure(monitor) for epoch in epochs)


def test_without_samples_to_validate_on_the_training_loss_decides():
    run = training(val=0)
    epochs = epochs_of(run)
    assert epochs[0].validation == {}
    assert run.state.best.epoch.train_loss == min(epoch.train_loss for epoch in epochs)


def weights_of(run):
    return b"".join(array.tobytes() for array in run.weights.arrays.values())


def trained_bytes(*arguments, **options):
    run = training(*arguments, **options)
    epochs_of(run)
    return weights_of(run)


def test_equal_trainings_end_with_equal_bytes_for_any_number_of_threads():
    assert trained_bytes() == trained_bytes(threads=2) == trained_bytes(threads=3)


def test_another_seed_is_another_training():
    assert trained_bytes({"seed": 1}) != trained_bytes({"seed": 2})


def test_the_seed_chooses_first_weights_order_and_noise():
    runs = [training({"seed": seed}) for seed in (1, 1, 2)]
    first = [weights_of(run) for run in runs]
    orders = [np.concatenate([batch.indices for batch in run.train.epoch(0)]) for run in runs]
    noise = [run.clock.draw(8, "dropout") for run in runs]
    for same, again, other in (first, map(bytes, orders), map(bytes, noise)):
        assert same == again != other


def test_the_noise_of_dropout_follows_epochs_and_samples():
    run = training({"epochs": 2})
    clocks = [
        (run.clock.epoch, *run.clock.samples) for event in run.run() if isinstance(event, Step)
    ]
    expected = [
        (number, *batch.indices) for number in (0, 1) for batch in training().train.epoch(number)
    ]
    assert clocks == expected


def spoil(run, number):
    """Let a batch of every epoch from the second on hold what is no number."""
    epoch = run.train.epoch

    def spoiled(which, first=0):
        for batch in epoch(which, first):
            if which > 0:
                batch.inputs[number] = np.nan
            yield batch

    run.train.epoch = spoiled


def test_a_loss_that_is_no_number_ends_the_training_and_keeps_the_best():
    run = training()
    spoil(run, 3)
    with pytest.raises(
        DivergedError,
        match=r"epoch 2, step 6, lr 0\.005, with \d+, \d+, \d+ and 5 more: the loss is no longer a "
        r"finite number; try a smaller lr than 0\.005",
    ):
        epochs_of(run)
    assert [run.state.best.epoch] == run.state.epochs
    assert all(np.isfinite(array).all() for array in run.state.best.weights.values())


def test_a_loss_that_is_no_number_is_enough_where_the_gradient_is_finite(monkeypatch):
    run = training()
    monkeypatch.setattr(run.plan, "train_step", lambda *_: math.inf)
    with pytest.raises(DivergedError, match=r"epoch 1, step 1, .*: the loss"):
        epochs_of(run)


def test_an_absurd_rate_diverges_and_says_so():
    with pytest.raises(DivergedError):
        epochs_of(training({"lr": 1e30, "optimizer": "sgd", "epochs": 20}))


def test_a_figure_that_is_never_a_number_cannot_choose_an_epoch(monkeypatch):
    run = training({"epochs": 2})
    none = {"val_loss": 1.0, "val_accuracy": math.nan}
    monkeypatch.setattr(type(TASK), "monitor", lambda *_: none)
    run.monitor = Monitor("val_accuracy", True)
    with pytest.raises(DataError, match=r"val_accuracy is no number .*val, or another monitor"):
        epochs_of(run)


def test_a_loss_that_is_finite_is_not_enough_where_the_gradient_is_not(monkeypatch):
    run = training()
    monkeypatch.setattr(run.optimizer, "norm", lambda *_: math.nan)
    with pytest.raises(DivergedError, match=r"epoch 1, step 1, .*: the gradient is no longer"):
        epochs_of(run)


def test_patience_ends_a_training_that_gets_no_better():
    given = {"lr": 1e-30, "weight_decay": 0.0, "epochs": 9, "patience": 2}
    run = training(given, text="conv(4,3) >> dense(2)")
    events = list(run.run())
    assert [event.best for event in events if isinstance(event, Epoch)] == [True, False, False]
    assert events[-1] == run.ended_early == EndedEarly("patience", 3, 15, 45)
    assert run.state.best.epoch.epoch == 1


def test_a_training_that_gets_better_is_not_ended_by_patience():
    run = training({"patience": 1, "monitor": "train_loss", "epochs": 4})
    assert len(epochs_of(run)) == 4
    assert run.ended_early is None
    barely = training({"patience": 1, "min_delta": 5.0, "monitor": "train_loss", "epochs": 4})
    assert len(epochs_of(barely)) == 2


def test_a_training_restored_behind_its_last_epoch_stays_ended():
    given = {"lr": 1e-30, "weight_decay": 0.0, "epochs": 9, "patience": 2}
    run = training(given, text="conv(4,3) >> dense(2)")
    list(run.run())
    again = training(given, text="conv(4,3) >> dense(2)")
    again.restore(run.state.copy())
    assert list(again.run()) == [EndedEarly("patience", 3, 15, 45)]


def test_after_the_deadline_no_step_is_begun_and_the_epoch_is_validated():
    run = training()
    events = run.run()
    next(events), next(events)
    run.deadline = 0.0
    rest = list(events)
    assert [type(event) for event in rest] == [Epoch, EndedEarly]
    assert rest[-1] == EndedEarly("budget", 1, 2, 20)
    assert run.state.best.epoch == rest[0]


def test_a_deadline_that_passes_during_the_last_step_has_cut_nothing_off():
    run = training({"epochs": 1})
    events = run.run()
    for _ in range(5):
        next(events)
    run.deadline = 0.0
    assert [type(event) for event in events] == [Epoch]
    assert run.ended_early is None


def test_the_last_epoch_is_kept_where_that_is_asked_for():
    given = {"lr": 1e-30, "weight_decay": 0.0, "epochs": 3}
    run = training({**given, "keep": "last"}, text="conv(4,3) >> dense(2)")
    epochs = epochs_of(run)
    assert [epoch.best for epoch in epochs] == [True, False, False]
    assert run.state.best.epoch == epochs[-1]


def test_a_last_epoch_without_figures_is_not_kept(monkeypatch):
    run = training({"keep": "last", "epochs": 3})
    figures = iter([{"val_loss": 1.0}, {"val_loss": 2.0}, {"val_loss": math.nan}])
    monkeypatch.setattr(type(TASK), "monitor", lambda *_: next(figures))
    monkeypatch.setattr(run, "_keep", lambda epoch, _: Best(epoch, {}, 1.0, {}, TASK))
    with pytest.raises(DivergedError, match="epoch 3: the validation loss is no longer a finite"):
        epochs_of(run)
    assert run.state.best.epoch.epoch == 2


def test_clipping_moves_weights_as_a_shorter_gradient_does():
    given = {"optimizer": "sgd", "lr": 0.1, "weight_decay": 0.0, "warmup_epochs": 0.0}
    moved = {}
    for clip in (None, 1e-3, 1e3):
        run = training({**given, "clip": clip})
        before = run.weights.learned.copy()
        next(run.run())
        moved[clip] = run.weights.learned - before
    assert np.linalg.norm(moved[1e-3]) == pytest.approx(0.1 * 1e-3, rel=1e-3)
    assert np.linalg.norm(moved[None]) > 10 * np.linalg.norm(moved[1e-3])
    assert np.array_equal(moved[1e3], moved[None])
    cosine = moved[None] @ moved[1e-3] / np.linalg.norm(moved[None]) / np.linalg.norm(moved[1e-3])
    assert cosine == pytest.approx(1, abs=1e-3)


def test_the_average_is_what_is_validated_and_kept():
    run = training({"average": 0.9, "epochs": 2, "keep": "average"})
    for event in run.run():
        if isinstance(event, Epoch):
            weights = Weights(run.graph)
            weights.load(run.average.weights.dump())
            fresh = open_runner(run.graph, weights, PREPROCESSING)
            assert event.validation == TASK.monitor(judge_all(fresh, run.val, TASK))
    kept = run.state.best
    assert kept.epoch.epoch == 2
    averaged, last = run.average.weights.dump(), run.weights.dump()
    for name in ("conv1/weight", "bn1/running_mean"):
        assert np.array_equal(kept.weights[name], averaged[name])
        assert not np.array_equal(averaged[name], last[name])


def test_averaging_changes_no_weight_of_the_training_itself():
    assert trained_bytes({"average": 0.9}) == trained_bytes()


def test_statistics_of_the_average_are_those_of_its_own_weights():
    run = training({"average": 0.9, "epochs": 1, "lr": 0.1, "batch_size": 2})
    epochs_of(run)
    weights = Weights(run.graph)
    weights.load(run.average.weights.dump())
    plan = Plan(run.graph, weights, Setup(40, 1, "train"))
    weights.arrays["bn1/running_mean"][:] = 0
    (batch,) = run.train.data.batches(40).epoch(0)
    plan.input[:] = batch.inputs
    for _ in range(100):
        plan.forward(40)
    settled = run.average.weights.arrays["bn1/running_mean"]
    exact = weights.arrays["bn1/running_mean"]
    current = run.weights.arrays["bn1/running_mean"]
    assert np.abs(settled - exact).max() < 0.5 * np.abs(current - exact).max()
