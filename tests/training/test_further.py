"""A network whose training was complete, trained further."""

import json
from dataclasses import replace

import numpy as np
import pytest
from stripes import striped_data

from cnncli.errors import UsageError
from cnncli.trained.model import load
from cnncli.training.automatic import build_network
from cnncli.training.checkpoint import load_checkpoint
from cnncli.training.events import Epoch, Step
from cnncli.training.further import go_further, take_up
from cnncli.training.run import train
from cnncli.training.schedules import Cosine, learning_rate
from cnncli.training.settings import choose_settings

TEXT = "conv(4,3,bias=no) >> bn >> relu >> dense(classes)"
BATCHES = 5


def prepare(**given):
    data = striped_data()
    graph = build_network(TEXT, data)
    given = {"epochs": 2, "batch_size": 8, "lr": 1e-2, **given}
    return data, graph, choose_settings(given, graph, data.task, len(data.train))


@pytest.fixture
def trained(tmp_path):
    """A network trained for two epochs."""
    list(train(str(tmp_path / "m.npz"), *prepare()))
    return load(tmp_path / "m.npz")


def train_further(path, trained, *, state=None, **given):
    data, graph, settings = prepare(epochs=4, **given)
    settings = go_further(trained, settings)
    state = state or take_up(trained, settings)
    return train(str(path), data, graph, settings, state=state)


def test_the_first_step_begins_on_the_weights_of_the_network(trained):
    state = take_up(trained, prepare()[2])
    temperature = trained.model.training["temperature"]
    assert temperature != 1
    for name, array in state.weights.items():
        factor = 1 / temperature if name.startswith("dense1/") else 1
        kept = trained.weights.arrays[name]
        assert np.allclose(array * factor, kept, rtol=1e-6), name
    assert not any(moment.any() for moment in state.moments)
    assert state.best.weights is trained.model.weights


def test_epochs_are_counted_on_and_their_schedule_begins_again(tmp_path, trained):
    events = list(train_further(tmp_path / "n.npz", trained, warmup_epochs=0.0))
    steps = [event for event in events if isinstance(event, Step)]
    assert [step.step for step in steps] == list(range(11, 21))
    assert [event.epoch for event in events if isinstance(event, Epoch)] == [3, 4]
    rates = [learning_rate(1e-2, Cosine(), done, 2 * BATCHES, 0.0) for done in range(2 * BATCHES)]
    assert [step.learning_rate for step in steps] == rates
    training = load(tmp_path / "n.npz").model.training
    assert (training["epochs_run"], training["settings"]["after"]) == (4, 2)
    assert [record["epoch"] for record in training["log"]] == [1, 2, 3, 4]
    assert training["log"][:2] == trained.model.training["log"]


def test_the_best_epoch_before_stays_until_another_is_better(tmp_path, trained):
    list(train_further(tmp_path / "n.npz", trained, lr=1e-30, weight_decay=0.0))
    kept = load(tmp_path / "n.npz").model
    assert kept.training["best_epoch"] == trained.model.training["best_epoch"]
    assert kept.training["val_loss"] == trained.model.training["val_loss"]
    for name, array in trained.model.weights.items():
        assert np.array_equal(kept.weights[name], array), name


@pytest.mark.parametrize("count", [1, 3, 7, 9])
def test_stopped_on_the_way_it_goes_on_to_the_same_file(tmp_path, trained, count):
    list(train_further(tmp_path / "whole.npz", trained))
    events = train_further(tmp_path / "n.npz", trained)
    for _ in range(count + 1):
        next(events)
    events.close()
    state = load_checkpoint(tmp_path / "n.npz.ckpt").state
    list(train_further(tmp_path / "n.npz", trained, state=state))
    assert (tmp_path / "n.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_a_model_without_the_figures_of_its_epochs_is_refused(trained):
    training = json.loads(json.dumps(trained.model.training))
    del training["log"][0]
    trained.model = replace(trained.model, training=training)
    with pytest.raises(UsageError, match="cannot be trained further"):
        take_up(trained, prepare()[2])


def test_a_network_as_it_begins_is_trained_as_a_new_one(tmp_path):
    list(train(str(tmp_path / "m.npz"), *prepare(epochs=0)))
    trained = load(tmp_path / "m.npz")
    list(train_further(tmp_path / "n.npz", trained))
    data, graph, settings = prepare(epochs=4)
    list(train(str(tmp_path / "new.npz"), data, graph, settings))
    assert (tmp_path / "n.npz").read_bytes() == (tmp_path / "new.npz").read_bytes()
