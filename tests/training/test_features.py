"""What frozen layers answer, kept in memory: the same training, sooner."""

import numpy as np
import pytest
from stripes import TASK, striped_data

from cnncli.allowance import Allowance
from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.training import features
from cnncli.training.features import find_kept_layer
from cnncli.training.loop import Training
from cnncli.training.settings import choose_settings

TEXT = (
    "conv(4,3,pad=1,bias=no) >> bn >> relu >> maxpool >> conv(6,3) >> bn >> relu >> dropout(0.2)"
    " >> dense(2)"
)


def training(freeze, **given):
    graph = build_graph(parse(TEXT), (8, 8, 1))
    given = {"epochs": 2, "batch_size": 8, "lr": 5e-3, "freeze": freeze, **given}
    return Training(striped_data(), graph, choose_settings(given, graph, TASK, 40))


@pytest.mark.parametrize(
    ("freeze", "layer"), [("features", "relu2"), ("conv1, bn1", "maxpool1"), ("conv1", "conv1")]
)
@pytest.mark.parametrize("average", [None, 0.9])
def test_a_training_on_kept_answers_ends_with_the_same_bits(freeze, layer, average, monkeypatch):
    kept = training(freeze, average=average)
    assert kept.features.layer == layer
    assert len(kept.plan.steps) < 7
    events = list(kept.run())
    monkeypatch.setattr(features, "MEMORY_SHARE", 0)
    computed = training(freeze, average=average)
    assert computed.features is None
    losses = [event.loss for event in computed.run() if hasattr(event, "loss")]
    assert losses == [event.loss for event in events if hasattr(event, "loss")]
    for name, array in computed.weights.arrays.items():
        assert np.array_equal(array, kept.weights.arrays[name]), name
    for one, other in zip(computed.state.epochs, kept.state.epochs, strict=True):
        assert one.validation == other.validation


def test_answers_are_those_of_the_weights_that_a_state_brings():
    first = training("features")
    list(first.run())
    other = training("features", seed=7)
    other.restore(first.state.copy())
    list(other.run())
    assert np.array_equal(other.features.val.values, first.features.val.values)


def test_nothing_is_kept_where_samples_differ_from_epoch_to_epoch_or_memory_is_bounded(
    monkeypatch,
):
    assert training("features", augment="hflip").features is None
    assert training("conv2").features is None
    monkeypatch.setattr(Allowance, "bytes", 1 << 30)
    run = training("features")
    assert find_kept_layer(striped_data(), run.graph, run.settings) is None
