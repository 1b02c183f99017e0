import numpy as np
import pytest

from cnncli.engine import Plan, Weights
from cnncli.errors import DivergedError
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse
from cnncli.tasks import Classification
from cnncli.training.loop import Training
from cnncli.training.settings import chosen

TEXT = (
    "conv(8,3,pad=1,bias=no) >> bn >> relu >> maxpool >> dropout(0.2) >> dense(16) >> relu"
    " >> dense(2)"
)


class Batch:
    def __init__(self, images, targets):
        self.images, self.targets = images, targets


class Stripes:
    """Forty 8x8 images: horizontal or vertical stripes in noise."""

    def __init__(self, seed, batch=8):
        numbers = np.random.default_rng(seed)
        self.labels = (np.arange(40) % 2).astype(np.int32)
        pattern = np.tile([1.0, -1.0], 4).astype(np.float32)
        upright = np.broadcast_to(pattern, (8, 8))
        images = np.where(self.labels[:, None, None] == 1, upright, upright.T)
        noise = numbers.standard_normal((40, 8, 8)) * 0.8
        self.images = (images + noise).astype(np.float32)[..., None]
        self.batch, self.batches = batch, 5
        self.asked = []

    def epoch(self, number):
        self.asked.append(number)
        for start in range(0, 40, self.batch):
            yield Batch(self.images[start : start + 8], self.labels[start : start + 8])


def training(given=None, val=True, threads=1):
    graph = build_graph(parse(TEXT), (8, 8, 1))
    told = {"epochs": 4, "batch_size": 8, "lr": 5e-3, "threads": threads, **(given or {})}
    settings = chosen(told, graph, 40)
    return Training(
        graph, settings, Classification(("0", "1")), Stripes(0), Stripes(1) if val else None
    )


def test_training_learns_and_tells_of_every_epoch():
    records = list(training({"epochs": 6}).run())
    assert [one.epoch for one in records] == [1, 2, 3, 4, 5, 6]
    assert records[-1].figure("val_accuracy") > 0.9
    assert records[-1].train_loss < records[0].train_loss
    assert records[0].lr > records[-1].lr


def test_the_best_epoch_is_the_one_kept():
    run = training({"epochs": 6})
    records = list(run.run())
    best = min(records, key=lambda one: one.figure("val_loss"))
    assert run.best == best and best.best
    weights = Weights(run.graph)
    weights.load(run.best_weights)
    plan = Plan(run.graph, weights, Setup(40))
    plan.input[:] = run.val.images
    plan.forward(40)
    found = (plan.output.argmax(1) == run.val.labels).mean()
    assert found == pytest.approx(best.figure("val_accuracy"))


def test_validation_takes_as_many_images_at_a_time_as_the_caches_hold(monkeypatch):
    expected = next(training({"epochs": 1}).run()).figure("val_loss")
    monkeypatch.setattr("cnncli.training.loop.images_together", lambda graph, setup: 1)
    run = training({"epochs": 1})
    assert run.check.setup.batch == 1
    assert next(run.run()).figure("val_loss") == expected


@pytest.mark.parametrize(
    ("monitor", "better"),
    [("val_accuracy", max), ("train_loss", min), ("val_loss", min)],
)
def test_the_monitored_figure_decides(monitor, better):
    run = training({"monitor": monitor, "epochs": 5})
    records = list(run.run())
    assert run.best.figure(monitor) == better(one.figure(monitor) for one in records)


def test_without_validation_images_the_training_loss_decides():
    run = training(val=False)
    records = list(run.run())
    assert records[0].figure("val_loss") is None
    assert run.best.train_loss == min(one.train_loss for one in records)


def bits(run):
    list(run.run())
    return b"".join(array.tobytes() for array in run.best_weights.values())


def test_equal_trainings_end_with_equal_bytes_for_any_number_of_threads():
    assert bits(training()) == bits(training(threads=2)) == bits(training(threads=3))


def test_another_seed_is_another_training():
    assert bits(training({"seed": 1})) != bits(training({"seed": 2}))


def test_epochs_are_asked_for_by_their_number():
    run = training()
    list(run.run())
    assert run.train.asked == [0, 1, 2, 3]


def test_a_loss_that_is_no_number_ends_the_training_and_keeps_the_best():
    run = training()
    epochs = run.run()
    first = next(epochs)
    run.train.images[3] = np.nan
    with pytest.raises(DivergedError, match=r"epoch 2, step 6: .*try a smaller --lr than 0\.005"):
        next(epochs)
    assert run.best == first
    assert all(np.isfinite(array).all() for array in run.best_weights.values())


def test_an_absurd_rate_diverges_and_says_so():
    with pytest.raises(DivergedError):
        list(training({"lr": 1e30, "optimizer": "sgd", "epochs": 20}).run())
